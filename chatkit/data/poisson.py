"""Batches for private training: each record is drawn by itself with one probability, nobody can tell when.

Differs from ``chatkit.data.batching`` on purpose: the sizes of batches vary, there are no epochs, and order and
windows come from the system's randomness, not from the config's seed: whoever knows the draws knows too much.
B = batch, T = tokens
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chatkit.data.batching import Batch, Record, pad


class PoissonBatches:
    """Endless batches in which each record stands with probability ``batch_size / records``; some may be empty.

    Args:
        records: The records.
        fields: Ids of each field of each record.
        batch_size: Records that a batch holds on average.
        pad_id: Id of padding.
        window: Of a longer text so many ids in a row, from a place drawn anew each time; 0 takes all.
    """

    def __init__(
        self,
        records: Sequence[Record],
        fields: Mapping[str, Sequence[Sequence[int]]],
        *,
        batch_size: int,
        pad_id: int,
        window: int = 0,
    ) -> None:
        self._records, self._fields, self._pad, self._window = records, fields, pad_id, window
        self._size = min(batch_size, len(records))
        self._steps = 0
        self._random = np.random.default_rng(secrets.randbits(128))

    @property
    def batch_size(self) -> int:
        """Records in a batch, on average."""
        return self._size

    @property
    def rate(self) -> float:
        """Probability that a record stands in a batch."""
        return self._size / len(self._records)

    @property
    def epochs(self) -> float:
        """How often each record was drawn so far, on average."""
        return self._steps * self.rate

    def __next__(self) -> Batch:
        self._steps += 1
        rows = np.flatnonzero(self._random.random(len(self._records)) < self.rate).tolist()
        fields = {}
        for name, every in self._fields.items():
            ids = [self._cut(every[row]) for row in rows]
            fields[name] = pad(ids or [[self._pad]], self._pad)
        return Batch([self._records[row] for row in rows], fields)

    def state(self) -> dict[str, Any]:
        """How many batches there were; no draw hangs on those before."""
        return {"steps": self._steps}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on; the draws to come are new ones."""
        self._steps = int(state["steps"])

    def _cut(self, ids: Sequence[int]) -> Sequence[int]:
        if not self._window or len(ids) <= self._window:
            return ids
        start = int(self._random.integers(len(ids) - self._window + 1))
        return ids[start : start + self._window]
