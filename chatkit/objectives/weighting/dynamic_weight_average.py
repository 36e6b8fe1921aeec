"""Weights from how fast each loss falls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.objectives.weighting.base import Weighting, require_range


class DynamicWeightAverage(Weighting):
    """Who falls more slowly weighs more.

        w_i = p_i K softmax_i(r_i / T),   r_i = L_i(t-1) / L_i(t-2)

    Symbols: L_i(t) mean loss in window t; T the temperature; p_i the weight set by hand. Equal until an objective of
    the step has two windows behind it. Ratios do not see the scale of a loss, so the weights do not answer to it.

    Source: Liu, Johns & Davison 2019, equation 7. Departs from it: training here has no epochs, so a window is
    ``window`` steps in which the objective took part.

    Args:
        weights: objective -> p_i.
        temperature: T; the larger, the more equal.
        window: Steps of a window.
        seed: Not used.
    """

    title = "DynamicWeightAverage (Liu et al. 2019)"

    def __init__(
        self, weights: Mapping[str, float], *, temperature: float = 2.0, window: int = 100, seed: int = 0
    ) -> None:
        super().__init__(weights, seed=seed, temperature=temperature, window=window)
        require_range("temperature", temperature, 0, open_below=True)
        require_range("window", window, 1)
        self._temperature, self._window = temperature, window
        self._open: dict[str, list[float]] = {name: [0.0, 0] for name in weights}
        self._means: dict[str, list[float]] = {name: [] for name in weights}

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        self._positive_losses(names, losses)
        if len(names) == 1 or any(len(self._means[name]) < 2 for name in names):
            return prior
        rates = [self._means[name][1] / max(self._means[name][0], 1e-8) for name in names]
        return prior * len(names) * torch.softmax(torch.tensor(rates, dtype=torch.float64) / self._temperature, 0)

    def learn(
        self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None, change: Tensor | None = None
    ) -> None:
        """Add the losses to the open windows."""
        for name, loss in zip(names, losses.detach().cpu().double().tolist(), strict=True):
            total, count = self._open[name][0] + loss, self._open[name][1] + 1
            if count >= self._window:
                self._means[name] = [*self._means[name], total / count][-2:]
                total, count = 0.0, 0
            self._open[name] = [total, count]

    def _own_state(self) -> dict[str, Any]:
        return {
            "open": {n: list(v) for n, v in self._open.items()},
            "means": {n: list(v) for n, v in self._means.items()},
        }

    def _load_own(self, state: Mapping[str, Any]) -> None:
        self._open = {name: list(state["open"][name]) for name in self._weights}
        self._means = {name: list(state["means"][name]) for name in self._weights}
