"""Weights drawn anew in each step."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from chatkit.objectives.weighting.base import Weighting


class RandomLossWeighting(Weighting):
    """The litmus test: what does not beat random weights has no claim.

        w_i = p_i K softmax_i(z),   z ~ N(0, I)

    Symbols: z drawn for each step from seed and step alone; p_i the weight set by hand. Nothing of the losses enters.

    Source: Lin et al. 2022, algorithm 2. Departs from it by the factor K: the weights average 1, not 1/K.

    Args:
        weights: objective -> p_i.
        seed: Seed of the draws.
    """

    title = "RandomLossWeighting (Lin et al. 2022)"
    fixed = True

    def __init__(self, weights: Mapping[str, float], *, seed: int = 0) -> None:
        super().__init__(weights, seed=seed)

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        drawn = np.random.default_rng([self._seed, 5, self._steps]).standard_normal(len(self._weights))
        by_name = dict(
            zip(self._weights, drawn.tolist(), strict=True)
        )  # an objective's draw: whatever order it comes in
        z = torch.tensor([by_name[name] for name in names], dtype=torch.float64)
        return prior * len(names) * torch.softmax(z, 0)
