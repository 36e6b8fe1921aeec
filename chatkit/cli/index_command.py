"""``chatkit index``: the documents that passages are ranked from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatkit.cli.options import index_option, json_option, model_option, print_json

if TYPE_CHECKING:
    from chatkit.runtime.index import DocumentIndex


@click.group("index")
def command() -> None:
    """Index documents for ranking."""


@command.command("add")
@click.argument("places", nargs=-1, required=True, metavar="PATH...")
@index_option
@model_option
@json_option
def add(places: tuple[str, ...], index: str | None, model: str | None, as_json: bool) -> int:
    """Index files and folders; only what has changed is read again."""
    from chatkit.runtime.library import Library
    from chatkit.runtime.loading import load

    library = Library(load(model).assistant, index)
    live = sys.stderr.isatty()

    def progress(done: int, total: int, name: str) -> None:
        if live:
            print(f"\r\033[K{done}/{total} {name}", end="", file=sys.stderr, flush=True)

    database = _open(index)
    added = database.add([Path(p) for p in places], library.encode, lineage=library.lineage, progress=progress)
    if live:
        print("\r\033[K", end="", file=sys.stderr)
    for path, why in added.skipped:
        where = "" if str(path) in why else f"{path}: "
        print(f"chatkit: skipped: {where}{why}", file=sys.stderr)
    if as_json:
        skipped = [{"path": str(path), "why": why} for path, why in added.skipped]
        figures = {name: getattr(added, name) for name in ("added", "updated", "unchanged", "removed")}
        print_json({**figures, "skipped": skipped})
    else:
        click.echo(
            f"{added.added} files added, {added.updated} updated, {added.unchanged} unchanged, "
            f"{added.removed} removed, {len(added.skipped)} skipped"
        )
    if added.problems.count:
        print(f"chatkit: {added.problems}", file=sys.stderr)
    return 0


@command.command("list")
@index_option
@json_option
def list_files(index: str | None, as_json: bool) -> int:
    """List the indexed files."""
    entries = _open(index).entries()
    if as_json:
        files = [{"path": str(e.path), "passages": e.passages, "bytes": e.size, "lineage": e.lineage} for e in entries]
        print_json({"files": files})
        return 0
    for entry in entries:
        click.echo(f"{entry.passages:6} passages  {entry.path}")
    if not entries:
        click.echo("nothing is indexed; add files or folders with: chatkit index add PATH")
    return 0


@command.command("remove")
@click.argument("place", metavar="PATH")
@index_option
def remove(place: str, index: str | None) -> int:
    """Take a file, or all files of a folder, out of the index."""
    click.echo(f"removed {_open(index).remove(Path(place))} files")
    return 0


def _open(index: str | None) -> DocumentIndex:
    from chatkit.runtime.index import DocumentIndex

    return DocumentIndex(index)
