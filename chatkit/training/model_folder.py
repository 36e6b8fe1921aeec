"""The folder of a model: which may be changed, how it is copied, a head taken out of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection
from pathlib import Path

from chatkit import paths
from chatkit.assistant import OWN
from chatkit.checkpoint import new_folder, recover_folder
from chatkit.errors import HeadError, ModelError, StorageError
from chatkit.model_files import RUN_FOLDER, read_assistant_table
from chatkit.training.past import RECIPE, added_heads, past_file, remember_added

_EXTRAS = ("CARD.md", "NOTICE")


def remove_head(model: Path | None, name: str) -> Path:
    """Take a head out of an assistant; the others stay as they are, bit for bit.

    Returns:
        The model folder.
    Raises:
        ModelError: If the folder is no assistant, or the shipped one.
        HeadError: If it has no such head.
    """
    folder, _ = checked_folders(model, None)
    found = sorted(path.parent.name for path in folder.glob("heads/*/head.json"))
    if name not in found:
        raise HeadError(f"{folder} has no head {name}", head=name, hint=f"it has: {', '.join(found) or 'none'}")
    with new_folder(folder, own=OWN) as new:
        copy_model(folder, new, without=(name,))
    remember_added(folder, {k: v for k, v in added_heads(folder).items() if k != name})
    return folder


def checked_folders(model: Path | None, out: Path | None) -> tuple[Path, Path]:
    """The model to read and the folder to write, checked.

    Raises:
        ModelError: If the model is no assistant, or would be the shipped one.
        StorageError: If the folder to write to holds something else.
    """
    shipped = paths.shipped_model()
    folder = paths.user_path(model or shipped)
    recover_folder(folder, own=OWN)
    read_assistant_table(folder)
    target = folder if out is None else paths.user_path(out)
    if target.resolve() == shipped.resolve():
        hint = "write a copy with --out DIR" if out is None and model is None else "name another folder"
        raise ModelError("the assistant that ships with chatkit is not changed", hint=f"{hint}, or --model DIR")
    if target.resolve() != folder.resolve() and target.exists() and any(target.iterdir()):
        raise StorageError(f"{target}: is not empty", hint="name a new folder with --out")
    above = next(path for path in (target.absolute(), *target.absolute().parents) if path.exists())
    if not os.access(above if above != target.absolute() else above.parent, os.W_OK):
        raise StorageError(f"{target}: may not be written to", hint="write a copy with --out DIR")
    return folder, target


def copy_model(source: Path, target: Path, *, without: Collection[str] = ()) -> None:
    """Copy what makes an assistant, byte for byte, but for some heads."""
    for entry in OWN:
        if (source / entry).is_file():
            shutil.copyfile(source / entry, target / entry)
    for head in source.glob("heads/*/head.json"):
        if head.parent.name not in without:
            shutil.copytree(head.parent, target / "heads" / head.parent.name)


def copy_card(source: Path, target: Path) -> None:
    """Copy what is to be read of an assistant: card and notice."""
    for extra in _EXTRAS:
        if (source / extra).is_file():
            shutil.copyfile(source / extra, target / extra)


def copy_extras(source: Path, target: Path) -> None:
    """Copy what goes with an assistant: card, notice, what it was trained on."""
    copy_card(source, target)
    if (known := past_file(source)).is_file():
        (target / RUN_FOLDER).mkdir(exist_ok=True)
        shutil.copyfile(known, target / RUN_FOLDER / RECIPE)
