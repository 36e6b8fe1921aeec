"""``chatkit report``: what a run or a sweep shows."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from chatkit.cli.options import json_option, print_json


@click.command("report")
@click.argument("folder", metavar="DIR")
@click.argument("other", metavar="[DIR]", required=False)
@click.option("--html", metavar="FILE", help="Write it as one page that loads nothing.")
@json_option
def command(folder: str, other: str | None, html: str | None, as_json: bool) -> int:
    """Show what a run or a sweep in DIR has found; of two runs, how they differ.

    Losses, weights and conflict over training; of a sweep the front, and what each objective gave up.
    """
    from chatkit.checkpoint import write_aside
    from chatkit.training.report.report import make_report

    readable = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    report = make_report(Path(folder), Path(other) if other else None, ascii_only=not readable)
    if html:
        write_aside(Path(html), report.html.encode("utf-8"))
    if as_json:
        print_json(report.data)
    elif not html:
        click.echo(report.text, nl=False)
    else:
        click.echo(f"report in {html}")
    return 0
