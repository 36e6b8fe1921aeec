"""Bootstrap intervals, whole documents drawn at a time; and which messages to label first.

N = messages
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

_DRAWS, _STRATA = 2000, 5


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.mean:.1%} ({self.low:.1%} to {self.high:.1%})"


def bootstrap_mean(values: Sequence[float], documents: Sequence[str], *, seed: int = 0) -> Interval:
    """Mean of values and its percentile interval over draws of whole documents.

    Args:
        values: (N,), at least one.
        documents: (N,) what each is a part of.
    Source: Efron & Tibshirani 1993; clusters as in Field & Welsh 2007.
    """
    draws = _draws(values, documents, seed)
    return Interval(float(np.mean(values)), *map(float, np.quantile(draws, [0.025, 0.975])))


def bootstrap_difference(
    a: Sequence[float], a_documents: Sequence[str], b: Sequence[float], b_documents: Sequence[str], *, seed: int = 0
) -> Interval:
    """Mean of the first less mean of the second, drawn independently."""
    draws = _draws(a, a_documents, seed) - _draws(b, b_documents, seed + 1)
    return Interval(float(np.mean(a) - np.mean(b)), *map(float, np.quantile(draws, [0.025, 0.975])))


def _draws(values: Sequence[float], documents: Sequence[str], seed: int) -> NDArray[np.float64]:
    names = {name: i for i, name in enumerate(dict.fromkeys(documents))}
    which = np.array([names[name] for name in documents])
    sums = np.bincount(which, weights=np.asarray(values, dtype=np.float64))
    sizes = np.bincount(which)
    rng = np.random.default_rng(seed)
    picked = rng.integers(0, len(names), (_DRAWS, len(names))) if len(names) <= 500 else None
    if picked is not None:
        return np.asarray(sums[picked].sum(1) / sizes[picked].sum(1))
    out = np.empty(_DRAWS)
    for i in range(_DRAWS):  # a table of all draws would not fit
        row = rng.integers(0, len(names), len(names))
        out[i] = sums[row].sum() / sizes[row].sum()
    return out


@dataclasses.dataclass(frozen=True)
class Plan:
    """Which messages to label, and how to weigh them.

    Args:
        chosen: Positions, the order to label in.
        stratum: (N,) stratum of each message.
    """

    chosen: tuple[int, ...]
    stratum: tuple[int, ...]

    def estimate(self, right: Sequence[bool]) -> Interval:
        """Accuracy over all messages from those that were labelled, in the order of ``chosen``; 95 % interval.

        Source: stratified estimator with add-half smoothing of each stratum's variance, Cochran 1977.
        """
        stratum = np.array(self.stratum)
        mean = variance = 0.0
        done = np.array(self.chosen[: len(right)], dtype=int)
        hits, total = np.asarray(right, dtype=np.float64), 0.0
        for s in np.unique(stratum):
            mine = hits[stratum[done] == s] if len(done) else hits[:0]
            if not len(mine):
                continue
            share = float((stratum == s).mean())
            total += share
            mean += share * mine.mean()
            smooth = (mine.sum() + 0.5) / (len(mine) + 1)
            variance += share**2 * smooth * (1 - smooth) / len(mine)
        mean, spread = mean / max(total, 1e-9), 1.96 * variance**0.5 / max(total, 1e-9)
        return Interval(mean, max(mean - spread, 0.0), min(mean + spread, 1.0))


def plan_labels(confidence: Sequence[float], count: int, *, seed: int = 0) -> Plan:
    """The messages whose labels narrow the interval of the accuracy most.

    Strata of equal size by confidence; each gets labels by its size times sqrt(p (1 - p)), at least one.

    Args:
        confidence: (N,) calibrated probability of being right.
        count: How many to label.
    Source: Neyman 1934 allocation, with the calibrated confidence in place of the unknown accuracy.
    """
    sure = np.asarray(confidence, dtype=np.float64)
    strata = min(_STRATA, max(len(sure), 1))
    order = np.argsort(np.argsort(sure, kind="stable"), kind="stable")
    stratum = order * strata // max(len(sure), 1)
    need = np.array([np.sqrt(max(m * (1 - m), 0.01)) for m in (sure[stratum == s].mean() for s in range(strata))])
    rng = np.random.default_rng(seed)
    queues = [list(rng.permutation(np.flatnonzero(stratum == s))) for s in range(strata)]
    chosen: list[int] = []
    given = np.zeros(strata)
    while len(chosen) < min(count, len(sure)):
        left = [s for s in range(strata) if queues[s]]
        s = max(left, key=lambda k: need[k] / (given[k] + 0.5))
        chosen.append(int(queues[s].pop()))
        given[s] += 1
    return Plan(tuple(chosen), tuple(int(s) for s in stratum))
