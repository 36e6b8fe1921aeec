"""Weights from learned uncertainties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from torch import Tensor

from chatkit.objectives.weighting.learned import LearnedWeighting


class UncertaintyWeighting(LearnedWeighting):
    """Each objective has a learned log-variance, and the noisier it is the less it weighs.

        w_i = p_i exp(-s_i);   s minimises  sum_i exp(-s_i) L_i + s_i / 2

    Symbols: s_i = log sigma_i^2 learned, 0 at first; L_i the loss; p_i the weight set by hand. At rest exp(-s_i) is 1
    / (2 L_i): a loss that is ten times as large weighs a tenth, sooner or later (not from the first step).

    Source: Kendall, Gal & Cipolla 2018, equation 10 for cross-entropies (for squared errors, equation 7, L_i is
    halved). Departs from it: s has an Adam and a learning rate of its own, so that it does not hang on the model's
    schedule.

    Args:
        weights: objective -> p_i.
        rate: Learning rate of s.
        seed: Not used.
    """

    title = "UncertaintyWeighting (Kendall et al. 2018)"

    def __init__(self, weights: Mapping[str, float], *, rate: float = 0.01, seed: int = 0) -> None:
        super().__init__(weights, start=0.0, rate=rate, seed=seed)

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        return prior * (-self._stacked(names).detach()).exp()

    def loss(
        self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None, change: Tensor | None = None
    ) -> Tensor:
        """The method's whole objective, of which s sees the part that depends on it."""
        log_variances = self._stacked(names)
        return ((-log_variances).exp() * losses + log_variances / 2).sum()
