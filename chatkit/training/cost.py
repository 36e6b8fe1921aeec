"""What a change of an assistant cost its heads: each metric before and after, with its spread.

Records are cut into groups at random and each group is measured alone; the spread is the standard deviation over
bootstrap draws of the groups (Efron & Tibshirani 1993), for a change over the same draws before and after (Koehn 2004).

G = groups
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from chatkit.assistant import Assistant
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head, Record
from chatkit.training.evaluator import add_up, measure

_GROUPS, _SMALLEST = 20, 4
_COUPLED, _FEWEST = 32, 5  # examples that see each other: so many together, unless that makes too few groups
_DRAWS = 200

Sums = list[dict[str, float]]
"""What a head measured on each group."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """A metric.

    Args:
        value: On all records.
        spread: Standard deviation over bootstrap draws; None where there are too few records to tell.
        better: Which way is better.
    """

    value: float
    spread: float | None
    better: Literal["higher", "lower"]

    def __str__(self) -> str:
        return f"{self.value:.4f}" + ("" if self.spread is None else f" ± {self.spread:.4f}")


@dataclasses.dataclass(frozen=True)
class Change:
    """A metric before and after.

    Args:
        before: Before.
        after: After, on the same records.
        spread: Of the difference, over draws that are the same for both.
    """

    before: Figure
    after: Figure
    spread: float | None

    @property
    def difference(self) -> float:
        """After less before."""
        return self.after.value - self.before.value

    def __str__(self) -> str:
        if self.difference == 0 and not self.spread:
            return f"{self.before} before and after"
        spread = "" if self.spread is None else f" ± {self.spread:.4f}"
        better = (self.difference > 0) == (self.before.better == "higher")
        chance = ", may be chance" if self.spread is not None and abs(self.difference) < 2 * self.spread else ""
        word = "better" if better else "worse"
        return f"{self.before} -> {self.after.value:.4f}  ({self.difference:+.4f}{spread}, {word}{chance})"

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "before": self.before.value,
            "after": self.after.value,
            "spread": self.before.spread,
            "difference": self.difference,
            "difference_spread": self.spread,
        }


def measure_groups(assistant: Assistant, head: Head, records: Sequence[Record], *, seed: int = 0) -> Sums:
    """What a head measures on each group of records; the same records and seed make the same groups."""
    smallest = min(_COUPLED, max(len(records) // _FEWEST, _SMALLEST)) if head.couples_batch else _SMALLEST
    groups = max(1, min(_GROUPS, len(records) // smallest))
    order = np.random.default_rng(seed).permutation(len(records))
    parts = [[records[i] for i in sorted(part.tolist())] for part in np.array_split(order, groups)]
    return [add_up(measure(assistant, head, part)) for part in parts]


def figures(head: Head, sums: Sums) -> dict[str, Figure]:
    """Metrics of a head with their spread."""
    return {name: change.before for name, change in changes(head, sums, sums).items()}


def changes(head: Head, before: Sums, after: Sums) -> dict[str, Change]:
    """Each metric of a head before and after; both measured on the same groups.

    Raises:
        ValueError: If the numbers of groups differ.
        HeadError: If the head fails.
    """
    if len(before) != len(after):
        raise ValueError(f"{len(before)} groups before and {len(after)} after")
    with guard(head.name, source_file(type(head)), stage="summarise"):
        metrics = head.summarise(add_up(before))
        chosen = draws(len(before))
        old, new = ([_values(head, [sums[i] for i in draw]) for draw in chosen] for sums in (before, after))
        last = _values(head, after)
    out = {}
    for name, metric in metrics.items():
        if not (math.isfinite(metric.value) and math.isfinite(last.get(name, math.nan))):
            continue
        a, b = (np.array([draw.get(name, math.nan) for draw in draws]) for draws in (old, new))
        out[name] = Change(
            Figure(metric.value, _spread(a), metric.better),
            Figure(last[name], _spread(b), metric.better),
            _spread(b - a),
        )
    return out


def drawn(head: Head, sums: Sums) -> dict[str, list[float]]:
    """Each metric over bootstrap draws of the groups, the same draws for every model: differences of two are paired."""
    with guard(head.name, source_file(type(head)), stage="summarise"):
        values = [_values(head, [sums[i] for i in draw]) for draw in draws(len(sums))]
    return {name: [row.get(name, math.nan) for row in values] for name in values[0]} if values else {}


def draws(groups: int) -> list[list[int]]:
    """Bootstrap draws of so many groups, always the same; none of a single one."""
    if groups < 2:
        return []
    chosen: list[list[int]] = np.random.default_rng(0).integers(0, groups, (_DRAWS, groups)).tolist()
    return chosen


def _values(head: Head, sums: Sums) -> dict[str, float]:
    return {name: float(metric.value) for name, metric in head.summarise(add_up(sums)).items()}


def _spread(values: Any) -> float | None:
    finite = values[np.isfinite(values)]
    return float(finite.std(ddof=1)) if len(finite) > 1 else None
