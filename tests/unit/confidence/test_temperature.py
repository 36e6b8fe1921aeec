from __future__ import annotations

import numpy as np
import pytest

from chatkit.confidence.calibration import fit_temperature, scale


def drawn(temperature: float, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that claim too much by a known temperature, and labels drawn from the true ones."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, (count, 3))
    true = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    gold = np.array([rng.choice(3, p=row) for row in true])
    claimed = np.exp(logits * temperature)
    return claimed / claimed.sum(1, keepdims=True), gold


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_finds_the_temperature_that_the_labels_were_drawn_with(temperature: float) -> None:
    probabilities, gold = drawn(temperature)
    assert fit_temperature(probabilities, gold) == pytest.approx(temperature, rel=0.1)


def test_scaling_equals_a_softmax_of_divided_logits_and_keeps_the_order() -> None:
    logits = np.array([[2.0, -1.0, 0.5], [0.0, 0.0, 5.0]])
    shares = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    wanted = np.exp(logits / 1.7) / np.exp(logits / 1.7).sum(1, keepdims=True)
    np.testing.assert_allclose(scale(shares, 1.7), wanted)
    assert (scale(shares, 1.7).argmax(1) == shares.argmax(1)).all()


def test_certainty_and_nothing_are_no_error() -> None:
    assert scale([1.0, 0.0], 2.0).sum() == pytest.approx(1.0)
    assert fit_temperature(np.zeros((0, 3)), np.zeros(0)) == 1.0
    with pytest.raises(ValueError, match="above 0"):
        scale([0.5, 0.5], 0.0)
