"""The front that a dial moves along, measured on dev: figures at each point, and whether its ends differ at all.

K = objectives
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from chatkit.assistant import Assistant
from chatkit.head.head import Head, Record
from chatkit.objectives.dial import Dial
from chatkit.objectives.preference import Preference, grid
from chatkit.training.cost import Change, Sums, changes, figures, measure_groups

SHOWN = ("word_perplexity", "bits_per_byte", "macro_f1", "accuracy", "chrf", "batch_accuracy", "loss")
_SURE = 2.0  # ends differ if their difference is so many times its spread


def measure_front(assistant: Assistant, dial: Dial, records: Mapping[str, Sequence[Record]]) -> dict[str, Any]:
    """Measure every head at every point of the grid.

    Args:
        assistant: Its encoder is moved, and put back.
        dial: The dial.
        records: Dev records of each head, those of the dial and others.
    Returns:
        Plain data for the report: ``objectives``, ``offered`` and ``why``, ``shown`` (the metric of each head that
        people read) and ``better``, ``what`` (each objective in words), ``home``, ``ends``, ``order`` (Spearman),
        ``grid`` (``at``, ``figures``), ``examples``.
    """
    points = grid(dial.objectives)
    measured: list[dict[str, Sums]] = []
    for point in points:
        with dial.at(assistant.backbone, point):
            measured.append({n: measure_groups(assistant, assistant.heads[n], part) for n, part in records.items()})
    table = [{name: figures(assistant.heads[name], sums) for name, sums in row.items()} for row in measured]
    shown = {name: next((m for m in SHOWN if m in row), next(iter(row))) for name, row in table[0].items()}
    ends = {name: _ends(assistant.heads[name], name, points, measured) for name in dial.objectives}
    offered, why = _verdict(ends)
    return {
        "objectives": list(dial.objectives),
        "home": dial.home,
        "rank": dial.adapters.rank,
        "offered": offered,
        "why": why,
        "shown": shown,
        "what": {name: str(getattr(assistant.heads[name], "aim", "")) for name in dial.objectives},
        "better": {name: table[0][name][metric].better for name, metric in shown.items()},
        "ends": {name: {"metric": metric, **change.as_json()} for name, (metric, change, _) in ends.items()},
        "order": {name: _order(name, points, table) for name in dial.objectives},
        "grid": [
            {"at": point, "figures": {n: {m: round(f.value, 5) for m, f in row.items()} for n, row in figures_.items()}}
            for point, figures_ in zip(points, table, strict=True)
        ],
        "examples": {name: len(part) for name, part in records.items()},
    }


def _ends(
    head: Head, name: str, points: Sequence[Preference], measured: Sequence[Mapping[str, Sums]]
) -> tuple[str, Change, bool]:
    """An objective where nothing of it is preferred, worst, against where it alone is; the metric; whether it gains.

    The metric is the loss, the least noisy one, where the head gives it.
    """
    own = next(i for i, point in enumerate(points) if point[name] == 1)
    worst: tuple[float, str, Change, bool] | None = None
    for i, point in enumerate(points):
        if max(point.values()) < 1 or i == own:
            continue
        found = changes(head, measured[i][name], measured[own][name])
        metric = "loss" if "loss" in found else next((m for m in SHOWN if m in found), next(iter(found)))
        change = found[metric]
        gain = change.difference * (1 if change.before.better == "higher" else -1)
        if worst is None or gain > worst[0]:
            worst = gain, metric, change, change.spread is not None and gain > _SURE * change.spread
    assert worst is not None  # two objectives have two ends
    return worst[1:]


def _verdict(ends: Mapping[str, tuple[str, Change, bool]]) -> tuple[bool, str]:
    """Whether the dial is offered, and why in words: a front needs two objectives that gain at each other's cost."""
    said = [
        f"{name} {metric} {change.before.value:.4g} to {change.after.value:.4g}"
        + ("" if change.spread is None else f" (spread of the difference {change.spread:.2g})")
        for name, (metric, change, _) in ends.items()
    ]
    idle = [name for name, (_, _, gains) in ends.items() if not gains]
    if len(ends) - len(idle) >= 2:
        return True, f"offered: {len(ends) - len(idle)} objectives gain beyond noise from end to end: {'; '.join(said)}"
    what = f"{', '.join(idle)} {'gains' if len(idle) == 1 else 'gain'} nothing beyond noise where preferred alone"
    return False, f"not offered, for there is no front: {what} ({'; '.join(said)})"


def _order(name: str, points: Sequence[Preference], table: Sequence[Mapping[str, Any]]) -> float:
    """Rank correlation of an objective's share and how good it is; 1 is perfect control.

    Between its end and each other end, all else at 0: the lowest of those.
    """
    found = []
    for other in points[0]:
        edge = [i for i, point in enumerate(points) if point[name] + point[other] > 1 - 1e-9]
        if other != name:
            found.append(_spearman(name, [points[i] for i in edge], [table[i] for i in edge]))
    return min(found)


def _spearman(name: str, points: Sequence[Preference], table: Sequence[Mapping[str, Any]]) -> float:
    metric = "loss" if "loss" in table[0][name] else next(iter(table[0][name]))
    sign = 1 if table[0][name][metric].better == "higher" else -1
    shares = _ranks([point[name] for point in points])
    goods = _ranks([sign * row[name][metric].value for row in table])
    return round(float(np.corrcoef(shares, goods)[0, 1]), 4) if goods.std() > 0 else 0.0


def _ranks(values: Sequence[float]) -> Any:
    """Ranks, ties sharing their mean."""
    array = np.round(np.asarray(values, dtype=np.float64), 9)
    _, inverse, counts = np.unique(array, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return ((ends - counts + ends - 1) / 2)[inverse]
