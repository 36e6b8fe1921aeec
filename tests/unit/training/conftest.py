"""Runs of a sweep whose figures are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatkit.training.sweep.results import Result

SWEEP = {"grid": 1, "methods": ["famo"], "weights": [{"lm": 0.75, "mood": 0.25}], "seeds": 5}
TRIAL = "rate0.002"  # of a sweep that varies nothing
NOISE = (0.0, 0.02, -0.01, 0.01, -0.02)


def run(candidate: str, kind: Any, seed: int, weights: dict[str, float], **figures: tuple[float, float]) -> Result:
    """figures: head -> (dev loss, test metric)."""
    metric = {"lm": ("word_perplexity", "lower"), "mood": ("macro_f1", "higher")}
    table = {
        head: {"loss": loss, "metrics": {metric[head][0]: {"value": value, "better": metric[head][1]}}}
        for head, (loss, value) in figures.items()
    }
    more = {"cpu_seconds_per_step": 0.01, "row_bytes": 8, "data": {"lm": ["x"]}, "records": {"lm": 3}}
    data = {"dev": table, "test": table, **more}
    return Result(f"{candidate}.{TRIAL}.seed{seed}", candidate, kind, weights, TRIAL, seed, data)


def results(method_gain: float = 0.0, seeds: int = 5) -> list[Result]:
    out = []
    for seed, noise in list(enumerate(NOISE))[:seeds]:
        both = {"lm": 1.0, "mood": 1.0}
        n = 1 + noise
        out += [
            run("single-lm", "single", seed, {"lm": 1.0}, lm=(3.0 * n, 100.0 * n)),
            run("single-mood", "single", seed, {"mood": 1.0}, mood=(0.5 * n, 0.8 * n)),
            run("static", "sum", seed, both, lm=(3.2 * n, 110.0 * n), mood=(0.55 * n, 0.76 * n)),
            run("sum-1-0", "sum", seed, {"lm": 2.0, "mood": 0.0}, lm=(3.0 * n, 101.0 * n), mood=(1.0 * n, 0.5 * n)),
            run("sum-0-1", "sum", seed, {"lm": 0.0, "mood": 2.0}, lm=(5.0 * n, 300.0 * n), mood=(0.5 * n, 0.79 * n)),
            run(
                "sum-0.75-0.25", "sum", seed, {"lm": 1.5, "mood": 0.5}, lm=(3.3 * n, 120.0 * n), mood=(0.6 * n, 0.7 * n)
            ),
            run(
                "famo",
                "method",
                seed,
                both,
                lm=((3.2 - method_gain + 0.001 * (seed % 2)) * n, (110.0 - 20 * method_gain) * n),
                mood=((0.55 - 0.1 * method_gain) * n, 0.76 * n),
            ),
        ]
    return out


@pytest.fixture
def known_results() -> Callable[..., list[Result]]:
    """Makes the results of a sweep of two heads and one method, which gains so much over the plain sum."""
    return results


@pytest.fixture
def sweep_folder(tmp_path: Path, known_results: Callable[..., list[Result]]) -> Path:
    """A sweep on disk, with known figures."""
    folder = tmp_path / "sweep"
    folder.mkdir()
    heads = {"lm": {"data": ["x"]}, "mood": {"data": ["x"]}}
    (folder / "sweep.json").write_text(json.dumps({"heads": heads, "seed": 0, "sweep": SWEEP}))
    for result in known_results():
        where = folder / "runs" / result.id
        where.mkdir(parents=True)
        keys = ("candidate", "kind", "weights", "trial", "seed")
        (where / "result.json").write_text(json.dumps({**{k: getattr(result, k) for k in keys}, **result.data}))
    return folder
