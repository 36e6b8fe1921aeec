"""Expected calibration error, and how well a score tells two groups apart.

N = examples
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def expected_calibration_error(confidence: ArrayLike, correct: ArrayLike, *, bins: int = 15) -> float:
    """Mean distance between confidence and accuracy over bins of equal width, by their examples; NaN of nothing.

    Args:
        confidence: (N,) probability of the decided label.
        correct: (N,) whether it was right.
        bins: Number of bins.
    Source: Naeini et al. 2015; 15 bins as in Guo et al. 2017.
    """
    sure, right = np.asarray(confidence, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if not len(sure):
        return float("nan")
    which = np.minimum((sure * bins).astype(int), bins - 1)
    gaps = np.bincount(which, weights=sure - right, minlength=bins)
    return float(np.abs(gaps).sum() / len(sure))


def auroc(higher: ArrayLike, lower: ArrayLike) -> float:
    """Probability that a score of the first group is above one of the second, ties counting half; NaN of nothing.

    Args:
        higher: Scores of the group that should score higher.
        lower: Scores of the other.
    Source: Mann & Whitney 1947.
    """
    a, b = np.sort(np.asarray(higher, dtype=np.float64)), np.asarray(lower, dtype=np.float64)
    if not len(a) or not len(b):
        return float("nan")
    below = np.searchsorted(a, b, side="left").sum()
    upto = np.searchsorted(a, b, side="right").sum()
    return float(1 - (below + upto) / 2 / (len(a) * len(b)))
