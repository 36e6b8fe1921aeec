"""Gradient surgery: what contradicts another objective is cut off."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor
from torchjd.aggregation import PCGradWeighting

from chatkit.objectives.weighting.gramian import GramianWeighting
from chatkit.objectives.weighting.random_state import own_random_state


class PCGrad(GramianWeighting):
    """The plain sum, but each gradient is first projected off every other one that it contradicts, in random order.

        g_i <- g_i - (g_i . g_j / |g_j|^2) g_j   for each j with g_i . g_j < 0;   the update is sum_i g_i

    Symbols: g_i the gradient of p_i L_i, with p_i the weight set by hand: without conflict this is the weighted sum.

    Source: Yu et al. 2020, algorithm 1, by TorchJD; the order is drawn from seed and step alone.

    Args:
        weights: objective -> p_i.
        normalise: As in ``GramianWeighting``.
        seed: Seed of the order.
    """

    title = "PCGrad (Yu et al. 2020)"

    def __init__(self, weights: Mapping[str, float], *, normalise: bool = False, seed: int = 0) -> None:
        super().__init__(weights, normalise=normalise, seed=seed)
        self._solver = PCGradWeighting()

    def _solve(self, names: list[str], gramian: Tensor, prior: Tensor) -> Tensor:
        with own_random_state(self._seed, self._steps):
            return prior * self._solver(gramian * prior.outer(prior))
