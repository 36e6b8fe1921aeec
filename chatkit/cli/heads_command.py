"""``chatkit heads``: which heads there are, and what to do about those in a bad state."""

from __future__ import annotations

import click

from chatkit.cli.options import json_option, print_json


@click.group("heads", invoke_without_command=True)
@click.pass_context
@click.option("--check", is_flag=True, help="Load every head that may be loaded.")
@click.option("--head", "files", multiple=True, metavar="FILE", help="Also this file; repeatable.")
@json_option
def command(ctx: click.Context, check: bool, files: tuple[str, ...], as_json: bool) -> int:
    """List, enable, disable and check heads."""
    if ctx.invoked_subcommand is None:
        return _list(check, files, as_json)
    return 0


@command.command("list")
@click.option("--check", is_flag=True, help="Load every head that may be loaded.")
@click.option("--head", "files", multiple=True, metavar="FILE", help="Also this file; repeatable.")
@json_option
def list_heads(check: bool, files: tuple[str, ...], as_json: bool) -> int:
    """List heads, their state and the way out of each bad one."""
    return _list(check, files, as_json)


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


def _list(check: bool, files: tuple[str, ...], as_json: bool) -> int:
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
    entries = registry.entries()
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
