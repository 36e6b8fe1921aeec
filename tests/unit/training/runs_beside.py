"""Runs on a finished assistant, to their end or to a checkpoint on the way."""

from __future__ import annotations

from pathlib import Path

from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run


def run(recipe: Recipe, folder: Path, *, resume: bool = False, stop_at: int | None = None, quiet: bool = True) -> Run:
    made = Run(recipe, folder, Progress(quiet=quiet), device="cpu")
    made.resume() if resume else made.start()
    if stop_at is None:
        assert made.train()
        return made
    while made.trainer.step < stop_at:
        made.trainer.train_step()
    made.checkpoint()
    return made
