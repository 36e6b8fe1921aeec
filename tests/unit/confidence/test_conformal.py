from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.confidence.conformal import Conformal, Quantiles, scores


def world(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    logits = rng.normal(0, 1, (count, 4))
    true = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    gold = np.array([rng.choice(4, p=row) for row in true])
    return true, gold


@pytest.mark.parametrize("coverage", [0.7, 0.9, 0.95])
def test_sets_hold_the_right_label_as_often_as_promised(coverage: float) -> None:
    conformal = Conformal.fit(scores(*world(3000, 0)), [None] * 3000, ())
    shares, gold = world(3000, 1)
    hits = [
        str(g) in conformal.labels(dict(zip("0123", row, strict=True)), coverage)
        for row, g in zip(shares, gold, strict=True)
    ]
    assert np.mean(hits) == pytest.approx(coverage, abs=0.02)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(0.05, 0.95))
def test_quantile_is_the_order_statistic_of_split_conformal(values: list[float], coverage: float) -> None:
    rank = int(np.ceil((len(values) + 1) * coverage))
    wanted = 1.0 if rank > len(values) else sorted(values)[rank - 1]
    assert Quantiles.of(values).at(coverage) == pytest.approx(wanted, abs=1e-5)


@pytest.mark.parametrize("count", range(1, 201))
def test_every_value_of_a_few_is_kept(count: int) -> None:
    kept = Quantiles.of(np.arange(count) / 1000).grid
    assert kept == pytest.approx(tuple(np.arange(count) / 1000))


def test_each_bin_has_its_own_quantile_and_the_unfamiliar_the_most_careful() -> None:
    values = np.concatenate([np.full(200, 0.8), np.full(200, 0.2)])
    conformal = Conformal.fit(values, [0.6] * 200 + [0.9] * 200, (0.5, 0.75))
    assert conformal.quantile(0.9, 0.95) == pytest.approx(0.2)
    assert conformal.quantile(0.9, 0.6) == pytest.approx(0.8)
    assert conformal.quantile(0.9, 0.1) == pytest.approx(0.8)


def test_a_bin_of_few_examples_is_left_to_the_pool() -> None:
    conformal = Conformal.fit(np.linspace(0, 1, 120), [0.6] * 5 + [0.9] * 115, (0.5, 0.75))
    assert set(conformal.bins) == {0.75}


def test_a_set_is_never_empty_and_survives_json() -> None:
    conformal = Conformal.fit(np.zeros(300), [0.9] * 300, (0.5,))
    again = Conformal.from_json(json.loads(json.dumps(conformal.as_json())))
    assert again == conformal
    assert again.labels({"a": 0.4, "b": 0.6}, 0.9, 0.9) == ("b",)


def test_too_few_examples_promise_by_naming_all_labels() -> None:
    conformal = Conformal.fit([0.1, 0.2], [None, None], ())
    assert conformal.labels({"a": 0.9, "b": 0.1}, 0.9) == ("a", "b")
    with pytest.raises(ValueError, match="between 0 and 1"):
        conformal.quantile(1.0, 0.9)
