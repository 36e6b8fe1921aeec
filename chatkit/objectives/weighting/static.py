"""Fixed weights: the plain weighted sum."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from chatkit.objectives.weighting.base import Weighting


class Static(Weighting):
    """The weights that the config sets; the sum that every published method has to beat (Kurin et al. 2022).

        w_i = p_i

    Symbols: p_i the weight set by hand. Nothing of the losses or gradients enters.

    Args:
        weights: objective -> weight p_i, non-negative.
        seed: Not used.
    """

    title = "plain sum"
    fixed = True

    def __init__(self, weights: Mapping[str, float], *, seed: int = 0) -> None:
        super().__init__(weights, seed=seed)

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        return prior

    def describe(self) -> str:
        """What it does, in words."""
        return "plain sum with " + ", ".join(f"{name} x {weight:g}" for name, weight in self._weights.items())
