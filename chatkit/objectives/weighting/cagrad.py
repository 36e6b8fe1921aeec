"""The best worst case near the mean gradient."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chatkit.objectives.weighting.base import require_range
from chatkit.objectives.weighting.gramian import GramianWeighting

_RIDGE = 1e-10
_STATIONARY = 1e-4


class CAGrad(GramianWeighting):
    """Within a ball around the mean gradient, the direction that improves the worst-off objective most.

        max_d min_i g_i . d   subject to   |d - g_0| <= c |g_0|,   g_0 = (1 / K) sum_i p_i g_i
        = g_0 + (c |g_0| / |g_a|) g_a,   g_a = sum_i a_i g_i,   a minimises  g_a . g_0 + c |g_0| |g_a|  on the simplex

    Symbols: g_i the gradients; c < 1 keeps the descent of the weighted sum; p the weights set by hand. Where g_a
    vanishes the update is 0. The weights of d are multiplied by K. Where losses differ in
    scale use ``normalise``.

    Source: Liu et al. 2021, algorithm 1. TorchJD's class needs cvxpy; the dual has at most 2^K faces, on each of
    which the minimum has a closed form, so it is solved exactly here. Departs from it by weights, and by the factor
    K.

    Args:
        weights: objective -> p_i.
        normalise: As in ``GramianWeighting``.
        c: Radius of the ball, 0..1 (1 excluded); 0 is the weighted sum.
        seed: Not used.
    """

    title = "CAGrad (Liu et al. 2021)"

    def __init__(self, weights: Mapping[str, float], *, normalise: bool = False, c: float = 0.5, seed: int = 0) -> None:
        super().__init__(weights, normalise=normalise, seed=seed, c=c)
        require_range("c", c, 0, math.nextafter(1, 0))
        self._c = c

    def _solve(self, names: list[str], gramian: Tensor, prior: Tensor) -> Tensor:
        inner, mean = gramian.numpy(), prior.numpy() / len(names)
        radius = self._c * math.sqrt(max(float(mean @ inner @ mean), 0.0))
        if radius == 0:
            return prior
        on_simplex = minimise_dual(inner, inner @ mean, radius)
        length = math.sqrt(max(float(on_simplex @ inner @ on_simplex), 0.0))
        if length < _STATIONARY:  # of gradients whose mean squared norm is 1
            return torch.zeros_like(prior)
        return torch.from_numpy(len(names) * (mean + radius / length * on_simplex))


def minimise_dual(gramian: NDArray[np.float64], slope: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Minimise  slope . a + radius sqrt(a' G a)  over  a >= 0, sum a = 1, exactly.

    On a face the stationary point solves  G a = (|g_a| / radius) (nu - slope)  with sum a = 1 and a' G a = |g_a|^2: a
    quadratic equation in nu. The best of all faces' feasible stationary points is the minimum, as the problem is
    convex.

    Args:
        gramian: G, (K, K), positive semi-definite, mean diagonal 1.
        slope: (K,).
        radius: Above 0.
    Returns:
        a, (K,).
    """
    count = len(gramian)
    gramian = gramian + _RIDGE * np.eye(count)
    best, least = np.full(count, 1 / count), math.inf
    for size in range(1, count + 1):
        for face in itertools.combinations(range(count), size):
            on_face = _stationary(gramian[np.ix_(face, face)], slope[list(face)], radius)
            if on_face is None or bool((on_face < -1e-9).any()):
                continue
            a = np.zeros(count)
            a[list(face)] = on_face.clip(min=0)
            value = float(slope @ a + radius * math.sqrt(max(float(a @ gramian @ a), 0.0)))
            if value < least:
                best, least = a, value
    return best


def _stationary(gramian: NDArray[np.float64], slope: NDArray[np.float64], radius: float) -> NDArray[np.float64] | None:
    """The stationary point on the affine hull of one face, or None."""
    ones = np.ones(len(gramian))
    by_one, by_slope = np.linalg.solve(gramian, np.stack([ones, slope], axis=1)).T
    a, b, c = float(ones @ by_one), float(ones @ by_slope), float(slope @ by_slope)
    discriminant = b * b - a * (c - radius * radius)
    if discriminant <= 0:
        return None
    nu = (b + math.sqrt(discriminant)) / a
    direction: NDArray[np.float64] = nu * by_one - by_slope
    total = float(direction.sum())
    return direction / total if total > 0 else None
