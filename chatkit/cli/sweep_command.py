"""``chatkit sweep``: one config, many weightings, learning rates and seeds."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click


@click.command("sweep")
@click.argument("config")
@click.option("--out", required=True, metavar="DIR", help="Folder of the sweep.")
@click.option("--jobs", type=click.IntRange(1), metavar="N", help="Runs at once, a core each; all cores by default.")
@click.option("--resume", is_flag=True, help="Go on: finished runs count, those cut off go on from their checkpoint.")
@click.option(
    "--minutes", type=click.FloatRange(0, min_open=True), help="Stop and save after so many; --resume goes on."
)
@click.option("--set", "overrides", multiple=True, metavar="KEY=VALUE", help="Override a key of CONFIG; repeatable.")
def command(
    config: str, out: str, jobs: int | None, resume: bool, minutes: float | None, overrides: tuple[str, ...]
) -> int:
    """Train CONFIG many times, as its [sweep] table says, and each objective alone.

    `chatkit report DIR` then shows what each objective gives up.
    """
    from chatkit.training.recipe import load_recipe
    from chatkit.training.sweep.board import Board
    from chatkit.training.sweep.sweep import Sweep

    board = Board()
    sweep = Sweep(load_recipe(config, overrides), Path(out), board, jobs=jobs or os.cpu_count() or 1, minutes=minutes)
    if resume:
        sweep.resume()
    else:
        sweep.start()
    finished = sweep.run()
    board.close()
    if not finished:
        again = ["chatkit", "sweep", config, "--out", out, "--resume"]
        again += [] if jobs is None else ["--jobs", str(jobs)]
        again += [] if minutes is None else ["--minutes", f"{minutes:g}"]
        again += [part for pair in overrides for part in ("--set", pair)]
        board.note(f"stopped and saved; go on with: {shlex.join(again)}")
        return 1 if sweep.out_of_time else 130
    if sweep.failed:
        board.note(f"{len(sweep.failed)} runs failed; --resume tries them again")
    click.echo(f"sweep in {out}; look at it with: chatkit report {out}")
    return 1 if sweep.failed else 0
