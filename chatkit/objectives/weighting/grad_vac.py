"""Gradient vaccine: cosines are lifted to what they usually are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from chatkit.objectives.weighting.base import require_range
from chatkit.objectives.weighting.gramian import GramianWeighting

_TINY = 1e-8


class GradVac(GramianWeighting):
    """The plain sum, but a gradient that meets another at less than their usual cosine is first turned towards it.

        for each i and each other j in random order, with c = cos(g_i, g_j) and target t = t_ij:
        if c < t:  g_i <- g_i + g_j |g_i| (t sqrt(1 - c^2) - c sqrt(1 - t^2)) / (|g_j| sqrt(1 - t^2))
        t_ij <- (1 - beta) t_ij + beta c;   the update is sum_i g_i

    Symbols: g_i the gradient of p_i L_i, with p_i the weight set by hand; t_ij a running mean, 0 at first (where this
    is PCGrad); g_j is the gradient as it was.

    Source: Wang et al. 2021, algorithm 1. TorchJD's class agrees in each step but forgets its targets when an
    objective misses a step and when it is saved; here each pair keeps its own.

    Args:
        weights: objective -> p_i.
        normalise: As in ``GramianWeighting``.
        beta: Share of the newest cosine in the running mean.
        seed: Seed of the order.
    """

    title = "GradVac (Wang et al. 2021)"

    def __init__(
        self, weights: Mapping[str, float], *, normalise: bool = False, beta: float = 0.5, seed: int = 0
    ) -> None:
        super().__init__(weights, normalise=normalise, seed=seed, beta=beta)
        require_range("beta", beta, 0, 1)
        self._beta = beta
        self._targets: dict[str, dict[str, float]] = {name: {} for name in weights}

    def _solve(self, names: list[str], gramian: Tensor, prior: Tensor) -> Tensor:
        inner = (gramian * prior.outer(prior)).numpy()
        norms = np.sqrt(inner.diagonal())
        rows = np.eye(len(names))
        for i, name in enumerate(names):
            others = [j for j in range(len(names)) if j != i]
            for j in (others[k] for k in self._order(len(others), i)):
                dots = rows[i] @ inner
                norm = float(np.sqrt(max(dots @ rows[i], 0.0)))
                cosine = float(dots[j] / (norm * norms[j] + _TINY))
                target = self._targets[name].get(names[j], 0.0)
                if cosine < target:
                    sine, sine_target = np.sqrt(max(1 - cosine**2, 0.0)), np.sqrt(max(1 - target**2, 0.0))
                    turned = norm * (target * sine - cosine * sine_target)
                    rows[i, j] += turned / (norms[j] * sine_target + _TINY)
                self._targets[name][names[j]] = (1 - self._beta) * target + self._beta * cosine
        return prior * torch.from_numpy(rows.sum(axis=0))

    def _order(self, count: int, i: int) -> list[int]:
        order: list[int] = np.random.default_rng([self._seed, 7, self._steps, i]).permutation(count).tolist()
        return order

    def _own_state(self) -> dict[str, Any]:
        return {"targets": {name: dict(others) for name, others in self._targets.items()}}

    def _load_own(self, state: Mapping[str, Any]) -> None:
        self._targets = {name: dict(state["targets"][name]) for name in self._weights}
