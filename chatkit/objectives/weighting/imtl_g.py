"""The direction that is equally steep for all objectives."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torchjd.aggregation import IMTLGWeighting

from chatkit.objectives.weighting.gramian import GramianWeighting


class IMTLG(GramianWeighting):
    """The update has the same projection on every gradient's direction, whatever their norms.

        w = p K v / sum v,   v = G^+ d,   d_i = |g_i|

    Symbols: G the Gramian, G^+ its pseudo-inverse; p the weights set by hand, multiplied in the end (with unequal
    ones the projections are unequal too). The scale of a loss leaves the direction alone. Weights may be negative.

    Source: Liu et al. 2021, equation 6, in the form for dependent gradients of Quinton & Rey 2024, by TorchJD.
    Departs from it by the factor K, and where sum v < 0, which would climb for every objective at once: there the
    sign is turned.

    Args:
        weights: objective -> p_i.
        normalise: As in ``GramianWeighting``; changes the length of the update only.
        seed: Not used.
    """

    title = "IMTL-G (Liu et al. 2021)"
    scale_free = True

    def __init__(self, weights: Mapping[str, float], *, normalise: bool = False, seed: int = 0) -> None:
        super().__init__(weights, normalise=normalise, seed=seed)
        self._solver = IMTLGWeighting()

    def _solve(self, names: list[str], gramian: Tensor, prior: Tensor) -> Tensor:
        # In float32, the precision of the gradients, so that the pseudo-inverse drops what is rounding only.
        weights = self._solver(gramian.float()).double()
        climbs = float((gramian @ weights).sum()) < 0
        return prior * len(names) * (-weights if climbs else weights)
