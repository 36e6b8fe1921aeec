"""The configs that the docs name can be read, and every run of their sweeps can be."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatkit.training.building import find_head
from chatkit.training.recipe import load_recipe, trains_adapters_only
from chatkit.training.sweep.board import Board
from chatkit.training.sweep.sweep import Sweep

DOCS = Path(__file__).parents[3] / "docs"
CONFIGS = sorted([*DOCS.glob("dial/*.toml"), *DOCS.glob("study/*.toml")])


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_config_of_the_docs_is_one(path: Path, tmp_path: Path) -> None:
    recipe = load_recipe(str(path), ("init=somewhere",) if path.stem == "finished" else ())
    for name, head in recipe.heads.items():
        assert find_head(name, head.head).name == name
    assert trains_adapters_only(recipe) == (path.stem == "finished")
    if recipe.sweep is not None:
        Sweep(recipe, tmp_path, Board(quiet=True), jobs=1)._check()
