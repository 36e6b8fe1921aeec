"""Beside a finished encoder: what is saved is that assistant, byte for byte, with a dial or with heads trained on."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from chatkit.assistant import DIAL, OWN, Assistant
from chatkit.checkpoint import new_folder, read_json, write_json
from chatkit.errors import ConfigError, ModelError
from chatkit.model_files import RUN_FOLDER, read_assistant_table
from chatkit.training.model_folder import copy_card, copy_model
from chatkit.training.past import ADDED, BASE, RECIPE, added_heads, past_file, remember_added
from chatkit.training.recipe import HeadConfig, Recipe

_UNMEASURED = {"offered": False, "why": "not offered: its training has not ended"}


def check_frozen(recipe: Recipe, held: Assistant) -> None:
    """What the dial starts from must be a head of the finished assistant.

    Raises:
        ConfigError: If it is not.
    """
    assert recipe.objectives.dial is not None
    first = recipe.objectives.dial.heads[0]
    if first not in held.heads:
        raise ConfigError(
            f"objectives.dial.heads begins with {first}, which {recipe.init} does not have",
            hint="name first the head whose output the dial moves",
        )


def write_dial(assistant: Assistant, init: Path, folder: Path, account: Mapping[str, Any]) -> None:
    """Write a finished assistant with a dial.

    Args:
        assistant: Holds the dial and what was measured of it; its backbone is that of ``init``.
        init: The finished assistant.
        folder: Where to.
        account: Of the training of the dial; kept beside what was measured.
    Raises:
        ModelError: If ``init`` is another assistant than the one that the dial was trained for.
        StorageError: If it cannot be written.
    """
    assert assistant.dial is not None
    base = _loaded(init, assistant, "its dial was trained", "train the dial again")
    front = {**(assistant.report.get("dial") or _UNMEASURED), "trained": account}
    with new_folder(folder, own=OWN) as new:
        copy_model(init, new)
        lineage = str(read_assistant_table(init)["lineage"])
        assistant.dial.save(new / DIAL, lineage, half=base.precision == "int8")
        report = read_json(init / "report.json") if (init / "report.json").is_file() else {}
        write_json(new / "report.json", {**report, "dial": front})
    copy_card(init, folder)
    _remember(init, folder)


def check_trained(assistant: Assistant) -> None:
    """With ``train.only`` there must be something to train in each head.

    Raises:
        ConfigError: If a head has no weights.
    """
    for name, head in assistant.heads.items():
        if not any(True for _ in head.parameters()):
            raise ConfigError(
                f"[heads.{name}]: it has no weights of its own, so there is nothing to train (train.only)",
                hint="take it out of train.only; chatkit calibrate fits what no gradient trains",
            )


def write_heads(assistant: Assistant, init: Path, folder: Path, heads: Mapping[str, HeadConfig]) -> None:
    """Write a finished assistant with heads that were trained on.

    Args:
        assistant: Holds these heads, and what was measured and fitted of them; its backbone is that of ``init``.
        init: The finished assistant.
        folder: Where to.
        heads: Their configs.
    Raises:
        ModelError: If ``init`` is another assistant than the one that they were trained on.
        StorageError: If it cannot be written.
    """
    base = _loaded(init, assistant, f"{', '.join(heads)} was trained", "train again")
    story = {
        name: assistant.report.get(name) for name in ("training", "objectives", "data") if name in assistant.report
    }
    with new_folder(folder, own=OWN) as new:
        copy_model(init, new, without=tuple(heads))
        for name in heads:
            assistant.save_head(name, new / "heads" / name, precision=base.precision)
        assistant.confidence.save(new, assistant.lineage)
        report = read_json(init / "report.json") if (init / "report.json").is_file() else {}
        figures = {**report.get("dev", {}), **assistant.report.get("dev", {})}
        fitted = {key: assistant.report[key] for key in ("confidence",) if key in assistant.report}
        fusion = {**report.get("fusion", {}), **assistant.report.get("fusion", {})}
        changed = {"dev": figures, "fusion": fusion, **fitted, "trained_on": {**report.get("trained_on", {}), **story}}
        write_json(new / "report.json", {**report, **{key: value for key, value in changed.items() if value}})
    copy_card(init, folder)
    _remember(init, folder)
    remember_added(folder, {**added_heads(folder), **heads})


def _loaded(init: Path, assistant: Assistant, then: str, hint: str) -> Assistant:
    """The finished assistant, without its heads; it must still be the same."""
    base = Assistant.load(init, lambda name: type(assistant.heads[name]), only=())
    ours = assistant.backbone.state_dict()
    if not all(torch.equal(tensor, ours[name].cpu()) for name, tensor in base.backbone.state_dict().items()):
        raise ModelError(f"{init} has got another encoder while {then}", hint=hint)
    return base


def _remember(init: Path, folder: Path) -> None:
    """Keep what the assistant itself was trained on, beside the config of its dial."""
    (folder / RUN_FOLDER).mkdir(exist_ok=True)
    for source, name in ((past_file(init), BASE), (init / RUN_FOLDER / ADDED, ADDED)):
        if source.is_file() and source != folder / RUN_FOLDER / RECIPE:
            shutil.copyfile(source, folder / RUN_FOLDER / name)
