"""What a sweep found, on runs whose figures are known."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pytest

from chatkit.training.recipe import HeadConfig, Recipe
from chatkit.training.sweep.config import SweepConfig
from chatkit.training.sweep.plan import trials
from chatkit.training.sweep.progress import asked, coverage
from chatkit.training.sweep.results import Result
from chatkit.training.sweep.study import study

Known = Callable[..., list[Result]]


def test_front_scale_knee_and_what_was_given_up(known_results: Known) -> None:
    found = study(known_results(), SweepConfig(), 0)
    assert found is not None
    assert found.objectives == ["lm", "mood"]
    assert found.metrics == {"lm": ("word_perplexity", "lower"), "mood": ("macro_f1", "higher")}
    assert {row.name for row in found.rows if row.on_front} == {"static", "sum-1-0", "sum-0-1"}
    assert found.ideal == pytest.approx({"lm": 3.0, "mood": 0.5})
    assert found.nadir == pytest.approx({"lm": 5.0, "mood": 1.0})
    # on the scale: static (0.1, 0.1), ends (0, 1) and (1, 0), reference 1.1
    assert found.hypervolume["sums"] == pytest.approx(1.0**2 + 2 * 0.1 * 0.1)
    assert found.knee == "static"
    static = found.row("static")
    assert static is not None
    assert static.delta_m is not None
    assert static.delta_m.mean == pytest.approx((10 + 5) / 2)
    assert static.regret == pytest.approx({"lm": 0.2, "mood": 0.05})
    gave = found.gave_up["static"]["mood"]
    assert (gave.joint, gave.alone) == pytest.approx((0.76, 0.8))
    assert gave.difference.high < 0
    assert found.ranges["lm"].mean == pytest.approx(2.0)
    assert found.ranges["lm"].low > 0


def test_no_better_than_the_sum_can_be_a_finding(known_results: Known) -> None:
    found = study(known_results(), SweepConfig(equivalence=1.0), 0)
    assert found is not None
    (comparison,) = found.comparisons
    assert comparison.name == "famo"
    assert comparison.p_same < 0.001
    assert comparison.p_holm > 0.9
    assert comparison.standing.dominated > 0.9


def test_a_better_method_is_found(known_results: Known) -> None:
    found = study(known_results(method_gain=0.1), SweepConfig(equivalence=0.5), 0)
    assert found is not None
    (comparison,) = found.comparisons
    assert comparison.difference.high < 0
    assert comparison.p_holm < 0.01
    assert comparison.p_same > 0.5
    assert comparison.standing.dominates == 1


def test_one_seed_and_missing_parts_say_nothing_that_they_cannot(known_results: Known) -> None:
    found = study(known_results(seeds=1), SweepConfig(), 0)
    assert found is not None
    assert found.comparisons[0].p_same == 1
    assert found.comparisons[0].difference.low == float("-inf")
    assert all(row.losses["lm"].deviation is None for row in found.rows)
    only = study([each for each in known_results() if each.candidate in ("static", "single-lm")], SweepConfig(), 0)
    assert only is not None
    assert only.hypervolume == {}
    assert only.rows[0].delta_m is None
    assert only.nadir == {}
    assert study([each for each in known_results() if each.kind == "single"], SweepConfig(), 0) is None
    assert study([], SweepConfig(), 0) is None


def test_how_far_it_is_and_whether_the_trials_reach_far_enough(known_results: Known) -> None:
    heads = {name: HeadConfig(data=("x",)) for name in ("lm", "mood")}
    weights = ({"lm": 0.75, "mood": 0.25},)
    config = SweepConfig(grid=1, weights=weights, methods=("famo",), seeds=3, seeds_rest=2, best=0)
    recipe = Recipe(heads=heads, seed=0, sweep=config)
    first = [each for each in known_results() if each.seed == 0]
    partly = coverage(recipe, first[1:2])
    # seven ways at the first seed; the plain sum and both runs alone at two more, the rest at one more
    assert (partly.done, partly.planned) == (1, 7 + 3 * 2 + 4)
    assert partly.alone_to_come
    whole = coverage(recipe, first)
    assert (whole.done, whole.planned, whole.alone_to_come) == (7, 17, False)
    assert not whole.ends
    wide = dataclasses.replace(recipe, sweep=dataclasses.replace(config, learning_rates=(1e-3, 2e-3)))
    low, high = trials(wide)
    both = [dataclasses.replace(each, trial=name) for each in first for name in (high, low)]
    found = coverage(wide, both).ends
    assert found == ["7 of 7 ways did best with the highest train.learning_rate that was tried, 0.002"]
    assert len(asked(recipe, both)) == 7  # those of a rate that is asked for no longer are left out
