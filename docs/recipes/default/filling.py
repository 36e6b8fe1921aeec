"""What the scripts share that fill a part of a head after the training: its room, the command, the last step."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from chatkit.assistant import OWN, Assistant
from chatkit.checkpoint import new_folder
from chatkit.errors import ChatkitError
from chatkit.head.head import Head
from chatkit.runtime.loading import load_trained
from chatkit.training.model_folder import checked_folders, copy_model
from chatkit.training.recipe import Recipe, load_recipe

H = TypeVar("H", bound=Head)


def parser_of(said: str | None) -> argparse.ArgumentParser:
    """MODEL, --config and --set.

    Args:
        said: Docstring of the script.
    """
    parser = argparse.ArgumentParser(description=said, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--config", required=True)
    parser.add_argument("--set", action="append", default=[], dest="overrides", metavar="KEY=VALUE")
    return parser


def run(args: argparse.Namespace, fill: Callable[[Path, Recipe], None]) -> None:
    """Fill the model that was asked for; mistakes and Ctrl-C end it with one line."""
    guarded(args.model, lambda: fill(args.model, load_recipe(args.config, args.overrides)))


def guarded(model: Path, work: Callable[[], None]) -> None:
    """Work on a model; mistakes and Ctrl-C end it with one line."""
    try:
        work()
    except ChatkitError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit(f"stopped; {model} is as it was")


def opened(model: Path, recipe: Recipe, kind: type[Head]) -> tuple[Path, Assistant]:
    """The folder, which can be written, and the assistant in it: before the work, not after it.

    Raises:
        ChatkitError: If the assistant cannot be read or written.
        SystemExit: If it or the config has no such head.
    """
    if kind.name not in recipe.heads:
        sys.exit(f"the config has no head {kind.name}")
    return opened_model(model, kind)


def opened_model(model: Path, kind: type[Head]) -> tuple[Path, Assistant]:
    """The same without a config.

    Raises:
        ChatkitError: If the assistant cannot be read or written.
        SystemExit: If it has no such head.
    """
    model, _ = checked_folders(model, None)
    assistant = load_trained(model)
    if not isinstance(assistant.heads.get(kind.name), kind):
        sys.exit(f"{model} has no head {kind.name}")
    return model, assistant


def with_room(assistant: Assistant, kind: type[H], options: Mapping[str, Any], parts: Sequence[str]) -> H:
    """The head built anew with options beside its own; its trained weights stay, parts of these names are empty."""
    old = assistant.heads[kind.name].state_dict()
    setup = assistant.setups[kind.name]
    head = assistant.add_head(kind, dataclasses.replace(setup, options={**setup.options, **options}))
    assert isinstance(head, kind)
    trained = {key: value for key, value in old.items() if key.partition(".")[0] not in parts}
    head.load_state_dict({**head.state_dict(), **trained})
    return head


def written(model: Path, assistant: Assistant, name: str, options: Mapping[str, Any]) -> None:
    """Put a head with options beside its own in the place of that in the folder; all else stays to the byte."""
    setup = assistant.setups[name]
    assistant.setups[name] = dataclasses.replace(setup, options={**setup.options, **options})
    with new_folder(model, own=OWN) as new:
        copy_model(model, new, without=(name,))
        assistant.save_head(name, new / "heads" / name, precision=assistant.precision)
