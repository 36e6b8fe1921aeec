"""What a sweep has found so far, from its folder."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from chatkit.checkpoint import read_json
from chatkit.config import from_table
from chatkit.objectives.constraint import parse_bounds
from chatkit.training.recipe import Recipe
from chatkit.training.sweep.config import SweepConfig
from chatkit.training.sweep.found import Study
from chatkit.training.sweep.progress import asked, coverage
from chatkit.training.sweep.results import SWEEP, read_results
from chatkit.training.sweep.study import study


def load_study(folder: Path) -> Study | None:
    """What a sweep found so far; None while no joint run is done.

    Raises:
        ModelError, ConfigError: If the folder holds no sweep that can be read.
    """
    recipe = _recipe(folder)
    bounds, results = parse_bounds(recipe.objectives.keep), asked(recipe, read_results(folder))
    found = study(results, recipe.sweep or SweepConfig(), recipe.seed, bounds)
    return None if found is None else dataclasses.replace(found, coverage=coverage(recipe, results))


def sweep_config(folder: Path) -> SweepConfig:
    """The ``[sweep]`` of a sweep's folder."""
    return _recipe(folder).sweep or SweepConfig()


def _recipe(folder: Path) -> Recipe:
    return from_table(Recipe, read_json(folder / SWEEP), where=str(folder / SWEEP))
