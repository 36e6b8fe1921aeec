"""``chatkit check``: the contract kit on a head or a tokenizer."""

from __future__ import annotations

import click

from chatkit.cli.options import json_option, print_json


@click.command("check")
@click.argument("head")
@click.option("--verbose", is_flag=True, help="Also list what passed.")
@json_option
def command(head: str, verbose: bool, as_json: bool) -> int:
    """Prove HEAD (a name, a file, or a tokenizer.model) sound."""
    import torch

    from chatkit.testing import run_checks

    torch.set_num_threads(1)
    report = run_checks(head)
    if as_json:
        print_json(report.as_json())
    else:
        for line in report.lines(verbose=verbose):
            click.echo(line)
    return 0 if report.ok else 1
