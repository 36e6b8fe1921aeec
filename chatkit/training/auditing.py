"""``chatkit audit``: a training run with canaries among the dialogues of its language model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatkit.errors import ConfigError
from chatkit.training.building import find_head
from chatkit.training.canaries import draw_canaries, expose, summary
from chatkit.training.prepare import is_conversation
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run

REPEATS = (1, 4, 16)


def audit(
    recipe: Recipe, folder: Path, progress: Progress, *, each: int, digits: int, minutes: float | None = None
) -> dict[str, Any]:
    """Train with canaries and rank their codes.

    Args:
        recipe: The config; one of its heads must read conversations.
        folder: Of the run.
        progress: Where it says how it goes.
        each: Canaries for each of ``REPEATS``.
        digits: Digits of a code.
        minutes: Bound on the training.
    Returns:
        Plain data: ``canaries`` as in ``canaries.summary``, ``steps``, ``epochs`` of the conversations if known.
    Raises:
        ConfigError: If no head reads conversations.
    """
    talkers = [name for name, config in recipe.heads.items() if is_conversation(find_head(name, config.head))]
    if not talkers:
        raise ConfigError("no head of the config reads conversations", hint="add [heads.generation]")
    canaries = draw_canaries(REPEATS, each, digits=digits, seed=recipe.seed)
    planted = {talkers[0]: [record for canary in canaries for record in canary.records()]}
    run = Run(recipe, folder, progress, minutes=minutes, device="cpu", planted=planted)
    run.start()
    run.train(finish=False)
    progress.close()
    assistant = run.assistant.eval()
    rows = summary([expose(assistant, canary) for canary in canaries])
    return {"head": talkers[0], "steps": run.trainer.step, "digits": digits, "canaries": rows}
