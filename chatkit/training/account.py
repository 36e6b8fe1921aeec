"""The account of a run for ``report.json``: what it was trained on, how, and what its objectives did to each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chatkit.head.head import Record
from chatkit.training.on_history import sessions_of
from chatkit.training.recipe import Recipe
from chatkit.training.trainer import Trainer


def account(
    recipe: Recipe,
    trainer: Trainer,
    records: Mapping[str, Sequence[Record]],
    *,
    data: str,
    private: Mapping[str, Mapping[str, int]],
) -> dict[str, Any]:
    """``training`` and ``objectives`` of the report, as the run stands.

    Args:
        recipe: The config.
        trainer: The run.
        records: Training records of each head.
        data: Their fingerprint.
        private: What was masked in each data set, and its duplicates.
    """
    training = {
        "steps": trainer.step,
        "seconds": round(trainer.seconds, 1),
        "seed": recipe.seed,
        "data": {name: [Path(s.path).name for s in config.sources] for name, config in recipe.heads.items()},
        "records": {name: len(part) for name, part in records.items()},
        "fingerprint": data,
        "private": dict(private),
        "sessions": used_sessions(records),
        "weighting": trainer.weighting.describe(),
        "sampler": trainer.sampler.describe(),
    }
    if trainer.private is not None:
        training["dp"] = trainer.private.spent()
    objectives = trainer.shared.summary()
    for name, row in objectives["objectives"].items():
        batches, batch = row.pop("noise_scale_batches"), recipe.heads[name].batch
        row["batch"], row["noise_scale"] = batch, None if batches is None else batches * batch
    return {"training": training, "objectives": objectives}


def used_sessions(records: Mapping[str, Sequence[Record]]) -> list[int]:
    """The sessions of the chat history among training records."""
    return sorted({number for part in records.values() for number in sessions_of(part)})
