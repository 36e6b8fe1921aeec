"""Bounds in the metrics that a person knows, kept on a measured front with a margin; and what a step along it costs.

A bound that a model meets on dev by a hair is missed on test about every second time: dev chose it, and the next seed
and the next texts differ. So the margin is that of one more model on one more sample.
"""

from __future__ import annotations

import dataclasses
import itertools
import math
import re
import statistics
from collections.abc import Mapping, Sequence
from typing import Literal

from chatkit.metrics.paired import t_quantile
from chatkit.objectives.pareto import Better

_FORM = re.compile(r"\s*(>=|<=)\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*")


@dataclasses.dataclass(frozen=True)
class Bound:
    """A metric of an objective and what it must not fall behind.

    Args:
        objective: The head.
        metric: Name of its metric.
        relation: ``>=`` or ``<=``.
        value: The bound.
    """

    objective: str
    metric: str
    relation: Literal[">=", "<="]
    value: float

    def slack(self, value: float) -> float:
        """How far a value is on the right side; negative on the wrong one."""
        return value - self.value if self.relation == ">=" else self.value - value

    def __str__(self) -> str:
        return f"{self.objective}.{self.metric} {self.relation} {self.value:g}"


def parse_bounds(table: Mapping[str, str]) -> list[Bound]:
    """Bounds of a table such as ``{"sentiment.macro_f1" = ">= 0.70"}``.

    Raises:
        ValueError: If one has another form.
    """
    out = []
    for key, text in table.items():
        objective, dot, metric = key.partition(".")
        found = _FORM.fullmatch(text)
        if not (dot and objective and metric and found):
            raise ValueError(f'keep must be like "sentiment.macro_f1" = ">= 0.70", got "{key}" = "{text}"')
        relation: Literal[">=", "<="] = ">=" if found[1] == ">=" else "<="
        out.append(Bound(objective, metric, relation, float(found[2])))
    return out


@dataclasses.dataclass(frozen=True)
class Sample:
    """A metric of one way of training on dev.

    Args:
        values: One of each seed.
        examples: Dev examples that each was measured on; 0 is not known.
    """

    values: Sequence[float]
    examples: int = 0

    @property
    def mean(self) -> float:
        """Mean over seeds."""
        return statistics.fmean(self.values)

    def reach(self, level: float) -> float:
        """How far below the mean one more model on as many other examples may fall, one-sided.

        With S seeds of deviation s: t(level, S - 1) sqrt(s^2 (1 + 1/S) + e^2), where e^2 = 2 p (1 - p) / examples is
        the sampling error of a fraction p on dev and on what comes after (about right for macro-F1 where classes are
        even; metrics beyond 0..1 have none). One seed gives no s: then twice e stands for it, and inf without e.
        """
        mean, count = self.mean, len(self.values)
        share = min(max(mean, 0.0), 1.0)
        error = 2 * share * (1 - share) / self.examples if self.examples and 0 <= mean <= 1 else 0.0
        if count < 2:
            return statistics.NormalDist().inv_cdf(level) * 2 * math.sqrt(error) if error else math.inf
        return t_quantile(level, count - 1) * math.sqrt(statistics.variance(self.values) * (1 + 1 / count) + error)


@dataclasses.dataclass(frozen=True)
class Kept:
    """What was chosen under bounds.

    Args:
        name: The way of training that is best at the rest among those that keep all bounds; None if none does.
        sure: It keeps them with the margin, not just on average.
        values: Bound -> mean of its metric there, and the margin.
        closest: Where none keeps them: the one that falls least short, relative to the bounds.
    """

    name: str | None
    sure: bool
    values: Mapping[str, tuple[float, float]]
    closest: str | None = None


def keep(
    bounds: Sequence[Bound],
    measured: Mapping[str, Mapping[str, Sample]],
    rest: Mapping[str, float],
    *,
    level: float = 0.9,
) -> Kept:
    """Solve "keep these bounds and be as good as possible at the rest" on what was measured.

    Args:
        bounds: At least one.
        measured: Way of training -> ``str(bound)`` -> its metric on dev.
        rest: Way of training -> what is to be minimised.
        level: Probability with which one more model is to keep each bound.
    Returns:
        The best way with the margin; if there is none, the best without it, said to be unsure; if there is none
        either, which comes closest.
    Raises:
        ValueError: If there is nothing to choose from.
    """
    if not bounds or not measured:
        raise ValueError("needs a bound and something measured")

    def slack(name: str, *, margin: bool) -> float:
        samples = [(bound, measured[name][str(bound)]) for bound in bounds]
        return min(
            (bound.slack(sample.mean) - (sample.reach(level) if margin else 0.0)) / max(abs(bound.value), 1e-9)
            for bound, sample in samples
        )

    for margin in (True, False):
        good = [name for name in measured if slack(name, margin=margin) >= 0]
        if good:
            best = min(good, key=lambda name: rest[name])
            return Kept(best, margin, _values(bounds, measured[best], level))
    closest = max(measured, key=lambda name: slack(name, margin=False))
    return Kept(None, False, _values(bounds, measured[closest], level), closest)


def _values(bounds: Sequence[Bound], samples: Mapping[str, Sample], level: float) -> dict[str, tuple[float, float]]:
    return {str(bound): (samples[str(bound)].mean, samples[str(bound)].reach(level)) for bound in bounds}


@dataclasses.dataclass(frozen=True)
class Exchange:
    """What one unit of one metric costs in another, between two neighbours of a front.

    Args:
        start: The neighbour that is worse in ``gains``.
        end: The one that is better.
        rate: Loss in the other metric for each unit gained, at least 0.
    """

    start: str
    end: str
    rate: float


def exchange_rates(points: Mapping[str, tuple[float, float]], better: tuple[Better, Better]) -> list[Exchange]:
    """Exchange rates along the front of two metrics.

    Args:
        points: Name -> (metric that gains, metric that pays).
        better: Which way each is better.
    Returns:
        One for each pair of neighbours on the front, from the worst to the best of the first metric.
    """
    signs = [1.0 if each == "lower" else -1.0 for each in better]
    costs = {name: (signs[0] * a, signs[1] * b) for name, (a, b) in points.items()}
    front: list[str] = []
    lowest = math.inf
    for name in sorted(costs, key=lambda each: costs[each]):  # best of the first metric first
        if costs[name][1] < lowest:
            front.append(name)
            lowest = costs[name][1]
    out = []
    for end, start in itertools.pairwise(front):
        gain = costs[start][0] - costs[end][0]
        out.append(Exchange(start, end, (costs[end][1] - costs[start][1]) / gain))
    return out[::-1]
