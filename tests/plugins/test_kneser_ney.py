import itertools
import math
from collections import Counter

import numpy as np
import pytest
from chatkit_generation.kneser_ney import KneserNey

TEXTS = [[0, 1, 2, 0, 1, 3], [0, 1, 2], [4, 0, 1], [], [2, 2, 2, 0, 1, 2], [1, 3, 0, 4]]
SIZE = 6


WIDE = 400


def corpus(rng, sequences=60):
    """Sequences with a long tail of rare words, so that all counts of counts occur."""
    share = 1 / np.arange(1, WIDE - 9)
    return [rng.choice(WIDE - 10, size=rng.integers(3, 30), p=share / share.sum()).tolist() for _ in range(sequences)]


@pytest.mark.parametrize("order", [1, 2, 3, 5])
def test_probabilities_of_all_next_words_sum_to_one(order):
    for texts, size in ((TEXTS, SIZE), (corpus(np.random.default_rng(0)), WIDE)):
        model = KneserNey.train(texts, order, size)
        for history in ([], [0], [0, 1], [2, 2, 2, 0], [5, 5], [4, 3, 2, 1, 0, 1]):
            before = model.nats([history])[0]
            after = model.nats([[*history, word] for word in range(size)])
            assert np.exp(before - after).sum() == pytest.approx(1)


def by_hand(texts, size, query):
    """Bigram probabilities straight from the formulas, with dictionaries."""
    pairs = Counter(pair for text in texts for pair in itertools.pairwise(["<s>", *text]))
    continued = Counter(word for _, word in pairs)

    def discounts(counts):
        n = [sum(c == i for c in counts) for i in range(5)]
        y = n[1] / (n[1] + 2 * n[2])
        return [0, 1 - 2 * y * n[2] / n[1], 2 - 3 * y * n[3] / n[2], 3 - 4 * y * n[4] / n[3]]

    high, low = discounts(pairs.values()), discounts(continued.values())
    low_sum = sum(continued.values())
    uniform = sum(low[min(c, 3)] for c in continued.values()) / low_sum / size
    nats = 0.0
    for first, word in itertools.pairwise(["<s>", *query]):
        unigram = max(continued[word] - low[min(continued[word], 3)], 0) / low_sum + uniform
        followers = {pair: c for pair, c in pairs.items() if pair[0] == first}
        total = sum(followers.values())
        if not total:
            nats -= math.log(unigram)
            continue
        freed = sum(high[min(c, 3)] for c in followers.values()) / total
        count = pairs[first, word]
        nats -= math.log(max(count - high[min(count, 3)], 0) / total + freed * unigram)
    return nats


def test_bigrams_equal_the_formulas_written_out():
    rng = np.random.default_rng(0)
    texts = corpus(rng)
    model = KneserNey.train(texts, 2, WIDE)
    queries = [*corpus(rng, 5), [WIDE - 1, 3, WIDE - 1], [0]]
    expected = [by_hand(texts, WIDE, query) for query in queries]
    np.testing.assert_allclose(model.nats(queries), expected)


def test_longer_contexts_help_where_they_tell_something():
    rng = np.random.default_rng(2)
    texts = []
    for _ in range(200):
        text = rng.integers(0, 10, 2).tolist()
        while len(text) < 12:
            text.append(sum(text[-2:]) % 10)
        texts.append(text)
    losses = [KneserNey.train(texts[:150], n, 10).nats(texts[150:]).sum() for n in (1, 2, 3)]
    assert losses[2] < 0.6 * min(losses[:2])


def test_sequences_do_not_see_each_other():
    model = KneserNey.train(TEXTS, 3, SIZE)
    together = model.nats([[0, 1], [], [2]])
    np.testing.assert_allclose(together, [model.nats([[0, 1]])[0], 0, model.nats([[2]])[0]])
    assert model.nats([]).shape == (0,)


def test_refusals():
    for texts, order in (([], 2), ([[]], 2), ([[0]], 0), ([[SIZE]], 2), ([[-1]], 2)):
        with pytest.raises(ValueError):
            KneserNey.train(texts, order, SIZE)
    with pytest.raises(ValueError, match="ids"):
        KneserNey.train(TEXTS, 2, SIZE).nats([[SIZE]])
