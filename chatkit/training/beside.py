"""A dial for a finished assistant: what is saved is that assistant, byte for byte, with the adapters beside it."""

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
from chatkit.training.past import ADDED, BASE, RECIPE, past_file
from chatkit.training.recipe import Recipe

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
    base = Assistant.load(init, lambda name: type(assistant.heads[name]), only=())
    if not _same(base, assistant):
        raise ModelError(f"{init} has got another encoder while its dial was trained", hint="train the dial again")
    front = {**(assistant.report.get("dial") or _UNMEASURED), "trained": account}
    with new_folder(folder, own=OWN) as new:
        copy_model(init, new)
        assistant.dial.save(new / DIAL, str(read_assistant_table(init)["lineage"]))
        report = read_json(init / "report.json") if (init / "report.json").is_file() else {}
        write_json(new / "report.json", {**report, "dial": front})
    copy_card(init, folder)
    _remember(init, folder)


def _remember(init: Path, folder: Path) -> None:
    """Keep what the assistant itself was trained on, beside the config of its dial."""
    (folder / RUN_FOLDER).mkdir(exist_ok=True)
    for source, name in ((past_file(init), BASE), (init / RUN_FOLDER / ADDED, ADDED)):
        if source.is_file() and source != folder / RUN_FOLDER / RECIPE:
            shutil.copyfile(source, folder / RUN_FOLDER / name)


def _same(base: Assistant, assistant: Assistant) -> bool:
    ours = assistant.backbone.state_dict()
    return all(torch.equal(tensor, ours[name].cpu()) for name, tensor in base.backbone.state_dict().items())
