"""``chatkit calibrate``: fit the confidence of an assistant that is there, without training it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from chatkit import paths
from chatkit.assistant import OWN, Assistant
from chatkit.checkpoint import recover_folder, write_json
from chatkit.errors import DataError
from chatkit.registry import Registry
from chatkit.training.confidence import fit_confidence
from chatkit.training.past import data_of
from chatkit.training.progress import Progress
from chatkit.training.recipe import load_recipe


def calibrate_model(
    model: str | None, progress: Progress, *, config: str | None = None, overrides: Sequence[str] = (), seed: int = 1
) -> dict[str, Any]:
    """Fit familiarity, temperatures, label sets and thresholds, and write them beside the weights.

    Args:
        model: Model folder; None for the shipped assistant.
        progress: Where it says how it goes.
        config: The config that names the data it was trained on; by default what its folder remembers of it.
        overrides: ``KEY=VALUE`` pairs for the config.
        seed: Seed of the draws.
    Returns:
        What was fitted, as in the assistant's report.
    Raises:
        DataError: If no data can be found to fit on.
    """
    folder = Path(model).expanduser() if model else paths.shipped_model()
    torch.set_num_threads(1)
    recover_folder(folder, own=OWN)
    assistant = Assistant.load(folder, Registry().load)
    if config is not None:
        recipe = load_recipe(config, overrides)
        kept = {name: head for name, head in recipe.heads.items() if name in assistant.heads}
        sources = {name: [Path(s.path) for s in head.sources] for name, head in kept.items()}
        others = {name: [Path(path) for path in head.fit] for name, head in kept.items()}
    else:
        others = {}
        sources = {name: data_of(folder, type(head)) for name, head in assistant.heads.items()}
    fit_confidence(assistant, sources, seed=seed, say=progress.note, others=others)
    if assistant.confidence.familiarity is None and not assistant.confidence.heads:
        raise DataError("no data to fit on", hint="name the config that it was trained with: --config FILE")
    assistant.confidence.save(folder, assistant.lineage)
    write_json(folder / "report.json", assistant.report)
    found: dict[str, Any] = assistant.report["confidence"]
    return found
