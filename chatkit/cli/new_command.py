"""``chatkit new``: a head to start from."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("new")
@click.argument("name")
@click.option("--package", is_flag=True, help="An installable package with tests, instead of one file.")
def command(name: str, package: bool) -> int:
    """Write a new head NAME into the current folder."""
    from chatkit.scaffold import write_head, write_package

    path = (write_package if package else write_head)(name, Path())
    if package:
        click.echo(f"wrote {path}/; try it with: cd {path} && pip install -e '.[test]' && pytest")
    else:
        click.echo(f"wrote {path}; see it answer with: chatkit --head ./{path}")
    return 0
