"""Gradients of like size, larger for who lags behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.objectives.weighting.base import require_range
from chatkit.objectives.weighting.learned import LearnedWeighting

_LEAST = 1e-3


class GradNorm(LearnedWeighting):
    """Learns weights that bring the gradients' norms to a common size, more for objectives that train slowly.

        w_i = p_i v_i;   v minimises  sum_i | v_i |g_i| - N r_i^alpha |,   N = mean_j v_j |g_j|,
        r_i = (L_i / L_i(0)) / mean_j (L_j / L_j(0));   N r_i^alpha is held constant;   then sum v = objectives

    Symbols: g_i the gradient on the shared parameters; L_i(0) its first loss; alpha the asymmetry; p_i the weight set
    by hand. The norms are made equal whatever the scale of the losses, sooner or later (not from the first step).

    Source: Chen et al. 2018, algorithm 1. Departs from it: norms over all shared parameters, not the last shared
    layer (they cost nothing here), and v is kept above a thousandth.

    Args:
        weights: objective -> p_i.
        alpha: Asymmetry; 0 only equalises (1.5 in the paper).
        rate: Learning rate of v (0.025 in the paper).
        seed: Not used.
    """

    title = "GradNorm (Chen et al. 2018)"
    needs_gramian = True

    def __init__(self, weights: Mapping[str, float], *, alpha: float = 1.5, rate: float = 0.025, seed: int = 0) -> None:
        super().__init__(weights, start=1.0, rate=rate, seed=seed, alpha=alpha)
        require_range("alpha", alpha, 0)
        self._alpha = alpha
        self._first: dict[str, float] = {}

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        for name, loss in zip(names, self._positive_losses(names, losses).tolist(), strict=True):
            self._first.setdefault(name, loss)
        return prior if len(names) == 1 else prior * self._stacked(names).detach()

    def loss(
        self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None, change: Tensor | None = None
    ) -> Tensor:
        """The L1 distance of the norms from their targets; with one objective it is 0."""
        if gramian is None:
            raise ValueError("GradNorm needs the Gramian")
        norms = self._stacked(names) * gramian.diagonal().clamp(min=0).sqrt()
        ratios = losses / torch.tensor([self._first.get(n, 1.0) for n in names], dtype=torch.float64)
        target = norms.detach().mean() * (ratios / ratios.mean().clamp(min=1e-12)) ** self._alpha
        return (norms - target).abs().sum()

    def learn(
        self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None, change: Tensor | None = None
    ) -> None:
        """One step on v; nothing to compare with one objective alone."""
        if len(names) > 1:
            super().learn(names, losses, gramian, change)

    def _keep_in_bounds(self) -> None:
        with torch.no_grad():
            values = torch.stack([v.detach() for v in self.parameters()]).clamp(min=_LEAST)
            values *= len(values) / values.sum()
            for value, new in zip(self.parameters(), values, strict=True):
                value.copy_(new)

    def _own_state(self) -> dict[str, Any]:
        return {**super()._own_state(), "first": dict(self._first)}

    def _load_own(self, state: Mapping[str, Any]) -> None:
        super()._load_own(state)
        self._first = {name: float(loss) for name, loss in state["first"].items()}
