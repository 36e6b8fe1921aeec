"""``chatkit heads``: which heads there are, what to do about those in a bad state, and which of them a model holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from chatkit.cli.options import json_option, model_option, print_json
from chatkit.paths import user_path

if TYPE_CHECKING:
    from chatkit.registry import Entry, Registry
    from chatkit.training.grow import Grown


@click.group("heads", invoke_without_command=True)
@click.pass_context
@click.option("--check", is_flag=True, help="Load every head that may be loaded.")
@click.option("--head", "files", multiple=True, metavar="FILE", help="Also this file; repeatable.")
@click.option("--model", metavar="DIR", help="Say also which heads are stale in this model folder.")
@json_option
def command(ctx: click.Context, check: bool, files: tuple[str, ...], model: str | None, as_json: bool) -> int:
    """List, enable, disable and check heads; train a new one on a model, or take one out."""
    if ctx.invoked_subcommand is None:
        return _list(check, files, model, as_json)
    return 0


@command.command("list")
@click.option("--check", is_flag=True, help="Load every head that may be loaded.")
@click.option("--head", "files", multiple=True, metavar="FILE", help="Also this file; repeatable.")
@click.option("--model", metavar="DIR", help="Say also which heads are stale in this model folder.")
@json_option
def list_heads(check: bool, files: tuple[str, ...], model: str | None, as_json: bool) -> int:
    """List heads, their state and the way out of each bad one."""
    return _list(check, files, model, as_json)


@command.command("enable")
@click.argument("name")
def enable(name: str) -> int:
    """Switch a head on; this also confirms its drop-in file as it is now."""
    from chatkit.registry import Registry

    Registry().enable(name)
    click.echo(f"{name} is enabled")
    return 0


@command.command("disable")
@click.argument("name")
def disable(name: str) -> int:
    """Switch a head off, in this and later runs."""
    from chatkit.registry import Registry

    Registry().disable(name)
    click.echo(f"{name} is disabled")
    return 0


@command.command("add")
@click.argument("head")
@click.option("--data", multiple=True, required=True, metavar="PATH", help="Data of the head; repeatable.")
@model_option
@click.option("--out", metavar="DIR", help="Write the result here; by default into the model itself.")
@click.option("--unfreeze", is_flag=True, help="Train the encoder too; the other heads rehearse their own data.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Set a key of the config; repeatable.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="End after so many minutes of training.")
@click.option("--head", "files", multiple=True, metavar="FILE", help="File of a head that the model holds; repeatable.")
@json_option
def add(
    head: str,
    data: tuple[str, ...],
    model: str | None,
    out: str | None,
    unfreeze: bool,
    overrides: tuple[str, ...],
    minutes: float | None,
    files: tuple[str, ...],
    as_json: bool,
) -> int:
    """Train HEAD (a name or a file) on a trained assistant; the encoder and the other heads stay as they are."""
    from chatkit.training.grow import Growth
    from chatkit.training.progress import Progress

    progress = Progress()
    growth = Growth(
        Path(model) if model else None,
        head,
        data,
        progress=progress,
        out=Path(out) if out else None,
        unfreeze=unfreeze,
        overrides=overrides,
        minutes=minutes,
        files=files,
    )
    try:
        grown = growth.run()
    except KeyboardInterrupt:
        progress.close()
        progress.note("stopped; nothing was written")
        return 130
    if as_json:
        print_json({"model": str(grown.out), "lineage": grown.lineage, **grown.as_json()})
    else:
        _show(grown, file=growth.file)
    return 0


@command.command("remove")
@click.argument("name")
@model_option
def remove(name: str, model: str | None) -> int:
    """Take a head out of a model; its weights are deleted, the other heads stay as they are."""
    from chatkit.training.model_folder import remove_head

    folder = remove_head(Path(model) if model else None, name)
    click.echo(f"{name} is removed from {folder}")
    return 0


def _show(grown: Grown, *, file: str | None) -> None:
    click.echo(f"{grown.head}, {grown.examples:,} dev examples (± is the standard deviation over bootstrap draws):")
    for name, figure in grown.figures.items():
        click.echo(f"  {name:16} {figure}")
    for other, metrics in grown.cost.items():
        click.echo(f"what it cost {other}:")
        for name, change in metrics.items():
            click.echo(f"  {name:16} {change}")
    named = f" --head {file}" if file else ""
    click.echo(
        f"assistant in {grown.out} (lineage {grown.lineage[:8]}); talk to it with: chatkit --model {grown.out}{named}"
    )


def _held(registry: Registry, model: Path) -> list[Entry]:
    from chatkit.model_files import read_assistant_table
    from chatkit.registry.held import mark_held

    return mark_held(registry, model, read_assistant_table(model)["lineage"])


def _list(check: bool, files: tuple[str, ...], model: str | None, as_json: bool) -> int:
    from chatkit.errors import HeadError
    from chatkit.registry import Registry

    registry = Registry(files)
    failed = False
    if check:
        for name in registry.names():
            try:
                registry.load(name)
            except HeadError:
                failed = True  # the listing says which and why
    lost = _held(registry, user_path(model)) if model else []
    entries = [*registry.entries(), *lost]
    if as_json:
        print_json({"heads": [entry.as_json() for entry in entries]})
        return int(failed)
    if registry.problem:
        click.echo(registry.problem, err=True)
    for entry in entries:
        loaded = entry.state == "ok" or bool(entry.fields)
        size = f"{entry.parameters:,} weights" if entry.parameters is not None else "-"
        fields = ",".join(entry.fields) if loaded else "-"
        line = f"{entry.name:16} {entry.state:12} {entry.origin:14} {entry.version or '-':8} {fields:12} {size}"
        click.echo(line.rstrip())
        if entry.why:
            place = f" at {entry.place}" if entry.place else ""
            click.echo(f"{'':17}{entry.why}{place}" + (f"; {entry.way_out}" if entry.way_out else ""))
    return int(failed)
