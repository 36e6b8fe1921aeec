"""Fronts against definitions spelt out, cases by hand and Monte Carlo."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.objectives.pareto import (
    delta_m,
    hypervolume,
    knee,
    lower_is_better,
    non_dominated,
    normalised,
    regret,
    standing,
)

POINTS = st.lists(st.tuples(*[st.integers(0, 6)] * 3), min_size=1, max_size=12)


@given(POINTS)
def test_non_dominated_is_its_definition(points: list[tuple[int, ...]]) -> None:
    def dominates(p: tuple[int, ...], q: tuple[int, ...]) -> bool:
        return all(a <= b for a, b in zip(p, q, strict=True)) and p != q

    assert non_dominated(points).tolist() == [not any(dominates(p, q) for p in points) for q in points]


@given(POINTS)
@settings(max_examples=40)
def test_hypervolume_counts_the_cells_of_a_grid(points: list[tuple[int, ...]]) -> None:
    cells = np.indices((7, 7, 7)).reshape(3, -1).T  # cell c is dominated where some point is at most c
    covered = (np.array(points)[:, None, :] <= cells[None]).all(axis=2).any(axis=0).sum()
    assert hypervolume(points, [7, 7, 7]) == covered


@pytest.mark.parametrize("count", [2, 3, 4])
def test_hypervolume_agrees_with_monte_carlo(count: int) -> None:
    rng = np.random.default_rng(count)
    points = rng.random((15, count))
    sample = rng.random((100_000, count)) * 1.1
    dominated = np.zeros(len(sample), dtype=bool)
    for point in points:
        dominated |= (point <= sample).all(axis=1)
    share = dominated.mean()
    error = np.sqrt(share * (1 - share) / len(sample)) * 1.1**count
    assert hypervolume(points, [1.1] * count) == pytest.approx(share * 1.1**count, abs=4 * error)


def test_hypervolume_by_hand() -> None:
    assert hypervolume([[1, 3], [2, 2], [3, 1], [3, 3]], [4, 4]) == 1 + 2 + 3  # a staircase; (3, 3) adds nothing
    assert hypervolume([[1, 1, 1]], [2, 3, 4]) == 6
    assert hypervolume([[5, 0], [0, 5]], [4, 4]) == 0  # not below the reference
    assert hypervolume([[1, 1], [1, 1]], [2, 2]) == 1


def test_knee_is_where_the_front_bulges() -> None:
    assert knee([[0, 10], [1, 2], [5, 1], [10, 0], [9, 9]]) == 1
    assert knee([[0, 2], [1, 1], [2, 0]]) is None  # straight
    assert knee([[0, 2], [1.5, 1.5], [2, 0]]) is None  # bulges the other way
    assert knee([[1, 1]]) is None


def test_delta_m_by_hand() -> None:
    # perplexity 110 against 100 is 10 % worse, macro-F1 0.66 against 0.6 is 10 % better, accuracy equal
    assert delta_m([110, 0.66, 0.5], [100, 0.6, 0.5], ["lower", "higher", "higher"]) == pytest.approx(0)
    assert delta_m([110, 0.54], [100, 0.6], ["lower", "higher"]) == pytest.approx(10)


def test_regret_and_scale() -> None:
    points = [[1.0, 4.0], [2.0, 2.0]]
    assert regret([2.0, 2.0], points).tolist() == [1, 0]
    assert regret([0.5, 5.0], points).tolist() == [0, 3]
    assert normalised(points, [1, 2], [2, 4]).tolist() == [[0, 1], [1, 0]]
    assert normalised([[3.0, 1.0]], [3, 0], [3, 2]).tolist() == [[0, 0.5]]
    assert lower_is_better([[1.0, 2.0]], ["lower", "higher"]).tolist() == [[1, -2]]


def test_standing_against_a_front_counts_the_noise_of_seeds() -> None:
    front = [[[0.0, 2.0]] * 5, [[1.0, 1.0]] * 5, [[2.0, 0.0]] * 5]
    assert standing([[1.5, 1.5]] * 5, front).dominated == 1
    assert standing([[0.5, 0.5]] * 5, front).dominates == 1
    assert standing([[0.5, 1.5]] * 5, front).between == 1
    noisy = standing([[1.0 + noise, 1.0 + noise] for noise in (-0.2, 0.2, -0.1, 0.1, 0.0)], front)
    assert 0.2 < noisy.dominated < 0.8
    assert noisy.dominated + noisy.dominates + noisy.between == pytest.approx(1)
    shared = np.array([0.3, -0.3, 0.2, -0.2, 0.0])[:, None]  # noise that both have cancels: seeds are paired
    paired_front = [np.array([[1.0, 1.0]]) + shared]
    assert standing(np.array([[1.01, 1.01]]) + shared, paired_front).dominated == 1
    # a row fewer is allowed
    assert standing([[0.5, 0.5]] * 2, front).dominates == 1


def test_misuse_is_refused() -> None:
    for call in (
        lambda: non_dominated([1.0, 2.0]),
        lambda: non_dominated([[1.0, float("nan")]]),
        lambda: non_dominated(np.zeros((0, 2))),
        lambda: hypervolume([[1.0, 2.0]], [1.0]),
        lambda: hypervolume([[0.0] * 5], [1.0] * 5),
        lambda: delta_m([1.0], [0.0], ["lower"]),
        lambda: lower_is_better([[1.0]], ["up"]),  # type: ignore[list-item]
        lambda: regret([1.0], [[1.0, 2.0]]),
        lambda: normalised([[1.0]], [2.0], [1.0]),
        lambda: standing([[1.0, 1.0]], []),
        lambda: standing([[1.0, 1.0]], [[[1.0]]]),
    ):
        with pytest.raises(ValueError):
            call()
