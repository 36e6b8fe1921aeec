"""A smaller assistant, and what that cost: size, speed and metrics before and after in one table."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import torch

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.errors import StorageError
from chatkit.nn.quantise import prune
from chatkit.nn.step import Stepper
from chatkit.runtime.evaluation import evaluate_model
from chatkit.runtime.loading import load_trained

_ROUNDS, _STEPS = 7, 40


def compress_model(
    model: str | None, out: Path, *, int8: bool = True, prune_share: float = 0.0, most: int = 0
) -> dict[str, Any]:
    """Write a smaller form of an assistant and compare the two on dev.

    Args:
        model: Model folder; None for the shipped assistant.
        out: Folder of the smaller one; another than ``model``.
        int8: Store every matrix per-row int8.
        prune_share: Set this share of the encoder's recurrent and input matrices to 0, the smallest values first; the
            zeros are left out on disk. The embedding is spared.
        most: At most so many examples of each dev set; 0 takes all.
    Returns:
        ``{"out", "rows": [{"what", "before", "after"}]}``, sizes in MB, speed in steps a CPU second of one thread.
    Raises:
        StorageError: If ``out`` is the model itself, holds another, or cannot be written.
    """
    folder = paths.user_path(model) if model else paths.shipped_model()
    if out.resolve() == folder.resolve():
        raise StorageError(f"{out}: is the model itself", hint="name another folder with --out")
    if (out / "assistant.toml").exists():  # it may have cost hours
        raise StorageError(f"{out}: holds an assistant already", hint="name another folder with --out")
    assistant = load_trained(folder)
    already = assistant.precision == "int8"  # pruned alone, it stays as small as it was
    if prune_share:
        prune_encoder(assistant, prune_share)
    assistant.save(out, precision="int8" if int8 or already else "float32")
    before = _rows(evaluate_model(str(folder), most=most, data_of=str(folder)))
    after = _rows(evaluate_model(str(out), most=most, data_of=str(folder)))
    speeds = _speeds(load_trained(folder), load_trained(out))
    rows = [
        {"what": "size, MB", "before": _megabytes(folder), "after": _megabytes(out)},
        {"what": "steps of generation a CPU second", "before": speeds[0], "after": speeds[1]},
    ]
    rows += [{"what": what, "before": value, "after": after.get(what, float("nan"))} for what, value in before.items()]
    return {"out": str(out), "rows": rows}


def prune_encoder(assistant: Assistant, share: float) -> None:
    """Set the smallest values of each matrix of the encoder to 0, but for the embedding's."""
    encoder = assistant.backbone.encoder
    for parameter in encoder.parameters():
        if parameter.ndim == 2 and parameter is not encoder.embedding.weight:
            prune(parameter.detach(), share)


def _speeds(*assistants: Assistant) -> list[float]:
    """Steps a CPU second of each, in turn, so that other work on the machine hits all alike."""
    steppers = [Stepper(assistant.backbone) for assistant in assistants]
    rates: list[list[float]] = [[] for _ in assistants]
    with torch.inference_mode():
        for number in range(_ROUNDS + 1):
            for assistant, stepper, row in zip(assistants, steppers, rates, strict=True):
                state, ids, start = assistant.backbone.encoder.zero_state(1), torch.tensor([1]), time.process_time()
                for _ in range(_STEPS):
                    hidden, state = stepper.step(ids, state)
                    stepper.logits(hidden)
                if number:  # the first round warms up
                    row.append(_STEPS / max(time.process_time() - start, 1e-6))
    return [statistics.median(row) for row in rates]


def _rows(figures: dict[str, Any]) -> dict[str, float]:
    out = {}
    for head, sets in figures["heads"].items():
        for row in sets if isinstance(sets, list) else [sets]:
            for metric, value in row.items():
                if isinstance(value, float):
                    out[f"{head} {row['data']} {metric}"] = value
    return out


def _megabytes(folder: Path) -> float:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and "run" not in p.parts[-3:-1]) / 1e6
