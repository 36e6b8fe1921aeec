from __future__ import annotations

import math

import numpy as np
import pytest

from chatkit.metrics.calibration import auroc, expected_calibration_error


def test_ece_of_a_known_table() -> None:
    confidence = [0.9] * 10 + [0.6] * 10
    correct = [True] * 9 + [False] + [True] * 3 + [False] * 7
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.5 * 0.0 + 0.5 * 0.3)
    assert expected_calibration_error([1.0, 1.0], [True, False]) == pytest.approx(0.5)
    assert math.isnan(expected_calibration_error([], []))


def test_auroc_equals_counting_pairs() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 6, 40), rng.integers(0, 5, 30)
    pairs = np.mean([(x > y) + 0.5 * (x == y) for x in a for y in b])
    assert auroc(a, b) == pytest.approx(pairs)
    assert auroc([2, 3], [0, 1]) == 1.0
    assert math.isnan(auroc([], [1]))
