"""The geometric mean of the losses as the objective."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from chatkit.objectives.weighting.base import Weighting


class GeometricLoss(Weighting):
    """Every objective counts by its relative change: halving any loss halves the same product.

        minimise prod_i L_i^(p_i / P):   w_i = K (p_i / P) G / L_i,   G = prod_j L_j^(p_j / P),   P = sum_j p_j

    Symbols: L_i the loss; p_i the weight set by hand, here its exponent. The gradient of a weighted geometric mean,
    times K. The scale of a loss leaves the direction alone.

    Source: Chennupati et al. 2019, equation 3. Departs from it: exponents by hand, and the factor K, so that equal
    losses give the plain sum.

    Args:
        weights: objective -> p_i.
        seed: Not used.
    """

    title = "GeometricLoss (Chennupati et al. 2019)"
    scale_free = True

    def __init__(self, weights: Mapping[str, float], *, seed: int = 0) -> None:
        super().__init__(weights, seed=seed)

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        losses = self._positive_losses(names, losses)
        if len(names) == 1 or float(prior.sum()) == 0:
            return prior
        share = prior / prior.sum()
        return len(names) * share * (share * losses.log()).sum().exp() / losses
