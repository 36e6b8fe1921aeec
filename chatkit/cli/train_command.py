"""``chatkit train``: heads and their data in a TOML config, an assistant out."""

from __future__ import annotations

import io
import math
import shlex
from pathlib import Path

import click

from chatkit.cli.options import json_option, print_json


@click.command("train")
@click.argument("config")
@click.option("--out", required=True, metavar="DIR", help="Folder of the run and of the assistant.")
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint in DIR.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), help="End after so many minutes of training.")
@click.option("--device", type=click.Choice(["auto", "cpu", "cuda"]), default="auto", show_default=True)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of CONFIG; repeatable.")
@click.option("--tensorboard", metavar="DIR", help="Write curves, conflicts and text samples here (extra tensorboard).")
@json_option
def command(
    config: str,
    out: str,
    resume: bool,
    minutes: float | None,
    device: str,
    overrides: tuple[str, ...],
    tensorboard: str | None,
    as_json: bool,
) -> int:
    """Train an assistant as CONFIG says (a TOML file, or corpora:english.toml)."""
    from chatkit.training.building import find_device
    from chatkit.training.distributed import Group
    from chatkit.training.progress import Progress
    from chatkit.training.recipe import load_recipe
    from chatkit.training.run import Run
    from chatkit.training.tensorboard import TensorBoard
    from chatkit.training.watch import Watch

    recipe = load_recipe(config, overrides)
    group = Group.join(find_device(device))
    progress = Progress() if group.first else Progress(io.StringIO(), quiet=True)
    watch = TensorBoard(Path(tensorboard)) if tensorboard else Watch()
    run = Run(recipe, Path(out), progress, minutes=minutes, device=device, group=group, watch=watch)
    if resume:
        run.resume()
    else:
        run.start()
    finished = run.train()
    progress.close()
    group.leave()
    if not group.first:
        return 0 if finished else 130
    if not finished:
        watch.close()
        again = ["chatkit", "train", config, "--out", out, "--resume"]
        again += [part for pair in overrides for part in ("--set", pair)]
        again += [] if minutes is None else ["--minutes", f"{minutes:g}"]
        again += [] if tensorboard is None else ["--tensorboard", tensorboard]
        progress.note(f"stopped and saved; go on with: {shlex.join(again)}")
        return 130
    watch.evaluated(run.trainer, run.dev, run.figures)
    watch.close()
    shown = {head: {name: metric.value for name, metric in metrics.items()} for head, metrics in run.figures.items()}
    if as_json:  # JSON has no infinity, which a perplexity may reach
        heads = {head: {k: v for k, v in row.items() if math.isfinite(v)} for head, row in shown.items()}
        out_json = {"model": out, "steps": run.trainer.step, "seconds": run.trainer.seconds, "heads": heads}
        private = run.assistant.report["training"].get("dp")
        print_json(out_json | ({"dp": private} if private else {}))
    else:
        for head, metrics in shown.items():
            click.echo(f"{head}: " + "  ".join(f"{name} {value:.4f}" for name, value in metrics.items()) + "  (dev)")
        for head, row in (run.assistant.report["training"].get("dp") or {}).items():
            click.echo(f"{head}: epsilon {row['epsilon']:.2f} at delta {row['delta']:.2g} for each record")
        click.echo(f"assistant in {out}; talk to it with: chatkit --model {out}")
    return 0
