import math

import pytest

from chatkit.metrics.language import bits_per_byte, word_perplexity


def test_a_uniform_model_over_bytes_needs_eight_bits():
    assert bits_per_byte(10 * math.log(256), 10) == pytest.approx(8)


def test_a_uniform_model_over_words_has_its_size_as_perplexity():
    assert word_perplexity(7 * math.log(5000), 7) == pytest.approx(5000)


def test_a_hopeless_model_is_infinite_and_nothing_is_refused():
    assert word_perplexity(1e6, 1) == math.inf
    for measure in (bits_per_byte, word_perplexity):
        with pytest.raises(ValueError):
            measure(1.0, 0)
