"""``chatkit calibrate``: fit what no gradient trains. ``chatkit train`` does it at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from chatkit.cli.options import json_option, model_option, print_json

if TYPE_CHECKING:
    from chatkit.training.calibrating import Part


@click.command("calibrate")
@model_option
@click.option("--config", metavar="FILE", help="Config that names its data; by default what the model remembers.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of FILE; repeatable.")
@click.option("--only", type=click.Choice(["heads", "fusion", "confidence"]), help="Fit this part; by default all.")
@json_option
def command(model: str | None, config: str | None, overrides: tuple[str, ...], only: Part | None, as_json: bool) -> int:
    """Fit what no gradient trains, and store it in the model: what heads take in, the weight of vectors beside BM25;
    familiarity, temperatures and label sets."""
    from chatkit.training.calibrating import PARTS, calibrate_model
    from chatkit.training.progress import Progress

    if overrides and not config:
        raise click.UsageError("--set needs --config")
    parts = (only,) if only else PARTS
    found = calibrate_model(model, Progress(), config=config, overrides=overrides, parts=parts)
    if as_json:
        print_json({**found.get("confidence", {}), **{k: v for k, v in found.items() if k != "confidence"}})
        return 0
    if found.get("heads"):
        click.echo(f"taken in anew: {', '.join(found['heads'])}")
    for name, fitted in found.get("fusion", {}).items():
        chosen = fitted["chosen"]
        click.echo(
            f"{name}: vectors beside BM25 with weight {chosen['weight']:g}, sharpness {chosen['sharpness']:g}, "
            f"chosen on {', '.join(fitted['sets']) or 'nothing'}"
        )
    if "confidence" in found:
        _show_confidence(found["confidence"])
    return 0


def _show_confidence(found: dict[str, Any]) -> None:
    for name, head in found["heads"].items():
        click.echo(
            f"{name}: temperature {head['temperature']:.3f}, ECE {head['ece_before']:.3f} -> {head['ece']:.3f} "
            f"on {head['examples']:,.0f} examples; not sure below {head['threshold']:.2f}"
        )
    if found["familiarity"] is None:
        click.echo("familiarity: too little text")
    else:
        click.echo(f"familiarity: {', '.join(found['familiarity']['domains'])}")
        chosen = found["familiarity"]["chosen"]
        for name, row in chosen["auroc"].items():
            mark = "*" if name == chosen["name"] else " "
            sets = ", ".join(f"{key} {value:.3f}" for key, value in row.items() if key not in ("mean", "worst"))
            click.echo(f"{mark} {name:36} AUROC {row['mean']:.3f}, worst {row['worst']:.3f} ({sets})")
        if chosen["auroc"]:
            click.echo("* the cheapest within 0.01 of the best, on dev against the sets named as fit in the config")
