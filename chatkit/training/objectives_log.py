"""The run's ``objectives.csv``: what each measured step showed of weights, conflict and predicted change."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

from chatkit.checkpoint import storage_errors
from chatkit.objectives.conflict import Reading

FILE = "objectives.csv"


class ObjectivesLog:
    """Appends one row for each measured step.

    Columns: step; of each objective its weight, the norm of its gradient, the predicted change of its loss (nats) and,
    where it was measured, the cosine between two of its batches; of each pair the cosine and, where both have labels
    for the same texts, that on one batch.

    Args:
        folder: The run's folder.
        names: The objectives.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._path, self._names = folder / FILE, list(names)
        self._pairs = list(itertools.combinations(names, 2))

    def write(self, step: int, weights: Mapping[str, float], reading: Reading) -> None:
        """Append the row of a step."""
        columns: list[tuple[str, float | None]] = []
        parts = (("weight", weights), ("norm", reading.norms), ("change", reading.changes), ("self", reading.probes))
        for what, values in parts:
            columns += [(f"{what}.{name}", values.get(name)) for name in self._names]
        for a, b in self._pairs:
            cosine = reading.cosines.get((a, b), reading.cosines.get((b, a)))
            columns.append((f"cosine.{a}/{b}", cosine))
        for a, b in self._pairs:
            columns.append((f"shared.{a}/{b}", reading.shared.get((a, b), reading.shared.get((b, a)))))
        with storage_errors(self._path), self._path.open("a", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            if file.tell() == 0:
                writer.writerow(["step", *(name for name, _ in columns)])
            writer.writerow([step, *("" if value is None else f"{value:.6g}" for _, value in columns)])
