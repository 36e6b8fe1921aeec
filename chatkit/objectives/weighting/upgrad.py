"""Each gradient projected so that it harms no objective, then summed."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torchjd.aggregation import UPGradWeighting

from chatkit.objectives.weighting.dual_cone import ActiveSetProjector
from chatkit.objectives.weighting.gramian import GramianWeighting


class UPGrad(GramianWeighting):
    """Never against any objective to the first order, and each has influence in proportion to its gradient.

        w = sum_i p_i v_i,   v_i minimises  v' G v  subject to  v >= e_i

    Symbols: G the Gramian; e_i the i-th unit vector; J' v_i is the projection of gradient i onto the cone of
    directions that descend for all; p the weights set by hand. Where losses differ in scale use ``normalise``.

    Source: Quinton & Rey 2024, equation 3, by TorchJD with an exact projector of our own (its default needs a solver
    under the GPL). Departs from it by the factor K (p need not sum to 1).

    Args:
        weights: objective -> p_i.
        normalise: As in ``GramianWeighting``.
        seed: Not used.
    """

    title = "UPGrad (Quinton & Rey 2024)"

    def __init__(self, weights: Mapping[str, float], *, normalise: bool = False, seed: int = 0) -> None:
        super().__init__(weights, normalise=normalise, seed=seed)
        self._projector = ActiveSetProjector()

    def _solve(self, names: list[str], gramian: Tensor, prior: Tensor) -> Tensor:
        weights: Tensor = UPGradWeighting(prior, projector=self._projector)(gramian)
        return weights.to(torch.float64)
