"""Tests and intervals against printed tables, definitions and simulation."""

from __future__ import annotations

import math
import random
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.metrics.paired import holm, paired, paired_bootstrap, same_within, t_below, t_quantile


@pytest.mark.parametrize(
    ("freedom", "quantile", "value"),
    [
        (1, 0.975, 12.7062),
        (2, 0.95, 2.91999),
        (4, 0.975, 2.77645),
        (4, 0.995, 4.60409),
        (10, 0.9, 1.37218),
        (30, 0.975, 2.04227),
        (1000, 0.975, 1.96234),
    ],
)
def test_student_is_that_of_the_printed_tables(freedom: int, quantile: float, value: float) -> None:
    assert t_quantile(quantile, freedom) == pytest.approx(value, rel=1e-5)
    assert t_below(value, freedom) == pytest.approx(quantile, abs=1e-6)
    assert t_below(-value, freedom) == pytest.approx(1 - quantile, abs=1e-6)


@given(st.floats(-50, 50))
def test_student_with_one_and_two_degrees_has_closed_forms(t: float) -> None:
    assert t_below(t, 1) == pytest.approx(0.5 + math.atan(t) / math.pi, abs=1e-12)
    assert t_below(t, 2) == pytest.approx(0.5 + t / (2 * math.sqrt(2 + t * t)), abs=1e-12)


def test_a_paired_test_by_hand() -> None:
    found = paired([1.0, 2.0, 3.0, 4.0, 5.0])  # mean 3, standard error sqrt(2.5 / 5), t = 4.2426
    assert found.mean == 3
    assert found.high - 3 == pytest.approx(2.77645 * math.sqrt(0.5), rel=1e-5)
    assert found.p == pytest.approx(0.01324, abs=1e-4)
    one = paired([2.0])
    assert (one.low, one.high, one.p) == (-math.inf, math.inf, 1.0)
    assert paired([0.0, 0.0]).p == 1
    assert paired([1.0, 1.0]).p == 0


@pytest.mark.slow
def test_intervals_hold_as_often_as_they_say() -> None:
    draw = random.Random(1)
    runs = [[draw.gauss(0.3, 1) for _ in range(5)] for _ in range(1500)]
    covered = statistics.fmean(found.low <= 0.3 <= found.high for found in map(paired, runs))
    assert covered == pytest.approx(0.95, abs=0.02)
    many = [[draw.gauss(0.3, 1) for _ in range(40)] for _ in range(150)]
    hits = [low <= 0.3 <= high for low, high in (paired_bootstrap(each, samples=300) for each in many)]
    assert 0.88 <= statistics.fmean(hits) <= 1


def test_the_same_is_claimed_only_within_the_margin() -> None:
    assert same_within([0.1, -0.1, 0.05, -0.05, 0.0], 1.0) < 0.001
    assert same_within([1.1, 0.9, 1.05, 0.95, 1.0], 1.0) > 0.4  # on the very edge
    assert same_within([2.0, 2.1, 1.9], 1.0) > 0.9
    assert same_within([0.0, 3.0, -3.0], 1.0) > 0.05  # too noisy to claim it
    assert same_within([0.0], 1.0) == 1
    draw = random.Random(2)  # at the edge of the margin the claim is false, and made in one case of 20
    claims = [same_within([draw.gauss(1, 0.5) for _ in range(5)], 1.0) < 0.05 for _ in range(1500)]
    assert statistics.fmean(claims) == pytest.approx(0.05, abs=0.02)


def test_holm_by_hand() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_holm_never_lowers_and_keeps_the_order(values: list[float]) -> None:
    out = holm(values)
    assert all(a >= b for a, b in zip(out, values, strict=True))
    ranked = [out[i] for i in sorted(range(len(values)), key=lambda i: values[i])]
    assert ranked == sorted(ranked)
    assert max(out) <= 1


def test_misuse_is_refused() -> None:
    for call in (
        lambda: paired([]),
        lambda: paired([math.nan]),
        lambda: same_within([1.0], 0),
        lambda: t_quantile(1, 3),
        lambda: t_below(0, 0),
    ):
        with pytest.raises(ValueError):
            call()
