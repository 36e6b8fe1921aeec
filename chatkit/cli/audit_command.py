"""``chatkit audit``: train with canaries and say what the model remembers of them."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from chatkit.cli.options import json_option, print_json


@click.command("audit")
@click.argument("config", default="corpora:english.toml", metavar="[CONFIG]")
@click.option("--canaries", type=click.IntRange(2, 60), default=12, show_default=True, help="For each of the repeats.")
@click.option("--digits", type=click.IntRange(2, 5), default=4, show_default=True, help="Of a code.")
@click.option("--model", metavar="DIR", help="Go on from this assistant's weights; 'default' is the shipped one.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="End after so many minutes of training.")
@click.option("--out", metavar="DIR", help="Keep the audited model here; it holds the canaries, so do not ship it.")
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of CONFIG; repeatable.")
@json_option
def command(
    config: str,
    canaries: int,
    digits: int,
    model: str | None,
    minutes: float | None,
    out: str | None,
    overrides: tuple[str, ...],
    as_json: bool,
) -> int:
    """Train as CONFIG says with made-up codes told 1, 4 and 16 times, and measure how far the model gives them away.

    Exposure is log2 of all codes less log2 of the code's rank; 1.44 is what a model gives that remembers nothing.
    Each code stands beside one that was never told; p is that of no difference.

    With --model the codes are told in train.steps further steps of an assistant that is there, among so many records of
    CONFIG as are seen once in them: how fast it takes in what it is told, not what it kept of its own training text.
    """
    from chatkit import paths
    from chatkit.training.auditing import audit
    from chatkit.training.progress import Progress
    from chatkit.training.recipe import load_recipe

    recipe = load_recipe(config, overrides)
    with tempfile.TemporaryDirectory() as aside:
        folder = Path(out) if out else Path(aside) / "audit"
        start = paths.shipped_model() if model == "default" else model and paths.user_path(model).absolute()
        found = audit(recipe, folder, Progress(), each=canaries, digits=digits, minutes=minutes, model=start or None)
    if as_json:
        print_json(found)
        return 0
    click.echo(f"after {found['steps']} steps ({found['epochs']:g} epochs of the conversations): {found['means']}")
    if found["epochs"] < 1:
        click.echo("less than one epoch: some codes were told less often than is said, or not at all")
    for row in found["canaries"]:
        click.echo(
            f"told {row['repeats']:>2} times: exposure {row['exposure']:.2f} of {row['most']:.2f} bits, never told "
            f"{row['control']:.2f} (p {row['p']:.2g}); extracted {row['extracted']:.0%} of {row['canaries']}"
        )
    return 0
