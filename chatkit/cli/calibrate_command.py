"""``chatkit calibrate``: fit how far an assistant's answers can be trusted. ``chatkit train`` does it at its end."""

from __future__ import annotations

import click

from chatkit.cli.options import json_option, model_option, print_json


@click.command("calibrate")
@model_option
@click.option("--config", metavar="FILE", help="Config that names its data; by default what the model remembers.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of FILE; repeatable.")
@json_option
def command(model: str | None, config: str | None, overrides: tuple[str, ...], as_json: bool) -> int:
    """Fit familiarity, temperatures and label sets on the dev parts of the data, and store them in the model."""
    from chatkit.training.calibrating import calibrate_model
    from chatkit.training.progress import Progress

    if overrides and not config:
        raise click.UsageError("--set needs --config")
    found = calibrate_model(model, Progress(), config=config, overrides=overrides)
    if as_json:
        print_json(found)
        return 0
    for name, head in found["heads"].items():
        click.echo(
            f"{name}: temperature {head['temperature']:.3f}, ECE {head['ece_before']:.3f} -> {head['ece']:.3f} "
            f"on {head['examples']:,.0f} examples; not sure below {head['threshold']:.2f}"
        )
    if found["familiarity"] is None:
        click.echo("familiarity: too little text")
    else:
        click.echo(f"familiarity: {', '.join(found['familiarity']['domains'])}")
    return 0
