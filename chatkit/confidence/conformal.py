"""Sets of labels that hold the right one with a probability that the user sets: split conformal prediction.

The promise holds on average over texts of the kind that the scores were taken on, and for no other: who shows a set
withdraws it in words where the text is unfamiliar. N = examples, C = classes
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

_GRID = 200
_FEWEST = 100  # examples of a bin of its own


def scores(probabilities: ArrayLike, gold: ArrayLike) -> NDArray[np.float64]:
    """How badly each example fits its own label: 1 - p(gold), (N,)."""
    shares = np.asarray(probabilities, dtype=np.float64)
    classes = np.asarray(gold, dtype=np.int64)
    return np.asarray(1.0 - shares[np.arange(len(classes)), classes])


@dataclasses.dataclass(frozen=True)
class Quantiles:
    """Scores of held-out examples, kept as order statistics.

    Args:
        grid: Evenly spaced order statistics, the lowest first.
        count: Examples behind them.
    """

    grid: tuple[float, ...]
    count: int

    @classmethod
    def of(cls, values: ArrayLike) -> Quantiles:
        """From scores of examples."""
        ordered = np.sort(np.asarray(values, dtype=np.float64))
        if not len(ordered):
            return cls((), 0)
        ranks = np.ceil(np.linspace(0, 1, min(_GRID, len(ordered))) * (len(ordered) - 1) - 1e-9).astype(int)
        return cls(tuple(round(float(v), 6) for v in ordered[ranks]), len(ordered))

    def at(self, coverage: float) -> float:
        """The score that so many of new examples of the same kind stay below; 1.0 where there are too few to tell."""
        if not self.grid or math.ceil((self.count + 1) * coverage) > self.count:
            return 1.0
        share = (math.ceil((self.count + 1) * coverage) - 1) / max(self.count - 1, 1)
        return self.grid[min(math.ceil(share * (len(self.grid) - 1) - 1e-9), len(self.grid) - 1)]


@dataclasses.dataclass(frozen=True)
class Conformal:
    """Scores of one head, over all texts and by familiarity.

    Args:
        pooled: Over all texts.
        bins: Lower edge of familiarity -> scores of the texts from there to the next edge.
    Source: split conformal sets with the score 1 - p, Sadinle, Lei & Wasserman 2019; one quantile a bin is Mondrian
        conformal prediction, Vovk 2012.
    """

    pooled: Quantiles
    bins: Mapping[float, Quantiles] = dataclasses.field(default_factory=dict)

    @classmethod
    def fit(cls, values: ArrayLike, familiarity: Sequence[float | None], edges: Sequence[float]) -> Conformal:
        """From scores of held-out examples and the familiarity of their texts; bins of few examples are left out."""
        found = np.asarray(values, dtype=np.float64)
        known = np.array([np.nan if f is None else f for f in familiarity], dtype=np.float64)
        bins = {}
        for low, high in itertools.pairwise([*edges, np.inf]):
            inside = (known >= low) & (known < high)
            if inside.sum() >= _FEWEST:
                bins[float(low)] = Quantiles.of(found[inside])
        return cls(Quantiles.of(found), bins)

    def quantile(self, coverage: float, familiarity: float | None) -> float:
        """Largest score of a label in the set."""
        if not 0 < coverage < 1:
            raise ValueError(f"coverage must lie between 0 and 1, got {coverage}")
        below = [edge for edge in self.bins if familiarity is not None and edge <= familiarity]
        if not below:  # unfamiliar: the most careful of all that is known
            return max((q.at(coverage) for q in (self.pooled, *self.bins.values())), default=1.0)
        return self.bins[max(below)].at(coverage)

    def labels(
        self, probabilities: Mapping[str, float], coverage: float, familiarity: float | None = None
    ) -> tuple[str, ...]:
        """The set of labels, most probable first; never empty."""
        limit = self.quantile(coverage, familiarity) if familiarity is not None else self.pooled.at(coverage)
        ranked = sorted(probabilities, key=lambda name: -probabilities[name])
        inside = tuple(name for name in ranked if 1 - probabilities[name] <= limit + 1e-9)
        return inside or tuple(ranked[:1])

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "pooled": dataclasses.asdict(self.pooled),
            "bins": {str(edge): dataclasses.asdict(q) for edge, q in self.bins.items()},
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Conformal:
        """From ``as_json``."""

        def read(item: Mapping[str, Any]) -> Quantiles:
            return Quantiles(tuple(map(float, item["grid"])), int(item["count"]))

        return cls(read(data["pooled"]), {float(edge): read(item) for edge, item in data["bins"].items()})
