"""Fixed weights: the plain weighted sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor


class Static:
    """The weights that the config sets; the sum that every published method has to beat (Kurin et al. 2022).

    Args:
        weights: objective -> weight, non-negative.
    """

    needs_gramian = False

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = dict(weights)

    def weigh(self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None) -> Tensor:
        """Weights of the objectives that take part in this step.

        Args:
            names: Their names.
            losses: Their losses, (K,), nats per target.
            gramian: Not used.
        Returns:
            Weights, (K,).
        Raises:
            ValueError: If an objective was not declared, or the shapes disagree.
        """
        unknown = [name for name in names if name not in self._weights]
        if unknown or losses.shape != (len(names),):
            raise ValueError(f"weights are declared for {', '.join(self._weights)}; got {list(names)}, {losses.shape}")
        return torch.tensor([self._weights[name] for name in names])

    def describe(self) -> str:
        """What it does, in words."""
        return "plain sum with " + ", ".join(f"{name} x {weight:g}" for name, weight in self._weights.items())
