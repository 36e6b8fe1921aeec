"""``chatkit compress``: a smaller assistant, with size, speed and metrics before and after."""

from __future__ import annotations

from pathlib import Path

import click

from chatkit.cli.options import json_option, model_option, print_json


@click.command("compress")
@model_option
@click.option("--int8", "int8", is_flag=True, help="Whole numbers with one scale a row of each matrix.")
@click.option(
    "--prune",
    "share",
    metavar="F",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    help="Leave out this share of the encoder's weights, the smallest first.",
)
@click.option("--out", required=True, metavar="DIR", help="Folder of the smaller assistant.")
@click.option("--examples", type=click.IntRange(0), default=500, show_default=True, help="Of each dev set; 0: all.")
@json_option
def command(model: str | None, int8: bool, share: float | None, out: str, examples: int, as_json: bool) -> int:
    """Make an assistant smaller and measure its heads before and after."""
    if not int8 and share is None:
        raise click.UsageError("say how: --int8, --prune F, or both")
    from chatkit.runtime.compression import compress_model

    table = compress_model(model, Path(out), int8=int8, prune_share=share or 0.0, most=examples)
    if as_json:
        print_json(table)
        return 0
    click.echo(f"{'':52}{'before':>12}{'after':>12}")
    for row in table["rows"]:
        click.echo(f"{row['what']:52}{row['before']:12,.4f}{row['after']:12,.4f}")
    return 0
