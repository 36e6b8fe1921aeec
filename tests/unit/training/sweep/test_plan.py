"""Which runs a sweep is made of, and which go on."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatkit.errors import ConfigError
from chatkit.training.recipe import Recipe, load_recipe
from chatkit.training.sweep.choose import chosen_trials, seeds_of
from chatkit.training.sweep.plan import batches_of, candidates, plan, simplex, trials
from chatkit.training.sweep.results import Result

CONFIG = """
[train]
steps = 11
[heads.a]
data = ["x"]
every = 2
[heads.b]
data = ["x"]
weight = 0.5
[heads.c]
data = ["x"]
"""
Make = Callable[..., Recipe]


@pytest.fixture
def recipe(tmp_path: Path) -> Make:
    """Makes a recipe of three heads with a [sweep] table."""

    def make(sweep: str, *overrides: str) -> Recipe:
        (tmp_path / "c.toml").write_text(f"{CONFIG}\n[sweep]\n{sweep}")
        return load_recipe(str(tmp_path / "c.toml"), overrides)

    return make


@pytest.mark.parametrize(("count", "divisions"), [(2, 1), (2, 5), (3, 4), (4, 6)])
def test_the_simplex_has_every_point_once(count: int, divisions: int) -> None:
    points = list(simplex(count, divisions, edges=True))
    assert len(points) == len(set(points)) == math.comb(divisions + count - 1, count - 1)
    assert all(sum(point) == pytest.approx(1) and min(point) >= 0 for point in points)
    inner = list(simplex(count, divisions))
    corners = [point for point in points if max(point) == 1]
    assert set(inner) == {point for point in points if min(point) > 0} | set(corners)
    assert len(corners) == count


def test_candidates_are_the_plain_sum_a_grid_methods_and_each_alone(recipe: Make) -> None:
    found = candidates(recipe('grid = 3\nmethods = ["pcgrad", {name = "mgda", options = {normalise = true}}]'))
    assert [each.name for each in found] == [
        "static",
        "sum-0-0-1",
        "sum-0-1-0",
        "sum-0.333-0.333-0.333",
        "sum-1-0-0",
        "pcgrad",
        "mgda-normaliseTrue",
        "single-a",
        "single-b",
        "single-c",
    ]
    assert found[0].weights == {"a": 1.0, "b": 0.5, "c": 1.0}
    assert found[3].weights == pytest.approx({"a": 1, "b": 1, "c": 1}, abs=1e-6)


def test_a_point_of_the_grid_that_is_the_plain_sum_is_run_once(recipe: Make) -> None:
    names = [each.name for each in candidates(recipe("grid = 3\nsingle = []", "heads.b.weight=1.0"))]
    assert names == ["static", "sum-0-0-1", "sum-0-1-0", "sum-1-0-0"]


def test_an_objective_alone_gets_the_same_number_of_its_batches(recipe: Make) -> None:
    made = recipe('single = ["same", "full"]')
    assert batches_of(made) == {"a": 6, "b": 11, "c": 11}
    found = {each.name: plan(made, each, next(iter(trials(made))), 1).recipe for each in candidates(made)}
    assert found["single-a"].train.steps == 6
    assert found["single-a"].heads.keys() == {"a"}
    assert found["single-a"].heads["a"].every == 1
    assert found["single-full-b"].train.steps == 28
    with pytest.raises(ConfigError, match="sampler proportional"):
        batches_of(recipe("", "train.sampler=proportional"))
    assert batches_of(recipe("", "train.sampler=round_robin")) == {"a": 4, "b": 4, "c": 3}


def test_trials_are_all_combinations_and_reach_the_config(recipe: Make) -> None:
    made = recipe('learning_rates = [1e-3, 1e-2]\nvary = {"encoder.dropout" = [0.0, 0.5]}')
    assert list(trials(made)) == [f"rate{rate}-dropout{d}" for rate in (0.001, 0.01) for d in (0.0, 0.5)]
    planned = plan(made, candidates(made)[0], "rate0.01-dropout0.5", 4)
    assert planned.recipe.train.learning_rate == 0.01
    assert planned.recipe.encoder.dropout == 0.5
    assert planned.recipe.seed == 4
    assert planned.recipe.sweep is None
    assert planned.digest != plan(made, candidates(made)[0], "rate0.01-dropout0.5", 5).digest


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        ("gird = 3", "unknown key sweep.gird .did you mean grid"),
        ("seeds = 0", "sweep.seeds must be at least 1"),
        ("learning_rates = [0.0]", "must be above 0"),
        ('vary = {"heads.a.weight" = [1]}', "sweep.vary: give values of a key"),
        ("weights = [{a = 1.0}]", "sweep.weights must give each of a, b, c"),
        ("weights = [{a = 0, b = 0, c = 0}]", "sweep.weights must give"),
    ],
)
def test_mistakes_are_named(recipe: Make, sweep: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        candidates(recipe(sweep))


def test_a_key_to_vary_that_does_not_exist_is_named(recipe: Make) -> None:
    made = recipe('vary = {"encoder.dropuot" = [0.1]}')
    with pytest.raises(ConfigError, match=r"unknown key encoder.dropuot \(did you mean dropout"):
        plan(made, candidates(made)[0], next(iter(trials(made))), 1)


def result(candidate: str, kind: Any, losses: dict[str, float], trial: str = "t", seed: int = 1, **more: Any) -> Result:
    data = {"dev": {name: {"loss": loss} for name, loss in losses.items()}}
    return Result(f"{candidate}.{trial}", candidate, kind, more.get("weights", {}), trial, seed, data)


def test_each_is_judged_by_what_it_is_for() -> None:
    results = [
        result("single-a", "single", {"a": 1.0}),
        result("single-b", "single", {"b": 10.0}, "bad"),
        result("single-b", "single", {"b": 5.0}, "good"),
        result("sum-0.9-0.1", "sum", {"a": 1.0, "b": 9.0}, "for a", weights={"a": 1.8, "b": 0.2}),
        result("sum-0.9-0.1", "sum", {"a": 2.0, "b": 5.0}, "for b", weights={"a": 1.8, "b": 0.2}),
        result("static", "sum", {"a": 2.0, "b": 5.0}, "a doubled", weights={"a": 1.0, "b": 1.0}),
        result("static", "sum", {"a": 1.0, "b": 6.5}, "b up by a third", weights={"a": 1.0, "b": 1.0}),
        result("static", "sum", {"a": 0.1, "b": 0.1}, "of another seed", seed=2),
    ]
    chosen = {name: each.trial for name, each in chosen_trials(results, 1).items()}
    assert chosen == {
        "single-a": "t",
        "single-b": "good",
        "sum-0.9-0.1": "for a",
        "static": "b up by a third",  # 6.5 nats together against 7.0 do not decide, the shares do
    }


def test_the_best_methods_get_all_seeds(recipe: Make) -> None:
    made = recipe('methods = ["pcgrad", "mgda", "famo"]\nseeds = 5\nseeds_rest = 2\nbest = 1\ngrid = 1')
    assert made.sweep is not None
    found = candidates(made)
    losses = {"pcgrad": 3.0, "mgda": 2.0, "famo": 4.0}
    chosen = {each.name: result(each.name, each.kind, {"a": losses.get(each.name, 1.0)}) for each in found}
    del chosen["famo"]  # it failed
    counts = seeds_of(found, chosen, made.sweep)
    assert counts == {
        "static": 5,
        "sum-0-0-1": 2,
        "sum-0-1-0": 2,
        "sum-1-0-0": 2,
        "pcgrad": 2,
        "mgda": 5,
        "single-a": 5,
        "single-b": 5,
        "single-c": 5,
    }
    assert dataclasses.replace(made.sweep, seeds_rest=0).seeds == 5
