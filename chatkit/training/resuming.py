"""What a run may go on from: a checkpoint of the same config on the same data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor

from chatkit.checkpoint import load_tensors, read_json
from chatkit.config import from_table, to_table
from chatkit.errors import ConfigError, ModelError
from chatkit.model_files import RUN_FOLDER
from chatkit.training.recipe import Recipe, differences

_MAY_DIFFER = {
    f"train.{key}"
    for key in (
        *("steps", "learning_rate", "decay", "checkpoint_minutes"),
        *("threads", "precision", "accumulate", "evaluate", "evaluate_examples"),
        *("softmax", "frequent", "sampled"),
    )
}


def _may_differ(key: str) -> bool:
    return (
        key in _MAY_DIFFER
        or key.startswith(("objectives.keep", "objectives.sweep", "objectives.dial.examples"))
        or (key.startswith("heads.") and key.endswith(".fit"))
    )


def check_same(recipe: Recipe, folder: Path) -> None:
    """Compare a config with the one that a run began with.

    Args:
        recipe: The config to go on with.
        folder: The run's folder.
    Raises:
        ModelError: If no run is there.
        ConfigError: If the config differs in more than it may.
    """
    path = folder / RUN_FOLDER / "recipe.json"
    if not path.is_file():
        raise ModelError(f"{folder}: no run to resume", hint="start it without --resume")
    old = from_table(Recipe, read_json(path), where=str(path))
    changed = [key for key in differences(to_table(old), to_table(recipe)) if not _may_differ(key)]
    if changed:
        raise ConfigError(
            f"the config differs from the run's in {', '.join(changed[:4])}", hint="resume with the same config"
        )


def load_checkpoint(path: Path, data: str) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a checkpoint.

    Args:
        path: Its file.
        data: Fingerprint of the training records.
    Returns:
        Tensors and state for ``Trainer.restore``.
    Raises:
        ModelError: If it is none.
        ConfigError: If it was made on other data.
    """
    tensors, metadata = load_tensors(path)
    try:
        state, trained_on = json.loads(metadata["state"]), metadata["data"]
    except (KeyError, ValueError):
        raise ModelError(f"{path}: is no checkpoint of a run") from None
    if trained_on != data:
        raise ConfigError("the training data changed since the run began", hint="start a new run in another --out")
    return tensors, state
