"""The files of one run, read into plain series; the run may still be going on."""

from __future__ import annotations

import csv
import dataclasses
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chatkit.checkpoint import read_json
from chatkit.errors import ModelError
from chatkit.model_files import RUN_FOLDER
from chatkit.training.objectives_log import FILE as OBJECTIVES

Points = Sequence[tuple[float, float]]
"""(step, value), steps rising."""


@dataclasses.dataclass(frozen=True)
class RunData:
    """One run.

    Args:
        name: Of its folder.
        recipe: Its config, plain data; empty for an assistant that came without one.
        steps: Steps done, and steps in all.
        seconds: Training time.
        series: Kind of series ("loss", "weight", "cosine", "self", "norm") -> name -> points.
        objectives: What the conflict meter found (``ConflictMeter.summary`` and more); empty while it runs.
        training: Account of data and seed; empty while it runs.
        dev: Last figures of each head on dev; empty while it runs, and of assistants that were trained before these
            were kept.
        tradeoff: Where it stands on the front of a sweep; empty where it was not held against one.
        dial: The front of its dial.
    """

    name: str
    recipe: Mapping[str, Any]
    steps: tuple[int, int]
    seconds: float
    series: Mapping[str, Mapping[str, Points]]
    objectives: Mapping[str, Any]
    training: Mapping[str, Any]
    dev: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    tradeoff: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    dial: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def done(self) -> bool:
        """Whether it ended and was written down."""
        return bool(self.training) and int(self.training.get("steps", 0)) >= self.steps[0]

    @property
    def heads(self) -> list[str]:
        """Its objectives."""
        return list(self.recipe.get("heads", {})) or list(self.series.get("loss", {}))

    @property
    def weighting(self) -> str:
        """Name of its weighting method."""
        return str(self.recipe.get("objectives", {}).get("weighting", "static"))


def gather_run(folder: Path) -> RunData:
    """Read a run.

    Raises:
        ModelError: If the folder holds none.
    """
    run = folder / RUN_FOLDER
    report = read_json(folder / "report.json") if (folder / "report.json").is_file() else {}
    if not (run / "log.csv").is_file() and not report.get("training"):
        raise ModelError(
            f"{folder}: holds no run and no sweep", hint="name the --out folder of chatkit train or chatkit sweep"
        )
    recipe = read_json(run / "recipe.json") if (run / "recipe.json").is_file() else {}
    log, rows = _table(run / "log.csv"), _table(run / OBJECTIVES)
    losses: dict[str, Points] = {name: _points(log, name) for name in (log[0] if log else {}) if name not in _NO_LOSS}
    series: dict[str, dict[str, Points]] = {"loss": losses}
    for key in rows[0] if rows else ():
        kind, dot, name = key.partition(".")
        if dot:
            series.setdefault(kind, {})[name] = _points(rows, key)
    training = report.get("training") or {}
    done = int(float(log[-1]["step"])) if log else int(training.get("steps", 0))
    seconds = float(log[-1]["seconds"]) if log else float(training.get("seconds", 0.0))
    steps = int(recipe.get("train", {}).get("steps", done))
    return RunData(
        name=folder.resolve().name,
        recipe=recipe,
        steps=(done, steps),
        seconds=seconds,
        series=series,
        objectives=report.get("objectives") or {},
        training=training,
        dev=report.get("dev") or {},
        tradeoff=report.get("tradeoff") or {},
        dial=report.get("dial") or {},
    )


_NO_LOSS = ("step", "seconds", "rate", "gradient_norm")


def smoothed(points: Points, count: int = 60) -> Points:
    """At most ``count`` points, each the mean of its share of the steps."""
    if len(points) <= count:
        return list(points)
    out = []
    for i in range(count):
        part = points[i * len(points) // count : (i + 1) * len(points) // count]
        out.append((part[-1][0], sum(value for _, value in part) / len(part)))
    return out


def _table(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file; a last line that is being written is left out."""
    if not path.is_file():
        return []
    with path.open(newline="", encoding="utf-8", errors="replace") as file:
        return [row for row in csv.DictReader(file) if row.get("step") and None not in row and None not in row.values()]


def _points(rows: Sequence[Mapping[str, str]], key: str) -> list[tuple[float, float]]:
    out = []
    for row in rows:
        try:
            step, value = float(row["step"]), float(row[key])
        except ValueError:  # empty: the head took no part, or it was not measured
            continue
        if math.isfinite(value):
            out.append((step, value))
    return out
