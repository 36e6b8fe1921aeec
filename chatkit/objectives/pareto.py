"""Fronts: which solutions are worth having, and what each gives up. All objectives are minimised unless said otherwise.

P = points, K = objectives
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]
Better = Literal["higher", "lower"]


def lower_is_better(points: ArrayLike, better: Sequence[Better]) -> Points:
    """Points (P, K) with the sign of every objective turned that is better when higher."""
    array = _points(points)
    if len(better) != array.shape[1] or any(each not in ("higher", "lower") for each in better):
        raise ValueError(f"better must say higher or lower for each of {array.shape[1]} objectives, got {list(better)}")
    return array * np.array([1.0 if each == "lower" else -1.0 for each in better])


def non_dominated(points: ArrayLike) -> NDArray[np.bool_]:
    """Which points (P, K) no other dominates: nowhere worse and somewhere better. Equal points are all kept.

    Returns:
        (P,) bool.
    """
    array = _points(points)
    nowhere_worse = (array[:, None, :] <= array[None, :, :]).all(axis=2)  # [q, p]: q against p
    somewhere_better = (array[:, None, :] < array[None, :, :]).any(axis=2)
    dominated = np.any(nowhere_worse & somewhere_better, axis=0)
    return np.asarray(~dominated, dtype=np.bool_)


def hypervolume(points: ArrayLike, reference: ArrayLike) -> float:
    """Volume that points (P, K) dominate below a reference point (K,), exact; K up to 4.

    Points that are not below the reference in every objective count nothing.

    Source: Zitzler & Thiele 1999; by slicing along the last objective (While et al. 2006).
    Raises:
        ValueError: If shapes disagree, a number is not finite, or K is above 4.
    """
    array, bound = _points(points), np.asarray(reference, dtype=np.float64)
    if bound.shape != (array.shape[1],) or not np.isfinite(bound).all():
        raise ValueError(f"the reference must be {array.shape[1]} finite numbers, got {bound}")
    if not 1 <= array.shape[1] <= 4:
        raise ValueError(f"1 to 4 objectives, got {array.shape[1]}")
    return _volume(array[(array < bound).all(axis=1)], bound)


def _volume(points: Points, bound: Points) -> float:
    if len(points) == 0:
        return 0.0
    if points.shape[1] == 1:
        return float(bound[0] - points.min())
    points = points[non_dominated(points)]
    points = points[np.argsort(points[:, -1], kind="stable")]
    ends = [*points[1:, -1].tolist(), float(bound[-1])]
    total = 0.0
    for i, end in enumerate(ends):
        thickness = end - float(points[i, -1])
        if thickness > 0:
            total += thickness * _volume(points[: i + 1, :-1], bound[:-1])
    return total


def normalised(points: ArrayLike, ideal: ArrayLike, nadir: ArrayLike) -> Points:
    """Points (P, K) on the scale 0 = ideal, 1 = nadir of each objective; an objective without range becomes 0."""
    array, low, high = _points(points), np.asarray(ideal, dtype=np.float64), np.asarray(nadir, dtype=np.float64)
    if low.shape != (array.shape[1],) or high.shape != low.shape or (high < low).any():
        raise ValueError(f"ideal must be at most nadir in {array.shape[1]} objectives, got {low} and {high}")
    span = high - low
    return np.where(span > 0, (array - low) / np.where(span > 0, span, 1.0), 0.0)


def knee(points: ArrayLike) -> int | None:
    """The point of the front that bulges furthest below the plane through its ends: beyond it, little is had for much.

    On the scale of the front from ideal to nadir the ends' plane is sum = 1, so this is the smallest sum.

    Source: Das 1999.
    Returns:
        Its row in ``points``; None if no point lies below the plane (a straight, concave or single-point front).
    """
    array = _points(points)
    front = np.flatnonzero(non_dominated(array))
    scaled = normalised(array[front], array[front].min(axis=0), array[front].max(axis=0))
    sums = scaled.sum(axis=1)
    least = int(np.argmin(sums))
    spread = (array[front].max(axis=0) > array[front].min(axis=0)).all()
    return int(front[least]) if spread and sums[least] < 1 - 1e-9 else None


def delta_m(values: ArrayLike, baselines: ArrayLike, better: Sequence[Better]) -> float:
    """Mean relative change against single-task runs, in per cent; positive is a loss.

        100 / K sum_k s_k (M_k - B_k) / |B_k|,   s_k = 1 where lower is better, else -1

    Source: Maninis et al. 2019.
    Raises:
        ValueError: If shapes disagree or a baseline is 0.
    """
    value, base = np.asarray(values, dtype=np.float64), np.asarray(baselines, dtype=np.float64)
    if value.shape != base.shape or value.shape != (len(better),) or (base == 0).any():
        raise ValueError(f"one value and one baseline other than 0 for each objective, got {value} and {base}")
    change = lower_is_better(value[None], better)[0] - lower_is_better(base[None], better)[0]
    return float(100 * (change / np.abs(base)).mean())


def regret(point: ArrayLike, points: ArrayLike) -> Points:
    """What a point (K,) gives up in each objective against the best of points (P, K), (K,), at least 0."""
    array, value = _points(points), np.asarray(point, dtype=np.float64)
    if value.shape != (array.shape[1],):
        raise ValueError(f"the point must have {array.shape[1]} objectives, got {value}")
    out: Points = np.maximum(value - array.min(axis=0), 0.0)
    return out


@dataclasses.dataclass(frozen=True)
class Standing:
    """Where a point stands against a front, over resampled runs; the shares sum to 1.

    Args:
        dominated: Share of resamples in which some point of the front is nowhere worse and somewhere better.
        dominates: Share in which it dominates some point of the front, and none dominates it.
        between: The rest: another compromise.
    """

    dominated: float
    dominates: float
    between: float


def standing(runs: ArrayLike, front: Sequence[ArrayLike], *, samples: int = 1000, seed: int = 0) -> Standing:
    """Dominance of one way of training against the front of others, with the noise of seeds in it.

    Every resample draws seeds anew, the same for all that have as many, and compares means.

    Args:
        runs: Losses of its runs, (S, K), lower is better, a row each seed.
        front: Those of each other way, (S', K); rows of the same number are of the same seed.
        samples: Resamples.
        seed: Of the draw.
    """
    own, others = _points(runs), [_points(each) for each in front]
    if not others or any(each.shape[1] != own.shape[1] for each in others):
        raise ValueError(f"the front must have points of {own.shape[1]} objectives")
    rng = np.random.default_rng(seed)
    counts = np.zeros(3)
    most = max(len(each) for each in (own, *others))
    for _ in range(samples):
        drawn = rng.random(most)
        point, rest = _resampled(own, drawn), np.stack([_resampled(each, drawn) for each in others])
        if ((rest <= point).all(axis=1) & (rest < point).any(axis=1)).any():
            counts[0] += 1
        elif ((point <= rest).all(axis=1) & (point < rest).any(axis=1)).any():
            counts[1] += 1
        else:
            counts[2] += 1
    dominated, dominates, between = (counts / samples).tolist()
    return Standing(dominated, dominates, between)


def _resampled(runs: Points, drawn: Points) -> Points:
    """Mean over as many runs as there are, drawn with replacement by uniform numbers."""
    chosen = (drawn[: len(runs)] * len(runs)).astype(int)
    out: Points = runs[chosen].mean(axis=0)
    return out


def _points(points: Any) -> Points:
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or 0 in array.shape or not np.isfinite(array).all():
        raise ValueError(f"points must be finite, one row each, at least one; got shape {array.shape}")
    return array
