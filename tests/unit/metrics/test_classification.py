import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.metrics.classification import accuracy, confusions, f1_per_class, macro_f1


def test_by_hand():
    # a: TP 2, FP 2, FN 1 -> 4/7; b: TP 1, FP 1, FN 1 -> 2/4; c is never met
    counts = confusions(list("aaabbc"), list("aababa"))
    assert counts == Counter({("a", "a"): 2, ("a", "b"): 1, ("b", "a"): 1, ("b", "b"): 1, ("c", "a"): 1})
    assert accuracy(counts) == pytest.approx(3 / 6)
    assert f1_per_class(counts) == pytest.approx({"a": 4 / 7, "b": 2 / 4, "c": 0})
    assert macro_f1(counts) == pytest.approx((4 / 7 + 1 / 2) / 3)


def test_a_class_that_is_only_predicted_is_an_error_and_no_class():
    assert macro_f1(confusions(["a", "a"], ["a", "z"])) == pytest.approx(2 / 3)


def test_always_the_majority_is_a_third_of_its_f1_on_three_classes():
    counts = confusions(["a"] * 8 + ["b", "c"], ["a"] * 10)
    assert macro_f1(counts) == pytest.approx((16 / 18) / 3)


def test_sums_of_batches_equal_the_whole():
    gold, said = list("abcabcbbca"), list("abbacabbca")
    whole = confusions(gold, said)
    assert confusions(gold[:4], said[:4]) + confusions(gold[4:], said[4:]) == whole


def test_nothing_is_nan_and_unequal_lengths_are_refused():
    assert math.isnan(accuracy(Counter()))
    assert math.isnan(macro_f1(Counter()))
    with pytest.raises(ValueError):
        confusions(["a"], [])


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1))
def test_equals_precision_and_recall_written_out(pairs):
    counts = Counter(pairs)
    for name, value in f1_per_class(counts).items():
        hits = sum(g == p == name for g, p in pairs)
        precision = hits / (sum(p == name for _, p in pairs) or 1)
        recall = hits / sum(g == name for g, _ in pairs)
        expected = 2 * precision * recall / (precision + recall) if hits else 0
        assert value == pytest.approx(expected)
    assert 0 <= macro_f1(counts) <= 1
