"""Which heads take part in a step.

K = heads
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chatkit.training.recipe import TrainConfig


class TaskSampler:
    """Draws the heads of each step; the draw depends on seed and step alone, so that a run can be resumed.

    Args:
        sizes: Examples of each head.
        every: Each head takes part in every n-th of its turns (sampler "all").
        config: Sampler and temperature.
        seed: Seed of the draw.
    Source: temperature sampling as in Arivazhagan et al. 2019.
    """

    def __init__(self, sizes: Mapping[str, int], every: Mapping[str, int], config: TrainConfig, seed: int) -> None:
        self._names, self._every, self._kind, self._seed = list(sizes), every, config.sampler, seed
        temperature = config.temperature if config.sampler == "temperature" else 1.0
        shares = np.array([float(size) for size in sizes.values()]) ** (1 / temperature)
        self.shares: dict[str, float] = dict(zip(self._names, (shares / shares.sum()).tolist(), strict=True))

    def heads(self, step: int) -> Sequence[str]:
        """Heads of a step, counted from 0."""
        if self._kind == "all":
            return [name for name in self._names if step % self._every[name] == 0] or self._names[:1]
        if self._kind == "round_robin":
            return [self._names[step % len(self._names)]]
        rng = np.random.default_rng([self._seed, 2, step])
        return [str(rng.choice(self._names, p=list(self.shares.values())))]

    def describe(self) -> dict[str, Any]:
        """The sampler in words and shares, for the report."""
        return {"sampler": self._kind, "shares": self.shares if self._kind in ("proportional", "temperature") else {}}
