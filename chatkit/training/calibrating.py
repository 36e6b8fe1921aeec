"""``chatkit calibrate``: fit what no gradient trains of an assistant that is there, without training it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import torch

from chatkit import paths
from chatkit.assistant import OWN, Assistant
from chatkit.checkpoint import recover_folder, write_json
from chatkit.errors import ConfigError, DataError
from chatkit.registry import Registry
from chatkit.training.confidence import fit_confidence
from chatkit.training.filling import fill_heads
from chatkit.training.past import data_of, past_recipe
from chatkit.training.progress import Progress
from chatkit.training.ranking import fit_fusions
from chatkit.training.recipe import load_recipe

Part = Literal["heads", "fusion", "confidence"]
PARTS: tuple[Part, ...] = ("heads", "fusion", "confidence")


def calibrate_model(
    model: str | None,
    progress: Progress,
    *,
    config: str | None = None,
    overrides: Sequence[str] = (),
    seed: int = 1,
    parts: Collection[Part] = PARTS,
) -> dict[str, Any]:
    """Fit what heads take in, familiarity, temperatures, label sets, and how much vectors count beside BM25.

    The trained weights stay as they are.

    Args:
        model: Model folder; None for the shipped assistant.
        progress: Where it says how it goes.
        config: The config that names the data it was trained on; by default what its folder remembers of it.
        overrides: ``KEY=VALUE`` pairs for the config.
        seed: Seed of the draws.
        parts: What is fitted: ``heads`` (where the config is known), ``fusion``, ``confidence``.
    Returns:
        Each part as in the assistant's report; a part without data is left out where another has some.
    Raises:
        DataError: If no data can be found to fit on.
        ConfigError: If the config promises that nothing is fitted on its data (``train.dp``).
    """
    folder = paths.user_path(model) if model else paths.shipped_model()
    torch.set_num_threads(1)
    recover_folder(folder, own=OWN)
    assistant = Assistant.load(folder, Registry().load)
    for name, error in assistant.failures.items():
        progress.note(f"head {name} is passed over: {error}")
    recipe = load_recipe(config, overrides) if config is not None else past_recipe(folder)
    if recipe is not None and recipe.train.dp is not None:
        what = f"{config or folder}: train.dp promises that nothing but the trained weights is fitted on its data"
        raise ConfigError(what, hint="name a config with other data: --config FILE")
    if config is not None and recipe is not None:
        kept = {name: head for name, head in recipe.heads.items() if name in assistant.heads}
        sources = {name: [Path(s.path) for s in head.sources] for name, head in kept.items()}
        others = {name: [Path(path) for path in head.fit] for name, head in kept.items()}
    else:
        others = {}
        sources = {name: data_of(folder, type(head)) for name, head in assistant.heads.items()}
    found: dict[str, Any] = {}
    if "heads" in parts and recipe is not None:
        found["heads"] = fill_heads(assistant, recipe, progress.note)
        for name in found["heads"]:
            assistant.save_head(name, folder / "heads" / name, precision=assistant.precision)
    if "fusion" in parts:
        found["fusion"] = _fit_fusion(assistant, folder, sources, others, seed, progress)
    if "confidence" in parts:
        guessed = {name: head.guessed for name, head in recipe.heads.items()} if recipe is not None else {}
        fit_confidence(assistant, sources, seed=seed, say=progress.note, others=others, guessed=guessed)
        if assistant.confidence.familiarity is not None or assistant.confidence.heads:
            assistant.confidence.save(folder, assistant.lineage)
            found["confidence"] = assistant.report["confidence"]
    if not any(found.values()):
        if assistant.failures:
            raise next(iter(assistant.failures.values()))
        raise DataError("no data to fit on", hint="name the config that it was trained with: --config FILE")
    write_json(folder / "report.json", assistant.report)
    return {part: values for part, values in found.items() if values}


def _fit_fusion(
    assistant: Assistant,
    folder: Path,
    sources: Mapping[str, Sequence[Path]],
    others: Mapping[str, Sequence[Path]],
    seed: int,
    progress: Progress,
) -> dict[str, Any]:
    """Fit the fusion of each ranking head and write it into the head's setup; what was found."""
    before = dict(assistant.setups)
    both = {name: [*paths, *others.get(name, ())] for name, paths in sources.items()}
    fit_fusions(assistant, both, seed=seed, say=progress.note)
    for name, setup in assistant.setups.items():
        if setup != before[name]:
            assistant.save_setup(name, folder / "heads" / name)
    found: dict[str, Any] = assistant.report.get("fusion", {})
    return found
