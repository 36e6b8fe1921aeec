"""The files of an assistant, checked: what is read from elsewhere is measured before memory is taken for it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.checkpoint import tensor_shapes
from chatkit.config import read_toml
from chatkit.errors import ConfigError, ModelError
from chatkit.nn.quantise import expand, misfits

FORMAT = 1
RUN_FOLDER = "run"


def read_assistant_table(folder: Path) -> dict[str, Any]:
    """The content of ``assistant.toml``, checked.

    Raises:
        ModelError: If the folder is no assistant, half-written or of a newer format.
    """
    if not folder.is_dir():
        what = "is a file, not a model folder" if folder.exists() else "no such model folder"
        raise ModelError(f"{folder}: {what}", hint="make one with: chatkit train CONFIG --out DIR")
    if not (folder / "assistant.toml").is_file():
        unfinished = (folder / RUN_FOLDER).is_dir()
        hint = "training has not finished: go on with --resume" if unfinished else "is this a model folder?"
        raise ModelError(f"{folder}: no assistant.toml in it", hint=hint)
    try:
        table = read_toml(folder / "assistant.toml")
    except ConfigError as error:
        raise ModelError(str(error)) from None
    version = table.get("format")
    if not isinstance(version, int) or "encoder" not in table or not isinstance(table.get("lineage"), str):
        raise ModelError(f"{folder / 'assistant.toml'}: lacks format, lineage or [encoder]", hint="train it again")
    if version > FORMAT:
        raise ModelError(
            f"{folder}: made by a newer chatkit (format {version}, this one reads up to {FORMAT})",
            hint="upgrade chatkit",
        )
    for name in ("tokenizer.model", "encoder.safetensors"):
        if not (folder / name).is_file():
            raise ModelError(f"{folder}: {name} is missing", hint="the folder is incomplete: copy or train it again")
    return table


def fill(module: nn.Module, tensors: dict[str, Tensor], where: Path) -> None:
    """Load tensors into a module.

    Raises:
        ModelError: If names or shapes differ, or the module cannot read a table of its own among them.
    """
    wanted = {name: tensor.shape for name, tensor in module.state_dict().items()}
    given = {name: tensor.shape for name, tensor in tensors.items()}
    if wanted != given:
        differing = sorted(name for name in {*wanted, *given} if wanted.get(name) != given.get(name))
        raise ModelError(f"{where}: does not fit its config at {', '.join(differing[:3])}", hint="train it again")
    try:
        module.load_state_dict(tensors)
    except ValueError as error:
        raise ModelError(f"{where}: {error}") from error


def check_shapes(wanted: Mapping[str, torch.Size], file: Path) -> None:
    """Compare the header of a weights file, plain, int8 or pruned, with the shapes that are wanted.

    Raises:
        ModelError: If they differ.
    """
    differing = misfits(wanted, tensor_shapes(file))
    if differing:
        raise ModelError(f"{file}: does not fit its config at {', '.join(differing[:3])}", hint="train it again")


def expanded(tensors: dict[str, Tensor], file: Path) -> dict[str, Tensor]:
    """Tensors of a file as float32, whether it holds them plain, int8 or pruned.

    Raises:
        ModelError: If what it says of them does not fit together.
    """
    try:
        return expand(tensors)
    except ValueError as error:
        raise ModelError(f"{file}: {error}", hint="copy or train it again") from None


def lineage_of(weights: bytes, tokenizer: bytes) -> str:
    """Name of an encoder and a tokenizer, from the bytes of their files: a head fits where it was trained."""
    return hashlib.sha256(hashlib.sha256(weights).digest() + hashlib.sha256(tokenizer).digest()).hexdigest()[:16]


def name_of(folder: Path) -> str:
    """What the assistant in a folder is called: as the folder is, or as the run whose ``model`` it is."""
    folder = folder.absolute()
    return folder.parent.name if folder.name == "model" and folder.parent.name else folder.name
