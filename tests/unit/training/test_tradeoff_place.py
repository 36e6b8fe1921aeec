"""Where a model stands beside the runs of a sweep whose figures are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatkit.cli import run
from chatkit.errors import ConfigError
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run
from chatkit.training.sweep.load import load_study
from chatkit.training.sweep.results import Result
from chatkit.training.tradeoff import Beside, load_beside, place, tell_models

Known = Callable[..., list[Result]]
Micro = Callable[..., Recipe]


def stands(folder: Path, lm: float, mood: float, perplexity: float, f1: float) -> dict[str, Any]:
    found = load_study(folder)
    assert found is not None
    dev = {"lm": {"loss": lm}, "mood": {"loss": mood}}
    shown = {
        "lm": {"loss": lm, "metrics": {found.metrics["lm"][0]: {"value": perplexity}}},
        "mood": {"loss": mood, "metrics": {found.metrics["mood"][0]: {"value": f1}}},
    }
    return place(Beside(folder, found, 100), dev, shown)


def test_a_model_behind_on_and_ahead_of_the_front_is_called_so(sweep_folder: Path) -> None:
    found = load_study(sweep_folder)
    assert found is not None
    static = found.row("static")
    assert static is not None
    lm, mood = static.losses["lm"].mean, static.losses["mood"].mean
    behind = stands(sweep_folder, lm + 0.5, mood + 0.5, 150.0, 0.5)
    assert behind["standing"]["on_front"] is False
    assert "static" in behind["standing"]["behind"]
    assert behind["standing"]["said"].startswith("behind the front: ")
    ahead = stands(sweep_folder, lm - 0.01, mood - 0.01, 100.0, 0.8)
    assert ahead["standing"]["on_front"] is True
    assert "static" in ahead["standing"]["ahead"]
    beside = stands(sweep_folder, lm - 0.01, mood + 0.01, 108.0, 0.75)
    assert beside["standing"]["said"].startswith("on the front: ")


def test_what_was_given_up_is_told_from_what_a_seed_changes(sweep_folder: Path) -> None:
    found = load_study(sweep_folder)
    assert found is not None
    alone = found.alone["mood"].metrics["mood"]
    assert alone.deviation is not None
    far = stands(sweep_folder, 4.0, 1.0, 110.0, alone.mean - 10 * max(alone.deviation, 0.01))["gave_up"]["mood"]
    assert far["said"].startswith("mood: lost ")
    near = stands(sweep_folder, 4.0, 1.0, 110.0, alone.mean)["gave_up"]["mood"]
    assert "within what another seed may change" in near["said"]


def test_the_steps_to_the_neighbours_are_in_metrics(sweep_folder: Path) -> None:
    said = stands(sweep_folder, 4.0, 1.0, 130.0, 0.7)["exchange"]
    assert any(line.startswith("from here to static: lm ") and "perplexity" in line for line in said)


def test_models_that_a_sweep_has_kept_are_told(sweep_folder: Path, known_results: Known) -> None:
    kept = next(result for result in known_results() if result.candidate == "static")
    folder = sweep_folder / "runs" / kept.id
    (folder / "assistant.toml").write_text("")
    (folder / "report.json").write_text(json.dumps({"training": {"steps": 1}}))
    assert tell_models(sweep_folder) == 1
    report = json.loads((folder / "report.json").read_text())
    assert report["training"] == {"steps": 1}
    assert report["tradeoff"]["standing"]["said"]


def metrics(head: str, loss: float) -> dict[str, Any]:
    name, better = ("accuracy", "higher") if head == "sentiment" else ("bits_per_byte", "lower")
    return {name: {"value": loss / 2, "better": better}}


def small_sweep(folder: Path, recipe: Recipe, tokenizer: bytes) -> None:
    """A sweep of the micro config, its figures made up."""
    folder.mkdir()
    (folder / "tokenizer.model").write_bytes(tokenizer)
    heads = {"generation": {"data": ["dialogue"]}, "sentiment": {"data": ["sentiment"]}}
    (folder / "sweep.json").write_text(json.dumps({"heads": heads, "seed": 7, "sweep": {"examples": 10}}))
    data = {name: [Path(s.path).name for s in head.sources] for name, head in recipe.heads.items()}
    for name, kind, losses in (
        ("static", "sum", {"generation": 7.0, "sentiment": 1.1}),
        ("single-generation", "single", {"generation": 6.9}),
        ("single-sentiment", "single", {"sentiment": 1.0}),
    ):
        figures = {
            head: {"loss": loss, "examples": 10, "metrics": metrics(head, loss)} for head, loss in losses.items()
        }
        result = {
            "candidate": name,
            "kind": kind,
            "weights": dict.fromkeys(losses, 1.0),
            "trial": "rate0.002",
            "seed": 7,
        }
        result |= {"dev": figures, "test": {}, "row_bytes": 0, "data": data, "records": {}, "cpu_seconds_per_step": 0.1}
        where = folder / "runs" / name
        where.mkdir(parents=True)
        (where / "result.json").write_text(json.dumps(result))


def test_a_run_that_names_a_sweep_reports_its_place(micro: Micro, tmp_path: Path, tokenizer: Any) -> None:
    small_sweep(tmp_path / "sweep", micro(), tokenizer.to_bytes())
    recipe = micro(f"objectives.sweep={tmp_path / 'sweep'}", "train.steps=2")
    made = Run(recipe, tmp_path / "out", Progress(quiet=True), device="cpu")
    made.start()
    assert made.train()
    found = json.loads((tmp_path / "out" / "report.json").read_text())["tradeoff"]
    assert found["sweep"] == "sweep"
    assert found["runs"] == 3
    assert found["gave_up"]["sentiment"]["alone"] == pytest.approx(0.5)
    assert "one seed" in found["gave_up"]["sentiment"]["said"]
    assert run(["report", str(tmp_path / "out")]) == 0


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        ("gone", "holds no sweep"),
        ("none", "no run of it is done"),
        ("data", "trained on other data"),
        ("pieces", "other pieces"),
    ],
)
def test_a_sweep_that_nothing_can_be_compared_with_is_refused(
    micro: Micro, tmp_path: Path, tokenizer: Any, spoil: str, said: str
) -> None:
    folder = tmp_path / "sweep"
    recipe = micro(f"objectives.sweep={folder}")
    if spoil != "gone":
        small_sweep(folder, recipe, tokenizer.to_bytes() if spoil != "pieces" else b"other")
    for file in folder.glob("runs/*/result.json"):
        if spoil == "none":
            file.unlink()
        elif spoil == "data":
            file.write_text(file.read_text().replace('["sentiment"]', '["elsewhere"]'))
    with pytest.raises(ConfigError, match=said):
        load_beside(recipe, tokenizer)
