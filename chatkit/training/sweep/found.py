"""What a sweep found, as plain data; ``study`` makes it, reports say it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.metrics.paired import Estimate
from chatkit.objectives.constraint import Kept
from chatkit.objectives.pareto import Better, Standing
from chatkit.training.sweep.plan import Kind

REFERENCE = 1.1  # of the hypervolume, on the scale 0 = alone, 1 = with no weight at all; fixed beforehand


@dataclasses.dataclass(frozen=True)
class Spread:
    """A figure over seeds; ``deviation`` is None with one seed."""

    mean: float
    deviation: float | None
    count: int


@dataclasses.dataclass(frozen=True)
class Row:
    """One candidate at its chosen trial.

    Args:
        name: Of the candidate.
        kind: Of the candidate.
        weights: By hand.
        trial: The setting that was best on dev.
        seeds: Seeds that were run.
        losses: head -> dev loss, nats per target.
        metrics: head -> the metric that a person knows, on ``Study.split``.
        delta_m: Mean relative change of these metrics against the runs alone, per cent, positive is worse.
        regret: head -> dev loss above that of the run alone, nats.
        on_front: No other sum or method is better in one objective and worse in none, by mean dev losses.
        milliseconds: CPU time of a step.
        row_bytes: Memory that gradients kept apart take.
    """

    name: str
    kind: Kind
    weights: Mapping[str, float]
    trial: str
    seeds: Sequence[int]
    losses: Mapping[str, Spread]
    metrics: Mapping[str, Spread]
    delta_m: Spread | None
    regret: Mapping[str, float]
    on_front: bool
    milliseconds: float | None
    row_bytes: int


@dataclasses.dataclass(frozen=True)
class GaveUp:
    """One objective of a joint model against the same objective trained alone.

    Args:
        metric: Its metric.
        better: Which way is better.
        joint: Mean over seeds.
        alone: Mean over the same seeds.
        difference: Paired by seed.
        examples: 95 % interval of the difference over draws of the examples, seeds as they are; None in results that
            keep no draws.
    """

    metric: str
    better: Better
    joint: float
    alone: float
    difference: Estimate
    examples: tuple[float, float] | None = None


@dataclasses.dataclass(frozen=True)
class Comparison:
    """A method against the plain sum: paired differences of delta_m, in per cent; below 0 the method is better.

    Args:
        name: The method.
        difference: Student's interval and p-value.
        bootstrap: Percentile interval over seeds; too narrow for few.
        p_holm: p-value raised for the number of methods.
        p_same: p-value of the claim that they differ by less than ``margin``.
        margin: Per cent.
        standing: Against the sums, by dev losses.
        examples: 95 % interval of the difference over draws of the examples, seeds as they are; None in results that
            keep no draws.
    """

    name: str
    difference: Estimate
    bootstrap: tuple[float, float]
    p_holm: float
    p_same: float
    margin: float
    standing: Standing
    examples: tuple[float, float] | None = None


@dataclasses.dataclass(frozen=True)
class Constrained:
    """The answer to ``objectives.keep``.

    Args:
        bounds: What was to be kept.
        kept: What was chosen, on dev.
        held: Seeds of the chosen way that keep all bounds on test, and seeds in all; None without a test part.
    """

    bounds: Sequence[str]
    kept: Kept
    held: tuple[int, int] | None


@dataclasses.dataclass(frozen=True)
class Coverage:
    """How much of a sweep is done.

    Args:
        done: Runs.
        planned: Runs in all; while trials are still run, at most so many.
        alone_to_come: Whether runs of an objective alone are still to come.
        ends: In words, where many ways chose the end of what was tried.
    """

    done: int
    planned: int
    alone_to_come: bool = False
    ends: Sequence[str] = ()


@dataclasses.dataclass(frozen=True)
class Study:
    """All of it; ``None`` where the runs do not tell.

    Args:
        objectives: The heads.
        metrics: head -> name of its metric and which way is better.
        split: Part that metrics are shown on.
        rows: Sums and methods, best mean relative dev loss first.
        alone: head -> its runs alone.
        gave_up: candidate -> head -> what it gave up.
        ranges: head -> difference of its dev loss between the worst and the best end of the front, paired by seed.
        ideal: head -> dev loss alone, 0 of the scale.
        nadir: head -> dev loss where all weight is on another objective, 1 of the scale.
        hypervolume: Of the sums, of all, on that scale.
        knee: Candidate at the knee of the front.
        comparisons: Each method against the plain sum.
        data: head -> its data sets.
        records: head -> training records.
        constrained: The answer to ``objectives.keep``, if that was asked.
        coverage: How much of the sweep is done.
    """

    objectives: Sequence[str]
    metrics: Mapping[str, tuple[str, Better]]
    split: str
    rows: Sequence[Row]
    alone: Mapping[str, Row]
    gave_up: Mapping[str, Mapping[str, GaveUp]]
    ranges: Mapping[str, Estimate]
    ideal: Mapping[str, float]
    nadir: Mapping[str, float]
    hypervolume: Mapping[str, float]
    knee: str | None
    comparisons: Sequence[Comparison]
    data: Mapping[str, Any]
    records: Mapping[str, int]
    constrained: Constrained | None = None
    coverage: Coverage | None = None

    def row(self, name: str) -> Row | None:
        """The row of a candidate."""
        return next((row for row in self.rows if row.name == name), None)
