"""Bounds on a metric, chosen on dev with a margin and checked on test::

    python tests/benchmarks/constraints.py FOLDER_OF_THE_SETS --work DIR

Runs, or goes on with, the sweep of ``docs/study/constraints.toml``: five weightings of two objectives, five seeds. Then
it asks for bounds from easy to impossible: each metric is to be kept while the other objective is made as good as can
be. A bound is

    feasible    if a weighting keeps it on dev with the margin for one more model on as many other texts (90 %)
    unsure      if one keeps it on average only
    infeasible  if none does

Prints for each which weighting was chosen, in how many of the five seeds its models keep the bound on test, and in how
many it is kept by a seed that took no part in the choice. Target: a feasible bound is kept in 4 of 5; an infeasible one
is said to be so.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from chatkit.objectives.constraint import Bound
from chatkit.training.recipe import load_recipe
from chatkit.training.sweep.board import Board
from chatkit.training.sweep.config import SweepConfig
from chatkit.training.sweep.results import SWEEP, Result, read_results
from chatkit.training.sweep.study import study
from chatkit.training.sweep.sweep import Sweep

CONFIG = Path(__file__).parents[2] / "docs" / "study" / "constraints.toml"
METRICS = (("sentiment", "macro_f1", ">="), ("generation", "word_perplexity", "<="))
PLACES = (0.1, 0.35, 0.6, 0.85, 1.3)  # of the bounds, between the worst (0) and the best (1) mean over seeds on dev
ENOUGH = 0.8


def value(result: Result, split: str, bound: Bound) -> float:
    """The bounded metric of a run."""
    return float(result.data[split][bound.objective]["metrics"][bound.metric]["value"])


def bounds_of(results: Sequence[Result], head: str, metric: str, relation: str) -> list[Bound]:
    """From one that is easily kept to one that cannot be."""
    probe = Bound(head, metric, relation, 0.0)  # type: ignore[arg-type]
    ways: dict[str, list[float]] = {}
    for result in results:
        ways.setdefault(result.candidate, []).append(value(result, "dev", probe))
    means = sorted((sum(row) / len(row) for row in ways.values()), reverse=relation == "<=")
    worst, best = means[0], means[-1]
    places = [worst + place * (best - worst) for place in PLACES]
    return [Bound(head, metric, relation, float(f"{place:.4g}")) for place in places]  # type: ignore[arg-type]


def chosen(results: Sequence[Result], config: SweepConfig, bound: Bound) -> tuple[str | None, bool]:
    """The weighting that is chosen on dev, and whether with the margin."""
    found = study(results, config, min(result.seed for result in results), [bound])
    assert found is not None
    assert found.constrained is not None
    return found.constrained.kept.name, found.constrained.kept.sure


def kept(results: Sequence[Result], bound: Bound, name: str) -> list[bool]:
    """Whether each run of a weighting keeps the bound on test."""
    return [bound.slack(value(result, "test", bound)) >= 0 for result in results if result.candidate == name]


def new_seeds(results: Sequence[Result], config: SweepConfig, bound: Bound) -> tuple[int, int]:
    """Seeds that keep the bound under the choice that was made without them; and for how many one was made."""
    good = asked = 0
    for seed in sorted({result.seed for result in results}):
        name, sure = chosen([result for result in results if result.seed != seed], config, bound)
        if name is not None and sure:
            asked += 1
            good += all(kept([result for result in results if result.seed == seed], bound, name))
    return good, asked


def main() -> None:
    """Run it and print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    recipe = load_recipe(str(CONFIG), (f"data.root={given.data}",))
    assert recipe.sweep is not None
    sweep = Sweep(recipe, given.work, Board(), jobs=given.jobs)
    (sweep.resume if (given.work / SWEEP).exists() else sweep.start)()
    if not sweep.run():
        raise SystemExit(130)
    results = read_results(given.work)
    reached = feasible = 0
    for head, metric, relation in METRICS:
        for bound in bounds_of(results, head, metric, relation):
            name, sure = chosen(results, recipe.sweep, bound)
            verdict = "feasible" if sure else "unsure" if name else "infeasible"
            line = f"{bound!s:<42} {verdict:<10}"
            if name is not None:
                held = kept(results, bound, name)
                good, asked = new_seeds(results, recipe.sweep, bound)
                line += f" {name:<14} on test in {sum(held)} of {len(held)} seeds; new seeds {good} of {asked}"
                feasible += sure
                reached += sure and sum(held) >= ENOUGH * len(held)
            print(line, flush=True)
    print(f"\n{reached} of {feasible} feasible bounds kept on test in at least {ENOUGH:.0%} of the seeds")


if __name__ == "__main__":
    main()
