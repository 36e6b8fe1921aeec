"""``chatkit audit``: a training run with canaries among the dialogues of its language model."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatkit.data.batching import record_ids
from chatkit.errors import ConfigError
from chatkit.head.head import Record
from chatkit.text.tokenizer import Tokenizer
from chatkit.text.views import CONVERSATION
from chatkit.training.building import find_head
from chatkit.training.canaries import Canary, draw_canaries, expose, summary
from chatkit.training.prepare import is_conversation
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run

REPEATS = (1, 4, 16)
_FULL = 0.98  # of the pieces that a run has room for: rows end at different times


@dataclasses.dataclass(frozen=True)
class _Mixture:
    """Puts canaries among the records of a head, of which a run that is too short for all takes as many as it sees.

    Args:
        head: The head that reads conversations.
        canaries: What is told.
        recipe: The config.
        model: Folder of the assistant that the run goes on from; None for a run from nothing, which takes all records.
    """

    head: str
    canaries: Sequence[Canary]
    recipe: Recipe
    model: Path | None

    def __call__(self, records: dict[str, list[Record]]) -> None:
        told = [record for canary in self.canaries for record in canary.records()]
        if self.model is not None:
            records[self.head] = self._as_many_as_are_seen(records[self.head], told)
        records[self.head] += told

    def _as_many_as_are_seen(self, records: Sequence[Record], told: Sequence[Record]) -> list[Record]:
        assert self.model is not None
        config, tokenizer = self.recipe.heads[self.head], Tokenizer.load(self.model / "tokenizer.model")
        left = self.recipe.train.steps // config.every * config.batch * config.window * _FULL

        def pieces(record: Record) -> int:
            ids = record_ids(tokenizer, record, "text", CONVERSATION, config.max_pieces)
            return -(-len(ids) // config.window) * config.window  # a window that is not full takes as long

        left -= sum(map(pieces, told))
        kept = []
        for index in np.random.default_rng([self.recipe.seed, 5]).permutation(len(records)).tolist():
            left -= pieces(records[index])
            if left < 0:
                break
            kept.append(records[index])
        return kept


def audit(
    recipe: Recipe,
    folder: Path,
    progress: Progress,
    *,
    each: int,
    digits: int,
    minutes: float | None = None,
    model: Path | None = None,
) -> dict[str, Any]:
    """Train with canaries and rank their codes.

    Args:
        recipe: The config; one of its heads must read conversations.
        folder: Of the run.
        progress: Where it says how it goes.
        each: Canaries for each of ``REPEATS``.
        digits: Digits of a code.
        minutes: Bound on the training.
        model: Go on from the weights of this assistant, on so many of the records as are seen once in ``train.steps``.
    Returns:
        Plain data: ``canaries`` as in ``canaries.summary``, ``steps``, ``epochs`` of the conversations (below 1, some
        canaries were told less often than is said), ``model``, and ``means``, in words.
    Raises:
        ConfigError: If no head reads conversations, or the shape of the assistant is not that of the config.
    """
    talkers = [name for name, config in recipe.heads.items() if is_conversation(find_head(name, config.head))]
    if not talkers:
        raise ConfigError("no head of the config reads conversations", hint="add [heads.generation]")
    if model is not None:
        recipe = dataclasses.replace(recipe, init=str(model))
    canaries = draw_canaries(REPEATS, each, digits=digits, seed=recipe.seed)
    planted = _Mixture(talkers[0], canaries, recipe, model)
    run = Run(recipe, folder, progress, minutes=minutes, device="cpu", planted=planted)
    run.start()
    run.train(finish=False)
    progress.close()
    assistant = run.assistant.eval()
    epochs = run.trainer.batches[talkers[0]].epochs
    rows = summary([expose(assistant, canary) for canary in canaries])
    found = {"head": talkers[0], "steps": run.trainer.step, "epochs": round(epochs, 2), "digits": digits}
    return {**found, "model": model and str(model), "means": _meaning(model, run.trainer.step), "canaries": rows}


def _meaning(model: Path | None, steps: int) -> str:
    if model is None:
        return (
            "a model trained from nothing as the config says, with the codes among its dialogues: what it gives away "
            "holds for models trained alike, and for text that was told as often"
        )
    return (
        f"the weights of {model.name} after {steps} further steps in which the codes were told: it says how fast that "
        "model takes in what it is told now, at this learning rate, with few steps behind to wash it out. It does not "
        "say what it kept of its own training text, among which no code was planted"
    )
