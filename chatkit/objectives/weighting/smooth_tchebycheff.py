"""A smooth maximum over the objectives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.objectives.weighting.base import Weighting, require_range


class SmoothTchebycheff(Weighting):
    """Pulls most at the objective that lies furthest back; reaches fronts that no weighted sum can (non-convex ones).

        minimise mu log sum_i exp(p_i f_i / mu):   w_i = K (R / R_i) p_i softmax_i(p_i f_i / mu),   f_i = L_i / R_i

    Symbols: L_i the loss; p_i the weight set by hand (the preference); R_i the mean loss of the first ``warmup``
    steps of the objective, up to now while these last; R the geometric mean of the R_i of the step; mu the
    smoothness: towards 0 only the worst counts, large is a sum. ``relative=False`` takes the losses as they are (R_i
    = R = 1).

    Source: Lin et al. 2024, equation 6, with the ideal point at 0. Departs from it: losses relative to where they
    started, because a maximum over nats of unlike tasks means nothing, and the factor K.

    Args:
        weights: objective -> p_i.
        mu: Smoothness.
        warmup: Steps that make R_i.
        relative: Divide losses by R_i.
        seed: Not used.
    """

    title = "SmoothTchebycheff (Lin et al. 2024)"

    def __init__(
        self,
        weights: Mapping[str, float],
        *,
        mu: float = 0.1,
        warmup: int = 20,
        relative: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(weights, seed=seed, mu=mu, warmup=warmup, relative=relative)
        require_range("mu", mu, 0, open_below=True)
        require_range("warmup", warmup, 1)
        self._mu, self._warmup = mu, warmup
        self._relative = self.scale_free = bool(relative)
        self._first: dict[str, list[float]] = {name: [0.0, 0] for name in weights}

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        if len(names) == 1:
            return prior
        start = self._starts(self._positive_losses(names, losses), names) if self._relative else torch.ones_like(losses)
        common = start.log().mean().exp()
        return len(names) * prior * torch.softmax(prior * losses / start / self._mu, 0) * common / start

    def learn(
        self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None, change: Tensor | None = None
    ) -> None:
        """Add to the mean of the first losses."""
        for name, loss in zip(names, losses.detach().cpu().double().tolist(), strict=True):
            total, count = self._first[name]
            if count < self._warmup:
                self._first[name] = [total + loss, count + 1]

    def _starts(self, losses: Tensor, names: Sequence[str]) -> Tensor:
        means = []
        for name, loss in zip(names, losses.tolist(), strict=True):
            total, count = self._first[name]
            means.append(max(total / count, 1e-8) if count else loss)
        return torch.tensor(means, dtype=torch.float64)

    def _own_state(self) -> dict[str, Any]:
        return {"first": {name: list(value) for name, value in self._first.items()}}

    def _load_own(self, state: Mapping[str, Any]) -> None:
        self._first = {name: list(state["first"][name]) for name in self._weights}
