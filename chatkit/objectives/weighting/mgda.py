"""The shortest vector among the weighted means of the gradients."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torchjd.aggregation import MGDAWeighting

from chatkit.objectives.weighting.base import require_range
from chatkit.objectives.weighting.gramian import GramianWeighting


class MGDA(GramianWeighting):
    """Descends for every objective at once, or stands still where none can gain without another's loss.

        w = p K a,   a minimises a' G a  subject to  a >= 0, sum a = 1

    Symbols: G the Gramian; p the weights set by hand, multiplied in the end (with unequal ones the step need no
    longer descend for all). The shortest vector leans to the smallest gradient: where losses differ in scale use
    ``normalise``.

    Source: Désidéri 2012, problem 3; Frank-Wolfe solver of Sener & Koltun 2018, algorithm 2, by TorchJD. Departs from
    it by the factor K and where a gradient vanishes.

    Args:
        weights: objective -> p_i.
        normalise: As in ``GramianWeighting``.
        epsilon: The solver stops when its step is below this.
        max_iters: And after so many steps.
        seed: Not used.
    """

    title = "MGDA (Désidéri 2012)"

    def __init__(
        self,
        weights: Mapping[str, float],
        *,
        normalise: bool = False,
        epsilon: float = 1e-3,
        max_iters: int = 100,
        seed: int = 0,
    ) -> None:
        super().__init__(weights, normalise=normalise, seed=seed, epsilon=epsilon, max_iters=max_iters)
        require_range("epsilon", epsilon, 0, open_below=True)
        require_range("max_iters", max_iters, 1)
        self._solver = MGDAWeighting(epsilon=epsilon, max_iters=max_iters)

    def _solve(self, names: list[str], gramian: Tensor, prior: Tensor) -> Tensor:
        return prior * len(names) * self._solver(gramian)
