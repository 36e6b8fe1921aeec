"""What a model was trained on, as its folder remembers it.

DIR/run/recipe.json   the config of the run that made it
DIR/run/added.json    the configs of heads that were trained on it afterwards
DIR/run/base.json     the config that made it, where DIR/run is that of its dial (chatkit.training.beside)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatkit.checkpoint import read_json, write_json
from chatkit.config import from_table, to_table
from chatkit.errors import ModelError
from chatkit.head.head import Head
from chatkit.model_files import RUN_FOLDER
from chatkit.training.recipe import HeadConfig, Recipe, resolve_path

RECIPE, ADDED, BASE = "recipe.json", "added.json", "base.json"
_OWN = {
    "dialogue": "corpora:english/dialogue",
    "labelled": "corpora:english/sentiment",
    "retrieval": "corpora:english/retrieval",
}


def past_file(folder: Path) -> Path:
    """Where the config that made a model is kept, if it is."""
    base = folder / RUN_FOLDER / BASE
    return base if base.is_file() else folder / RUN_FOLDER / RECIPE


def past_recipe(folder: Path) -> Recipe | None:
    """The config that made a model, with the heads that were added; None if its folder remembers none.

    Raises:
        ModelError, ConfigError: If what it remembers cannot be read.
    """
    file = past_file(folder)
    table: dict[str, Any] = read_json(file) if file.is_file() else {}
    added = added_heads(folder)
    if not table and not added:
        return None
    if not isinstance(table, dict) or not isinstance(table.get("heads", {}), dict):
        raise ModelError(f"{file}: is no config of a run")
    return from_table(Recipe, {**table, "heads": {**table.get("heads", {}), **added}}, where=str(file))


def data_of(folder: Path, head: type[Head]) -> list[Path]:
    """Data sets that a head of a model was trained on; chatkit's own corpora where the folder remembers none."""
    recipe = past_recipe(folder)
    if recipe is not None and head.name in recipe.heads:
        return [Path(source.path) for source in recipe.heads[head.name].sources]
    return [resolve_path(_OWN[head.reader], Path())] if head.reader in _OWN else []


def added_heads(folder: Path) -> dict[str, Any]:
    """Configs of the heads that were added to a model, as plain tables."""
    file = folder / RUN_FOLDER / ADDED
    table = read_json(file) if file.is_file() else {}
    if not isinstance(table, dict):
        raise ModelError(f"{file}: is no table of heads")
    return table


def remember_added(folder: Path, heads: Mapping[str, HeadConfig | Mapping[str, Any]]) -> None:
    """Write which heads were added to a model, in place of what was remembered of it."""
    table = {name: to_table(head) if dataclasses.is_dataclass(head) else head for name, head in heads.items()}
    if table or (folder / RUN_FOLDER / ADDED).exists():
        write_json(folder / RUN_FOLDER / ADDED, table)
