"""What a sweep found, as plain data: the front, what each objective gave up, which methods beat the plain sum.

Choices are made on dev losses (nats per target); metrics that a person knows are shown on test where there is one.

K = objectives
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

import numpy as np

from chatkit.errors import ConfigError
from chatkit.metrics.paired import Estimate, holm, paired, paired_bootstrap, same_within
from chatkit.objectives.constraint import Bound, Sample, keep
from chatkit.objectives.pareto import Better, delta_m, hypervolume, knee, non_dominated, normalised, standing
from chatkit.training.sweep.choose import chosen_trials
from chatkit.training.sweep.config import KNOWN, SweepConfig
from chatkit.training.sweep.examples import OverExamples
from chatkit.training.sweep.found import REFERENCE, Comparison, Constrained, GaveUp, Row, Spread, Study
from chatkit.training.sweep.plan import STATIC
from chatkit.training.sweep.results import Result


def study(results: Sequence[Result], config: SweepConfig, seed: int, bounds: Sequence[Bound] = ()) -> Study | None:
    """Analyse the results of a sweep, finished or not; None while no joint run is done.

    Args:
        results: All finished runs.
        config: Of the sweep.
        seed: The seed that trials were compared at.
        bounds: What is to be kept.
    Raises:
        ConfigError: If a bound names a metric that was not measured.
    """
    return _Analysis(results, config, seed, bounds).study()


class _Analysis:
    def __init__(self, results: Sequence[Result], config: SweepConfig, seed: int, bounds: Sequence[Bound]) -> None:
        self._config, self._bounds = config, bounds
        self._chosen = chosen_trials(results, seed)
        self._runs: dict[str, dict[int, Result]] = {name: {} for name in self._chosen}
        for result in results:
            if result.candidate in self._chosen and result.trial == self._chosen[result.candidate].trial:
                self._runs[result.candidate][result.seed] = result
        kinds = {name: result.kind for name, result in self._chosen.items()}
        self._joint = [name for name, kind in kinds.items() if kind in ("sum", "method")]
        self._sums = [name for name in self._joint if kinds[name] == "sum"]
        self._heads = list(self._chosen[self._joint[0]].losses()) if self._joint else []
        single = {name: next(iter(self._chosen[name].losses())) for name, kind in kinds.items() if kind == "single"}
        self._alone = {head: name for name, head in single.items()}
        first = self._chosen[self._joint[0]].data if self._joint else {"dev": {}, "test": {}}
        self._split = "test" if set(first["test"]) == set(first["dev"]) else "dev"
        self._metrics = {head: self._known(head) for head in self._heads}
        self._over = OverExamples(self._runs, self._alone, self._metrics, self._split)

    def study(self) -> Study | None:
        if not self._joint:
            return None
        points = self._points(self._joint)
        front = dict(zip(self._joint, non_dominated(points).tolist(), strict=True))
        rows = [self._row(name, front[name]) for name in self._joint]
        ideal = {head: self._mean_loss(name, head) for head, name in self._alone.items()}
        nadir = self._nadir()
        at = knee(self._points(self._sums)) if len(self._heads) > 1 else None
        first = self._chosen[self._joint[0]].data
        return Study(
            objectives=self._heads,
            metrics=self._metrics,
            split=self._split,
            rows=sorted(rows, key=lambda row: self._order(row, ideal)),
            alone={head: self._row(name, False) for head, name in self._alone.items()},
            gave_up={name: self._gave_up(name) for name in self._joint},
            ranges=self._ranges([name for name in self._joint if front[name]]),
            ideal=ideal,
            nadir=nadir,
            hypervolume=self._volumes(ideal, nadir),
            knee=None if at is None else self._sums[at],
            comparisons=self._comparisons(),
            data=first["data"],
            records=first["records"],
            constrained=self._constrained(ideal) if self._bounds else None,
        )

    def _order(self, row: Row, ideal: Mapping[str, float]) -> float:
        return sum(spread.mean / (ideal.get(head) or 1.0) for head, spread in row.losses.items())

    def _row(self, name: str, on_front: bool) -> Row:
        chosen, runs = self._chosen[name], list(self._runs[name].values())
        heads = list(chosen.losses())
        changes = [value for run in runs if (value := self._delta_m(run)) is not None]
        times = [run.data["cpu_seconds_per_step"] for run in runs if run.data.get("cpu_seconds_per_step")]
        return Row(
            name=name,
            kind=chosen.kind,
            weights=chosen.weights,
            trial=chosen.trial,
            seeds=sorted(run.seed for run in runs),
            losses={head: _spread([run.losses()[head] for run in runs]) for head in heads},
            metrics={head: _spread([self._metric(run, head) for run in runs]) for head in heads},
            delta_m=_spread(changes) if changes and len(heads) == len(self._heads) else None,
            regret={
                h: self._mean_loss(name, h) - self._mean_loss(self._alone[h], h) for h in heads if h in self._alone
            },
            on_front=on_front,
            milliseconds=1000 * statistics.median(times) if times else None,
            row_bytes=int(chosen.data["row_bytes"]),
        )

    def _metric(self, run: Result, head: str) -> float:
        row, name = run.data[self._split][head], self._metrics[head][0]
        return float(row["loss"] if name == "loss" else row["metrics"][name]["value"])

    def _delta_m(self, run: Result) -> float | None:
        """Against the means of the runs alone; None without them."""
        if set(run.losses()) != set(self._heads) or set(self._alone) != set(self._heads):
            return None
        alone = [self._mean_metric(self._alone[head], head) for head in self._heads]
        if 0 in alone:
            return None
        return delta_m([self._metric(run, h) for h in self._heads], alone, [self._metrics[h][1] for h in self._heads])

    def _mean_metric(self, name: str, head: str) -> float:
        return statistics.fmean(self._metric(run, head) for run in self._runs[name].values())

    def _mean_loss(self, name: str, head: str) -> float:
        return statistics.fmean(run.losses()[head] for run in self._runs[name].values())

    def _points(self, names: Sequence[str]) -> np.ndarray:
        return np.array([[self._mean_loss(name, head) for head in self._heads] for name in names])

    def _nadir(self) -> dict[str, float]:
        """The worst dev loss of each objective where all weight is on another; empty without a grid."""
        corners = [n for n in self._sums if sum(weight > 0 for weight in self._chosen[n].weights.values()) == 1]
        if len(corners) < len(self._heads) or len(self._heads) < 2:
            return {}
        return {head: max(self._mean_loss(name, head) for name in corners) for head in self._heads}

    def _volumes(self, ideal: Mapping[str, float], nadir: Mapping[str, float]) -> dict[str, float]:
        if set(ideal) != set(self._heads) or not nadir or not 2 <= len(self._heads) <= 4:
            return {}
        low = [ideal[head] for head in self._heads]
        high = [max(nadir[head], ideal[head]) for head in self._heads]
        names = {"sums": self._sums, "all": self._joint}
        return {
            key: hypervolume(normalised(self._points(each), low, high), [REFERENCE] * len(low))
            for key, each in names.items()
        }

    def _paired(self, name: str, other: str, head: str, *, losses: bool) -> Estimate | None:
        """Difference of a head between two candidates, over the seeds that both have."""
        a, b = self._runs[name], self._runs[other]
        shared = sorted(set(a) & set(b))
        if not shared:
            return None
        if losses:
            return paired([a[s].losses()[head] - b[s].losses()[head] for s in shared])
        return paired([self._metric(a[s], head) - self._metric(b[s], head) for s in shared])

    def _gave_up(self, name: str) -> dict[str, GaveUp]:
        out = {}
        for head, alone in self._alone.items():
            difference = self._paired(name, alone, head, losses=False)
            if difference is not None:
                metric, better = self._metrics[head]
                joint = self._mean_metric(name, head)
                over = self._over.difference(name, alone, head)
                out[head] = GaveUp(metric, better, joint, joint - difference.mean, difference, over)
        return out

    def _ranges(self, front: Sequence[str]) -> dict[str, Estimate]:
        out = {}
        for head in self._heads:
            ordered = sorted(front, key=lambda name: self._mean_loss(name, head))
            found = self._paired(ordered[-1], ordered[0], head, losses=True) if len(ordered) > 1 else None
            if found is not None:
                out[head] = found
        return out

    def _comparisons(self) -> list[Comparison]:
        if STATIC not in self._chosen:
            return []
        found = []
        for name in self._joint:
            shared = sorted(set(self._runs[name]) & set(self._runs[STATIC]))
            pairs = [(self._delta_m(self._runs[name][s]), self._delta_m(self._runs[STATIC][s])) for s in shared]
            differences = [a - b for a, b in pairs if a is not None and b is not None]
            if self._chosen[name].kind == "method" and differences:
                found.append((name, differences))
        raised = holm([paired(differences).p for _, differences in found])
        return [self._comparison(*each, p) for each, p in zip(found, raised, strict=True)]

    def _comparison(self, name: str, differences: Sequence[float], p_holm: float) -> Comparison:
        margin = self._config.equivalence
        return Comparison(
            name=name,
            difference=paired(differences),
            bootstrap=paired_bootstrap(differences),
            p_holm=p_holm,
            p_same=same_within(differences, margin),
            margin=margin,
            standing=standing(self._losses_of(name), [self._losses_of(each) for each in self._sums]),
            examples=self._over.compared(name, STATIC),
        )

    def _constrained(self, ideal: Mapping[str, float]) -> Constrained:
        bound_heads = {bound.objective for bound in self._bounds}
        rest = [head for head in self._heads if head not in bound_heads] or self._heads
        measured, cost = {}, {}
        for name in self._joint:
            runs = list(self._runs[name].values())
            measured[name] = {str(bound): self._sample(runs, bound) for bound in self._bounds}
            cost[name] = sum(self._mean_loss(name, head) / (ideal.get(head) or 1.0) for head in rest)
        found, held = keep(self._bounds, measured, cost), None
        answer = found.name or found.closest
        if self._split == "test" and answer is not None:
            runs = list(self._runs[answer].values())
            good = [all(b.slack(_value(run, "test", b)) >= 0 for b in self._bounds) for run in runs]
            held = (sum(good), len(good))
        return Constrained([str(bound) for bound in self._bounds], found, held)

    def _sample(self, runs: Sequence[Result], bound: Bound) -> Sample:
        examples = int(runs[0].data["dev"][bound.objective].get("examples", 0))
        return Sample([_value(run, "dev", bound) for run in runs], examples)

    def _losses_of(self, name: str) -> list[list[float]]:
        """Dev losses, a row each seed."""
        runs = self._runs[name]
        return [[runs[seed].losses()[head] for head in self._heads] for seed in sorted(runs)]

    def _known(self, head: str) -> tuple[str, Better]:
        """The metric of a head that a person knows best among those that all its runs have; else its loss."""
        runs = [run.data[self._split] for runs in self._runs.values() for run in runs.values()]
        tables = [row[head]["metrics"] for row in runs if head in row]
        common = [name for name in tables[0] if all(name in table for table in tables)]
        names = [name for name in KNOWN if name in common] or common
        return (names[0], tables[0][names[0]]["better"]) if names else ("loss", "lower")


def _value(run: Result, split: str, bound: Bound) -> float:
    row = run.data[split][bound.objective]
    if bound.metric == "loss":
        return float(row["loss"])
    if bound.metric not in row["metrics"]:
        hint = f"there are: loss, {', '.join(row['metrics'])}"
        raise ConfigError(f"objectives.keep: no metric {bound.metric} of {bound.objective} was measured", hint=hint)
    return float(row["metrics"][bound.metric]["value"])


def _spread(values: Sequence[float]) -> Spread:
    deviation = statistics.stdev(values) if len(values) > 1 else None
    return Spread(statistics.fmean(values), deviation, len(values))
