from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.text.augment import METHODS, AugmentConfig, change_case, delete_words, replace_words, swap_words, varied
from chatkit.text.tokenizer import Tokenizer

TEXT = "the quick brown fox\njumps over  the lazy dog tonight"


@given(st.text(max_size=60), st.sampled_from(sorted(METHODS)), st.floats(0, 1), st.integers(0, 99))
def test_every_method_takes_any_text_and_loses_it_never(text: str, name: str, rate: float, seed: int) -> None:
    out = METHODS[name](text, rate, np.random.default_rng(seed))
    assert bool(out.strip()) == bool(text.strip())
    assert METHODS[name](text, 0.0, np.random.default_rng(seed)) == text


def test_rates_are_shares_of_words() -> None:
    rng = np.random.default_rng(0)
    text = " ".join(["word"] * 2000)
    assert len(delete_words(text, 0.2, rng).split()) == pytest.approx(1600, rel=0.05)
    typos = METHODS["typo"](text, 0.3, rng).split()
    assert sum(word != "word" for word in typos) == pytest.approx(600, rel=0.25)


def test_words_that_are_swapped_are_the_same_words() -> None:
    out = swap_words(TEXT, 1.0, np.random.default_rng(1))
    assert sorted(out.split()) == sorted(TEXT.split())
    assert out != TEXT
    assert re.findall(r"\s+", out) == re.findall(r"\s+", TEXT)


def test_case_and_neighbours() -> None:
    assert change_case("aB c", 1.0, np.random.default_rng(0)).lower() == "ab c"
    out = replace_words("a good dog", 1.0, np.random.default_rng(0), {"good": ["fine"]})
    assert out == "a fine dog"


def test_the_same_seed_varies_the_same_way() -> None:
    config = AugmentConfig(delete=0.2, swap=0.2, typo=0.2, case=0.5)
    first, second = (varied(TEXT, config, np.random.default_rng(5)) for _ in range(2))
    assert first == second != TEXT


def test_wrong_rates_are_named() -> None:
    with pytest.raises(ValueError, match=r"augment.delete must lie in 0..1"):
        AugmentConfig(delete=1.5)
    assert not AugmentConfig().on


def test_segmentations_are_drawn_by_seed_and_decode_to_the_text(tokenizer: Tokenizer) -> None:
    text = "recommend a restaurant nearby"
    drawn = [tokenizer.sample(text, alpha=0.2, seed=seed) for seed in range(12)]
    assert len({tuple(ids) for ids in drawn}) > 3
    assert tokenizer.sample(text, alpha=0.2, seed=3) == drawn[3]
    assert all(tokenizer.decode(ids) == text for ids in drawn)
