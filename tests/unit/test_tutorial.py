"""Every block of Python in the tutorial runs and prints what stands under it; every config in it is one."""

from __future__ import annotations

import contextlib
import io
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from chatkit.config import from_table
from chatkit.training.recipe import Recipe, load_recipe

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "objectives.md"


def blocks() -> list[tuple[str, str]]:
    return re.findall(r"^```(\w+)\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


def test_the_tutorial_prints_what_it_says() -> None:
    pairs = [(a, b) for a, b in zip(blocks(), blocks()[1:], strict=False) if a[0] == "python"]
    assert len(pairs) >= 9
    scope: dict[str, Any] = {"__name__": "tutorial"}
    for (_, code), (kind, expected) in pairs:
        assert kind == "text", code
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(code, str(PAGE), "exec"), scope)
        assert out.getvalue() == expected


def test_its_configs_are_configs() -> None:
    (toml,) = [code for kind, code in blocks() if kind == "toml"]
    heads = {"sentiment": {"data": ["x"]}, "generation": {"data": ["x"]}}
    recipe = from_table(Recipe, {**tomllib.loads(toml), "heads": heads}, where="tutorial")
    assert recipe.sweep is not None
    assert recipe.sweep.seeds == 5


@pytest.mark.parametrize("file", sorted((ROOT / "docs" / "study").glob("*.toml")), ids=lambda path: path.name)
def test_the_studies_are_configs_whose_runs_can_be(file: Path) -> None:
    from chatkit.training.sweep.plan import candidates, plan, trials

    recipe = load_recipe(str(file))
    assert recipe.sweep is not None
    runs = [plan(recipe, each, trial, recipe.seed) for each in candidates(recipe) for trial in trials(recipe)]
    assert len({run.id for run in runs}) == len(runs)
