"""How far a sweep's findings hang on its examples: intervals over paired draws, and what is said of them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chatkit.assistant import Assistant
from chatkit.training.recipe import load_recipe
from chatkit.training.report import words
from chatkit.training.sweep.config import SweepConfig
from chatkit.training.sweep.measure import figures
from chatkit.training.sweep.results import Result
from chatkit.training.sweep.study import study

Known = Callable[..., list[Result]]


def with_draws(results: list[Result], spread: float) -> list[Result]:
    """Each metric over 200 draws: what all runs share moves all of them, ``spread`` of it each in its own way."""
    shared = np.random.default_rng(1).normal(0, 0.1, 200)
    out = []
    for n, result in enumerate(results):
        own = np.random.default_rng(100 + n).normal(0, spread, 200)
        table = {}
        for head, row in result.data["test"].items():
            ((name, metric),) = row["metrics"].items()
            table[head] = {**row, "draws": {name: (metric["value"] * (1 + shared + own)).tolist()}}
        out.append(dataclasses.replace(result, data={**result.data, "test": table}))
    return out


def test_what_moves_all_models_alike_falls_out(known_results: Known) -> None:
    found = study(with_draws(known_results(), 0.0), SweepConfig(), 0)
    assert found is not None
    low, high = found.gave_up["static"]["mood"].examples or (math.nan, math.nan)
    assert low < -0.04 < high  # -0.04 of macro-F1, wider by the shared noise alone: 0.1 of it
    assert high - low == pytest.approx(0.04 * 4 * 0.1, rel=0.2)
    said = words.gave_up("mood", found.gave_up["static"]["mood"])
    assert said.startswith("mood: lost 0.040 macro-F1")
    assert "over draws of the examples -0.0" in said


def test_a_finding_that_other_examples_may_turn_is_no_finding(known_results: Known) -> None:
    found = study(with_draws(known_results(), 0.5), SweepConfig(), 0)
    assert found is not None
    said = words.gave_up("mood", found.gave_up["static"]["mood"])
    assert "with other examples it may be chance" in said
    (comparison,) = found.comparisons
    assert comparison.p_same < 0.05  # over seeds alone it would be called the same
    assert "can tell neither" in words.comparison(comparison)
    assert "over draws of the examples" in words.comparison(comparison)


def test_results_without_draws_are_judged_by_their_seeds(known_results: Known) -> None:
    found = study(known_results(), SweepConfig(), 0)
    assert found is not None
    assert found.comparisons[0].examples is None
    assert "no better and no worse" in words.comparison(found.comparisons[0])


def test_every_model_is_measured_over_the_same_draws(assistant: Assistant) -> None:
    recipe = load_recipe("corpora:english.toml")
    one, two = (figures(assistant, recipe, "dev", 40) for _ in range(2))
    assert one == two
    names: dict[str, set[str]] = {
        "generation": {"loss", "word_perplexity", "bits_per_byte"},
        "sentiment": {"loss", "macro_f1", "accuracy"},
        "retrieval": {"dense_mrr@10"},  # its loss hangs on the batch, of which there may be but one
    }
    for head, wanted in names.items():
        draws: dict[str, Any] = one[head]["draws"]
        assert set(draws) - ({"loss"} if head == "retrieval" else set()) == wanted
        assert {len(values) for values in draws.values()} == {200}
        if "loss" in draws:
            assert np.mean(draws["loss"]) == pytest.approx(one[head]["loss"], rel=0.1)


def test_draws_survive_a_report(assistant: Assistant, tmp_path: Path) -> None:
    import json

    found = figures(assistant, load_recipe("corpora:english.toml"), "dev", 40)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
