"""``chatkit index``: the documents that passages are ranked from."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatkit.cli.options import index_option, json_option, model_option, print_json
from chatkit.runtime import clock

if TYPE_CHECKING:
    from chatkit.runtime.index import DocumentIndex
    from chatkit.runtime.index_tables import Entry, Step
    from chatkit.runtime.sources import Source


@click.group("index")
def command() -> None:
    """Index documents for ranking."""


@command.command("add")
@click.argument("places", nargs=-1, required=True, metavar="PATH...")
@click.option("--progress", is_flag=True, hidden=True, help="For the chat: progress as JSON lines on stderr.")
@index_option
@model_option
@json_option
def add(places: tuple[str, ...], progress: bool, index: str | None, model: str | None, as_json: bool) -> int:
    """Index files and folders; only what has changed is read again."""
    from chatkit.runtime.library import Library
    from chatkit.runtime.loading import load

    if progress:
        os.nice(5)  # the chat goes first
    library = Library(load(model).assistant, index)
    tell = _as_json if progress else _on_one_line if sys.stderr.isatty() else None
    with _open(index) as database:
        added = database.add([Path(p) for p in places], library.encode, lineage=library.lineage, progress=tell)
    library.warm()  # postings are built here, not when the chat is next asked
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


def _on_one_line(step: Step) -> None:
    told = f"{step.done}/{step.total} files, {step.passages} passages  {step.name}" if step.name else ""
    print(f"\r\033[K{told}", end="", file=sys.stderr, flush=True)


def _as_json(step: Step) -> None:
    print(json.dumps(step._asdict()), file=sys.stderr, flush=True)


@command.command("list")
@index_option
@json_option
def list_files(index: str | None, as_json: bool) -> int:
    """List what is indexed: places as they were named, and their files."""
    from chatkit.runtime.sources import sources

    with _open(index) as database:
        found = sources(database)
    if as_json:
        files = [(entry, state) for source in found for entry, state in source.files]
        print_json({"sources": [_source(source) for source in found], "files": [_file(*file) for file in files]})
        return 0
    for source in found:
        count = f"{len(source.files)} file{'s' * (len(source.files) != 1)}, {source.passages} passages"
        read = clock.shown(source.read) if source.read else "never to its end"
        changes = f"; {source.changes}" if source.changes else ""
        click.echo(f"{source.path}  {count}, read {read}{changes}")
        for entry, state in source.files:
            click.echo(f"{entry.passages:6} passages  {entry.path}{'' if state == 'as read' else f'  ({state})'}")
    if not found:
        click.echo("nothing is indexed; add files or folders with: chatkit index add PATH")
    return 0


def _source(source: Source) -> dict[str, object]:
    count = {state: sum(found == state for _, found in source.files) for state in ("changed", "gone")}
    figures = {"files": len(source.files), "passages": source.passages, "read": source.read, "there": source.there}
    return {"path": str(source.path), **figures, **count}


def _file(entry: Entry, state: str) -> dict[str, object]:
    figures = {"passages": entry.passages, "bytes": entry.size, "lineage": entry.lineage, "state": state}
    return {"path": str(entry.path), **figures}


@command.command("remove")
@click.argument("place", metavar="PATH")
@index_option
def remove(place: str, index: str | None) -> int:
    """Take a file, or all files of a folder, out of the index."""
    with _open(index) as database:
        click.echo(f"removed {database.remove(Path(place))} files")
    return 0


def _open(index: str | None) -> contextlib.closing[DocumentIndex]:
    from chatkit.runtime.index import DocumentIndex

    return contextlib.closing(DocumentIndex(index))
