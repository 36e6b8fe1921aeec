"""Whether a classifier can tell two bodies of text apart in the features of the encoder, and how well.

N = texts, D = width of the features
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_FOLDS, _DIRECTIONS, _RIDGE = 5, 64, 1.0


@dataclasses.dataclass(frozen=True)
class TwoSample:
    """Classifier two-sample test.

    Args:
        accuracy: Of telling held-out texts apart, balanced; 0.5 is chance.
        p_value: Probability of at least this accuracy if both were of one kind.
        a_distance: Proxy A-distance, 0 (alike) to 2 (apart).
        texts: Texts of each body that it was made on.
    """

    accuracy: float
    p_value: float
    a_distance: float
    texts: int


def two_sample_test(reference: Floats, target: Floats, *, seed: int = 0) -> TwoSample | None:
    """Logistic regression, cross-validated, on equally many texts of both; None of fewer than 10 each.

    Args:
        reference: (N, D) features.
        target: (M, D) features.
        seed: Seed of draw and folds.
    Source: Lopez-Paz & Oquab 2017, "Revisiting Classifier Two-Sample Tests"; proxy A-distance 2 (1 - 2 error),
        Ben-David et al. 2007. Texts of one document are not independent: the p-value is then too small.
    """
    count = min(len(reference), len(target))
    if count < 2 * _FOLDS:
        return None
    rng = np.random.default_rng(seed)
    pick = [rng.permutation(len(part))[:count] for part in (reference, target)]
    features = np.concatenate([reference[pick[0]], target[pick[1]]]).astype(np.float64)
    sides = np.repeat([0.0, 1.0], count)
    fold = np.concatenate([rng.permutation(count) % _FOLDS for _ in range(2)])
    right = np.zeros(2 * count)
    for i in range(_FOLDS):
        train, held = fold != i, fold == i
        weights, project = _logistic(features[train], sides[train])
        right[held] = ((project(features[held]) @ weights) > 0) == (sides[held] > 0.5)
    accuracy = float(right.mean())
    z = (accuracy - 0.5 - 0.5 / (2 * count)) * math.sqrt(4 * 2 * count)
    return TwoSample(accuracy, 0.5 * math.erfc(z / math.sqrt(2)), max(0.0, 2 * (2 * accuracy - 1)), count)


def _logistic(features: Floats, sides: Floats) -> tuple[Floats, Callable[[Floats], Floats]]:
    """Weights of a logistic regression on the leading directions, by Newton's method, and the map to these."""
    centre = features.mean(0)
    _, sizes, directions = np.linalg.svd(features - centre, full_matrices=False)
    kept = directions[: min(_DIRECTIONS, len(directions))].T
    scale = np.maximum(sizes[: kept.shape[1]], 1e-9) / math.sqrt(len(features))

    def project(x: Floats) -> Floats:
        return np.concatenate([np.ones((len(x), 1)), (x - centre) @ kept / scale], 1)

    design, weights = project(features), np.zeros(kept.shape[1] + 1)
    ridge = _RIDGE * np.eye(len(weights))
    ridge[0, 0] = 1e-6
    for _ in range(15):
        share = 1 / (1 + np.exp(-np.clip(design @ weights, -30, 30)))
        gradient = design.T @ (sides - share) - ridge @ weights
        curve = (design * (share * (1 - share))[:, None]).T @ design + ridge
        weights = weights + np.linalg.solve(curve, gradient)
    return weights, project
