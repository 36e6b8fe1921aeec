"""Batches of several data sets of one head, a set a batch: drawn evenly, or the more often the higher its loss.

G = data sets
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from chatkit.data.batching import Batch, Batches

_KEEP, _SHARPNESS, _FLOOR = 0.9, 2.0, 0.25


class DomainBatches:
    """Draws the data set of each batch, then a batch of it; the draw depends on seed, position and losses alone.

    Args:
        parts: Name of each data set -> its batches.
        mode: ``balanced`` draws them evenly. ``dro`` draws set g with a probability that grows with exp(2 L_g), where
            L_g is its smoothed loss, at least a quarter of an even share.
        seed: Seed of the draw.
    Source: group DRO, Sagawa et al. 2020; departs from it in that the weights of the groups are probabilities of
        drawing them, not factors of their losses, and follow smoothed losses.
    """

    def __init__(self, parts: Mapping[str, Batches], mode: Literal["balanced", "dro"], seed: int) -> None:
        self._parts, self._mode, self._seed = dict(parts), mode, seed
        self._losses: dict[str, float] = {}
        self._last = ""
        self.position = 0

    @property
    def shares(self) -> dict[str, float]:
        """Probability of each data set."""
        even = 1 / len(self._parts)
        if self._mode == "balanced" or len(self._losses) < len(self._parts):
            return dict.fromkeys(self._parts, even)
        loss = np.array([self._losses[name] for name in self._parts])
        raw: NDArray[np.float64] = np.exp(_SHARPNESS * (loss - loss.max()))
        mixed = _FLOOR * even + (1 - _FLOOR) * raw / raw.sum()
        return dict(zip(self._parts, mixed.tolist(), strict=True))

    @property
    def batch_size(self) -> int:
        """Fewest records in a batch of any domain."""
        return min(part.batch_size for part in self._parts.values())

    @property
    def epochs(self) -> float:
        """Epochs begun so far, on average over the sets."""
        return float(np.mean([part.epochs for part in self._parts.values()]))

    def __next__(self) -> Batch:
        rng = np.random.default_rng([self._seed, 14, self.position])
        self.position += 1
        self._last = str(rng.choice(list(self._parts), p=list(self.shares.values())))
        return next(self._parts[self._last])

    def observe(self, loss: float) -> None:
        """Take the loss of the last batch, nats per target."""
        known = self._losses.get(self._last)
        self._losses[self._last] = loss if known is None else _KEEP * known + (1 - _KEEP) * loss

    def state(self) -> dict[str, Any]:
        """Where the draw stands, plain data."""
        parts = {name: part.state() for name, part in self._parts.items()}
        return {"position": self.position, "losses": dict(self._losses), "last": self._last, "parts": parts}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where ``state`` was taken."""
        self.position, self._last = int(state["position"]), str(state["last"])
        self._losses = {str(name): float(loss) for name, loss in state["losses"].items()}
        for name, part in self._parts.items():
            part.restore(state["parts"][name])
