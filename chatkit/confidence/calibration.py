"""Temperature scaling: probabilities that are right as often as they say.

N = examples, C = classes
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

_COLDEST, _HOTTEST = 0.05, 20.0
_TINY = 1e-12


def scale(probabilities: ArrayLike, temperature: float) -> NDArray[np.float64]:
    """Probabilities at a temperature: softmax(log p / T), which equals softmax(logits / T).

    Args:
        probabilities: (..., C), each row summing to 1.
        temperature: Above 1 flattens, below 1 sharpens; the order of the classes never changes.
    Raises:
        ValueError: If the temperature is not above 0.
    Source: Guo et al. 2017, "On Calibration of Modern Neural Networks".
    """
    if not temperature > 0:
        raise ValueError(f"temperature must be above 0, got {temperature}")
    logits = np.log(np.maximum(np.asarray(probabilities, dtype=np.float64), _TINY)) / temperature
    shares = np.exp(logits - logits.max(-1, keepdims=True))
    return np.asarray(shares / shares.sum(-1, keepdims=True))


def fit_temperature(probabilities: ArrayLike, gold: ArrayLike) -> float:
    """The temperature with the least cross-entropy on held-out examples.

    Args:
        probabilities: (N, C) as the head gave them.
        gold: (N,) class of each example.
    Returns:
        The temperature, found by golden-section search (the loss has one minimum in log T's neighbourhood); 1.0
        of nothing.
    """
    shares = np.asarray(probabilities, dtype=np.float64)
    classes = np.asarray(gold, dtype=np.int64)
    if not len(classes):
        return 1.0
    rows = np.arange(len(classes))

    def nats(log_t: float) -> float:
        right = scale(shares, float(np.exp(log_t)))[rows, classes]
        return float(-np.log(np.maximum(right, _TINY)).mean())

    low, high = np.log(_COLDEST), np.log(_HOTTEST)
    ratio = (np.sqrt(5.0) - 1) / 2
    for _ in range(60):
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        low, high = (low, right) if nats(left) <= nats(right) else (left, high)
    return float(np.exp((low + high) / 2))
