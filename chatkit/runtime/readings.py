"""What the readings of a run say so far: weights, conflict beside its noise floor, what a step does to each objective.

The rows are those of ``run/objectives.csv`` (chatkit.training.objectives_log). Imports no torch.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from chatkit.objectives.series import SURE, Series, verdict, visible

LATEST = 40
"""Readings that are looked back on: what holds now, not what held at the start."""

Row = Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two objectives.

    Args:
        name: "a/b".
        cosine: Mean cosine between their gradients.
        against: Whether they pull against each other beyond noise.
        said: The verdict.
    """

    name: str
    cosine: float
    against: bool
    said: str


@dataclasses.dataclass(frozen=True)
class Gain:
    """What the steps do to one objective, predicted from its gradient and the step taken (J . step).

    Args:
        name: The objective.
        change: Mean predicted change of its loss, nats per target; below 0 it gains.
        sure: Whether that is beyond the noise of batches.
    """

    name: str
    change: float
    sure: bool


@dataclasses.dataclass(frozen=True)
class Readings:
    """All of it.

    Args:
        weights: Objective -> its weight in the last step that was read.
        pairs: The pairs.
        floor: Objective -> cosine between two batches of its own; those that were measured.
        gains: What the steps do to each.
        steps: Readings that this is from.
    """

    weights: Mapping[str, float]
    pairs: Sequence[Pair]
    floor: Mapping[str, float]
    gains: Sequence[Gain]
    steps: int


def summed_up(rows: Sequence[Row]) -> Readings:
    """What the latest readings say."""
    latest = rows[-LATEST:]
    weights = {
        name: float(row[key])
        for row in latest[-1:]
        for key, name in _named(row, "weight")
        if row[key]  # empty: it took no part in that step
    }
    probes = {name: _series(rows, key) for key, name in _named(rows[-1] if rows else {}, "self")}  # rare: all of them
    pairs, gains = [], []
    for key, name in _named(rows[-1] if rows else {}, "cosine"):
        series, (a, b) = _series(latest, key), name.split("/")
        against = series.mean + SURE * series.error < 0
        largest = visible(probes.get(a, Series()), probes.get(b, Series()))
        pairs.append(Pair(name, series.mean, against, verdict(series, largest)))
    for key, name in _named(rows[-1] if rows else {}, "change"):
        series = _series(latest, key)
        if series.count:
            gains.append(Gain(name, series.mean, abs(series.mean) > SURE * series.error))
    floor = {name: series.mean for name, series in probes.items() if series.count}
    return Readings(weights, pairs, floor, gains, len(latest))


def _named(row: Row, kind: str) -> list[tuple[str, str]]:
    return [(key, key.partition(".")[2]) for key in row if key.startswith(f"{kind}.")]


def _series(rows: Sequence[Row], key: str) -> Series:
    series = Series()
    for row in rows:
        if row.get(key):
            series.add(float(row[key]))
    return series
