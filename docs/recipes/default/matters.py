"""Fills an assistant's generation head with what is said of the matters that people talk about.

    python docs/recipes/default/matters.py MODEL [FILES]

FILES are those of ``matters/`` beside this one. Trained weights, and all other heads, stay as they are. Some seconds.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chatkit_generation import Generation
from chatkit_generation.matters import table_of, unread
from filling import guarded, opened_model, with_room, written

FILES = sorted((Path(__file__).parent / "matters").glob("*.toml"))


def table(files: Sequence[Path]) -> bytes:
    """The table of files.

    Raises:
        SystemExit: If one cannot be read, or something in it is no matter.
    """
    try:
        return table_of({path.name: _content(path) for path in files})
    except (OSError, ValueError) as error:
        sys.exit(str(error))


def _content(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{path}: {error}") from error


def fill(model: Path, files: Sequence[Path]) -> None:
    """Write the head.

    Raises:
        ChatkitError: If the assistant cannot be read or written.
        SystemExit: If it has no such head, or the files are none of matters.
    """
    data = table(files)
    with unread():  # what this takes the place of may be of an old layout
        model, assistant = opened_model(model, Generation)
    options = {"matters": len(data)}
    head = with_room(assistant, Generation, options, ["matters"])
    assert head.matters is not None
    head.matters.learn(data)
    print(f"{len(data):,} bytes of {len(files)} files")
    written(model, assistant, "generation", options)


def main() -> None:
    """Write the head."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("files", nargs="*", type=Path, default=FILES)
    args = parser.parse_args()
    guarded(args.model, lambda: fill(args.model, args.files))


if __name__ == "__main__":
    main()
