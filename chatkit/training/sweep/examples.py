"""How far the findings of a sweep hang on the examples that they were measured on: intervals over draws of them.

Every run is measured on the same records in the same groups, and keeps its metrics over the same bootstrap draws of
these groups (``measure.figures``), so differences between two ways of training are taken draw by draw.

R = draws
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from chatkit.objectives.pareto import Better
from chatkit.training.sweep.results import Result

Draws = NDArray[np.float64]
_LEVEL = 0.95


class OverExamples:
    """Intervals over draws of the examples, the seeds as they are.

    Args:
        runs: Candidate -> seed -> its run.
        alone: head -> the candidate that trains it alone.
        metrics: head -> its metric and which way is better.
        split: The part that metrics are shown on.

    Source: Efron & Tibshirani 1993, chapter 13; paired over models as in Koehn 2004.
    """

    def __init__(
        self,
        runs: Mapping[str, Mapping[int, Result]],
        alone: Mapping[str, str],
        metrics: Mapping[str, tuple[str, Better]],
        split: str,
    ) -> None:
        self._runs, self._alone, self._metrics, self._split = runs, alone, metrics, split

    def difference(self, name: str, other: str, head: str) -> tuple[float, float] | None:
        """Of a head's metric between two candidates, over the seeds that both have; None without draws."""
        seeds = sorted(set(self._runs[name]) & set(self._runs[other]))
        ours, theirs = ([self._of(self._runs[each][seed], head) for seed in seeds] for each in (name, other))
        a, b = _mean(ours), _mean(theirs)
        return None if a is None or b is None else _interval(a - b)

    def compared(self, name: str, other: str) -> tuple[float, float] | None:
        """Of the mean relative change against the runs alone, per cent, between two candidates; None without draws."""
        total: Draws | None = None
        for head, (_, better) in self._metrics.items():
            if head not in self._alone:
                return None
            alone = _mean([self._of(run, head) for run in self._runs[self._alone[head]].values()])
            seeds = sorted(set(self._runs[name]) & set(self._runs[other]))
            ours, theirs = (_mean([self._of(self._runs[each][s], head) for s in seeds]) for each in (name, other))
            if alone is None or ours is None or theirs is None or not (alone != 0).all():
                return None
            part = (100 if better == "lower" else -100) * (ours - theirs) / alone / len(self._metrics)
            total = part if total is None else total + part
        return None if total is None else _interval(total)

    def _of(self, run: Result, head: str) -> Sequence[float] | None:
        row = run.data[self._split].get(head) or {}
        values: Sequence[float] | None = (row.get("draws") or {}).get(self._metrics[head][0])
        return values


def _mean(values: Sequence[Sequence[float] | None]) -> Draws | None:
    """Over seeds, draw by draw, (R,); None if one of them has no draws, or there is none."""
    if not values or any(not each for each in values) or len({len(each) for each in values if each}) != 1:
        return None
    return np.asarray(values, dtype=np.float64).mean(0)


def _interval(values: Draws) -> tuple[float, float]:
    cut = 100 * (1 - _LEVEL) / 2
    low, high = np.percentile(values, [cut, 100 - cut])
    return float(low), float(high)
