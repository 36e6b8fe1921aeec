"""A run in a folder: resumed bit for bit, refused where it would mix things up, whole after any accident."""

from __future__ import annotations

import csv
import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.checkpoint import load_tensors
from chatkit.errors import ConfigError, DataError, HeadError, ModelError, StorageError
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run
from chatkit.training.trainer import TrainingError

Micro = Callable[..., Recipe]
Load = Callable[[Path], Assistant]


def begin(recipe: Recipe, folder: Path, **more: Any) -> Run:
    run = Run(recipe, folder, Progress(quiet=True), device="cpu", **more)
    run.start()
    return run


def resume(recipe: Recipe, folder: Path, **more: Any) -> Run:
    run = Run(recipe, folder, Progress(quiet=True), device="cpu", **more)
    run.resume()
    return run


def stop_after(run: Run, steps: int) -> None:
    """End the run as Ctrl-C would, after so many steps."""
    step = run.trainer.train_step

    def counted() -> Any:
        result = step()
        if run.trainer.step == steps:
            run._interrupt()
        return result

    run.trainer.train_step = counted  # type: ignore[method-assign]


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    return load_tensors(folder / "run" / "checkpoint.safetensors")[0]


def logged(folder: Path) -> list[dict[str, str]]:
    with (folder / "run" / "log.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("sampler", ["all", "proportional"])
def test_six_and_six_steps_are_twelve_steps(micro: Micro, tmp_path: Path, sampler: str) -> None:
    recipe = micro(f"train.sampler={sampler}", "heads.sentiment.every=2")
    assert begin(recipe, tmp_path / "whole").train()
    run = begin(recipe, tmp_path / "parts")
    stop_after(run, 6)
    assert run.train() is False
    torch.manual_seed(12345)  # whatever happened in between
    run = resume(recipe, tmp_path / "parts")
    assert run.trainer.step == 6
    assert run.train()
    whole, parts = tensors(tmp_path / "whole"), tensors(tmp_path / "parts")
    assert whole.keys() == parts.keys()
    for name, tensor in whole.items():
        assert torch.equal(tensor, parts[name]), name
    assert any(name.startswith("carried.") for name in whole)
    columns = ("step", "rate", "gradient_norm", "generation", "sentiment")
    expected, got = ([[row[c] for c in columns] for row in logged(tmp_path / n)] for n in ("whole", "parts"))
    assert expected == got
    assert [row[0] for row in got] == [str(i) for i in range(1, 13)]


def test_an_interrupted_run_leaves_an_assistant_that_answers(
    micro: Micro, tmp_path: Path, load_assistant: Load
) -> None:
    run = begin(micro(), tmp_path / "out")
    stop_after(run, 2)
    assert run.train() is False
    assistant = load_assistant(tmp_path / "out")
    assert set(assistant.heads) == {"generation", "sentiment"}
    assert assistant.report["training"]["steps"] == 2
    assert "dev" not in assistant.report  # only a run that came to its end has last figures


def test_training_lowers_the_losses(trained: Path) -> None:
    rows = logged(trained)
    losses = [float(row["generation"]) for row in rows]
    assert sum(losses[-15:]) < 0.85 * sum(losses[:15])


@pytest.mark.parametrize("head", ["sentiment", "retrieval"])
def test_a_head_learns_its_training_data(micro: Micro, tmp_path: Path, head: str) -> None:
    data = f'{{path="corpora:english/{head}", most=24}}'
    heads = f"heads={{{head}={{data=[{data}], batch=12, options={{dropout=0.0}}}}}}"
    recipe = micro(heads, "train.steps=60", "train.learning_rate=2e-2", "encoder.dropout=0.0")
    begin(recipe, tmp_path / "out").train()
    losses = [float(row[head]) for row in logged(tmp_path / "out")]
    assert losses[0] > 1.0
    assert sum(losses[-5:]) / 5 < 0.3


def test_an_existing_run_or_assistant_is_refused(trained: Path, micro: Micro, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(trained, copy)
    before = (copy / "encoder.safetensors").read_bytes()
    with pytest.raises(StorageError, match=r"copy: holds a run already \(go on with --resume, or name another --out\)"):
        begin(micro(), copy)
    shutil.rmtree(copy / "run")
    with pytest.raises(StorageError, match="holds a run already"):
        begin(micro(), copy)
    assert (copy / "encoder.safetensors").read_bytes() == before


def test_other_files_in_the_folder_stay(micro: Micro, tmp_path: Path) -> None:
    out = tmp_path / "thesis"
    (out / "chapters").mkdir(parents=True)
    (out / "chapters" / "one.txt").write_text("years of work")
    (out / "CARD.md").write_text("# mine")
    begin(micro("train.steps=1"), out).train()
    assert (out / "chapters" / "one.txt").read_text() == "years of work"
    assert (out / "CARD.md").read_text() == "# mine"
    assert (out / "assistant.toml").is_file()


def test_the_current_folder_and_files_are_refused_before_training(
    micro: Micro, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = micro()
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StorageError, match="current folder"):
        begin(recipe, Path())
    (tmp_path / "file").write_text("x")
    with pytest.raises(StorageError, match="is a file, not a folder"):
        begin(recipe, Path("file"))


@pytest.fixture
def half(micro: Micro, tmp_path: Path) -> Path:
    """Folder of a run that was stopped after two steps."""
    run = begin(micro(), tmp_path / "half")
    stop_after(run, 2)
    run.train()
    return tmp_path / "half"


@pytest.mark.parametrize(
    ("pair", "key"),
    [
        ("encoder.hidden=25", "encoder.hidden"),
        ("heads.sentiment.batch=7", "heads.sentiment.batch"),
        ("seed=8", "seed"),
        ("train.schedule=linear", "train.schedule"),
    ],
)
def test_a_changed_config_is_refused(micro: Micro, half: Path, pair: str, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"the config differs from the run's in {key} \(resume with the same"):
        resume(micro(pair), half)


def test_length_and_learning_rate_may_change(micro: Micro, half: Path) -> None:
    run = resume(micro("train.steps=4", "train.learning_rate=1e-4", "train.checkpoint_minutes=1"), half)
    assert run.train()
    assert run.trainer.step == 4


def test_changed_data_are_refused(micro: Micro, tmp_path: Path) -> None:
    data = tmp_path / "data.jsonl"
    rows = [{"text": f"text {i}", "label": "positive" if i % 2 else "negative"} for i in range(60)]
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = micro(f'heads={{sentiment={{data=["{data}"], batch=4}}}}', "train.steps=3")
    run = begin(recipe, tmp_path / "out")
    stop_after(run, 1)
    run.train()
    rows[3]["text"] = "changed"
    data.write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(ConfigError, match="the training data changed since the run began"):
        resume(recipe, tmp_path / "out")


def test_nothing_to_resume_is_said(micro: Micro, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"none: no run to resume \(start it without --resume\)"):
        resume(micro(), tmp_path / "none")


def test_a_run_killed_before_its_first_checkpoint_starts_again(micro: Micro, tmp_path: Path) -> None:
    begin(micro(), tmp_path / "killed")
    (tmp_path / "killed" / "run" / "log.csv").write_text("step,seconds,rate,gradient_norm,generation,sentiment\n1,2")
    run = resume(micro(), tmp_path / "killed")
    assert run.trainer.step == 0
    assert run.train()
    begin(micro(), tmp_path / "whole").train()
    assert torch.equal(
        tensors(tmp_path / "killed")["model.backbone.encoder.embedding.weight"],
        tensors(tmp_path / "whole")["model.backbone.encoder.embedding.weight"],
    )
    assert [row["step"] for row in logged(tmp_path / "killed")] == [str(i) for i in range(1, 13)]


@pytest.mark.parametrize("damage", ["cut", "empty", "other"])
def test_a_damaged_checkpoint_is_one_clear_line(micro: Micro, half: Path, damage: str) -> None:
    path = half / "run" / "checkpoint.safetensors"
    if damage == "other":
        shutil.copy(half / "encoder.safetensors", path)
    else:
        path.write_bytes(path.read_bytes()[: 0 if damage == "empty" else -100])
    with pytest.raises(ModelError, match=r"checkpoint\.safetensors") as caught:
        resume(micro(), half)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_full_disk_leaves_the_last_checkpoint(
    micro: Micro, half: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    path = half / "run" / "checkpoint.safetensors"
    before, weights = path.read_bytes(), (half / "encoder.safetensors").read_bytes()
    run = resume(micro(), half)

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        with pytest.raises(StorageError, match=r"checkpoint\.safetensors: cannot be written: No space .*\(free some"):
            run.train()
    assert path.read_bytes() == before
    assert (half / "encoder.safetensors").read_bytes() == weights
    assert not [p for p in (half / "run").iterdir() if p.name.startswith(".")]
    again = resume(micro(), half)  # the log went on after the checkpoint: it must not count twice
    assert again.trainer.step == 2
    assert again.train()
    assert [row["step"] for row in logged(half)] == [str(i) for i in range(1, 13)]


BAD_HEAD = """
import torch
from chatkit.plugin_api import Classifier, Loss

class Bad(Classifier):
    name = "bad"
    labels = ("positive", "neutral", "negative")
    examples = [{{"text": "good", "label": "positive"}}, {{"text": "bad", "label": "negative"}}]
    steps = 0

    def loss(self, encoded, examples):
        out = super().loss(encoded, examples)
        self.steps += 1
        if self.steps >= 3:
            {line}
        return out
"""


def bad(micro: Micro, tmp_path: Path, line: str) -> Recipe:
    file = tmp_path / "bad.py"
    file.write_text(BAD_HEAD.format(line=line))
    return micro(f'heads.bad={{data=["corpora:english/sentiment"], head="{file}", batch=4}}')


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_loss_that_is_no_number_is_named_with_its_head(micro: Micro, tmp_path: Path, value: str) -> None:
    run = begin(bad(micro, tmp_path, f"return Loss(out.total * float('{value}'), out.count)"), tmp_path / "out")
    with pytest.raises(TrainingError, match=rf"head bad: its loss is {value} at step \d \(.*--resume --set train"):
        run.train()
    assert all(bool(torch.isfinite(p).all()) for p in run.assistant.backbone.parameters())


def test_a_gradient_that_is_no_number_spoils_no_weight(micro: Micro, tmp_path: Path) -> None:
    line = "return Loss(out.total + (out.total * 0).sqrt(), out.count)"  # value finite, slope infinite times 0
    run = begin(bad(micro, tmp_path, line), tmp_path / "out")
    with pytest.raises(TrainingError, match=r"the gradient of .*bad is nan at step [12] "):
        run.train()
    assert all(bool(torch.isfinite(p).all()) for p in run.assistant.backbone.parameters())


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("1 / 0", r"head bad failed in loss: ZeroDivisionError.* at bad\.py:\d+"),
        ("raise SystemExit(3)", r"head bad failed in loss: SystemExit"),
    ],
)
def test_a_head_that_raises_is_named_by_line(micro: Micro, tmp_path: Path, line: str, message: str) -> None:
    with pytest.raises(HeadError, match=message):
        begin(bad(micro, tmp_path, line), tmp_path / "out").train()


@pytest.mark.parametrize("line", ["return out.total", "return Loss(out.total, 0)", "return None"])
def test_a_loss_of_the_wrong_kind_is_named(micro: Micro, tmp_path: Path, line: str) -> None:
    with pytest.raises(TrainingError, match=r"head bad: loss must return Loss\(total, count >= 1\)"):
        begin(bad(micro, tmp_path, line), tmp_path / "out").train()


def broken_data(tmp_path: Path) -> Path:
    rows = [json.dumps({"text": f"text number {i}", "label": "positive" if i % 2 else "negative"}) for i in range(60)]
    rows[16] = '{"text": "never closed'
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(rows) + "\n")
    return path


def test_a_broken_row_is_skipped_and_named(micro: Micro, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = micro(f'heads.sentiment.data=["{broken_data(tmp_path)}"]', "train.steps=1")
    begin(recipe, tmp_path / "out")
    assert "1 bad row skipped" in (err := capsys.readouterr().err)
    assert "rows.jsonl, line 17: broken JSON" in err


def test_a_broken_row_stops_where_that_is_asked_for(micro: Micro, tmp_path: Path) -> None:
    recipe = micro(f'heads.sentiment.data=["{broken_data(tmp_path)}"]', "data.on_error=stop")
    with pytest.raises(DataError, match=r"rows\.jsonl, line 17: broken JSON"):
        begin(recipe, tmp_path / "out")


def test_minutes_bound_the_run(micro: Micro, tmp_path: Path) -> None:
    run = begin(micro("train.steps=1000000"), tmp_path / "out", minutes=0.02)
    assert run.train()
    assert run.trainer.seconds >= 1.2
    assert run.trainer.step < 1000000  # it would take days
    assert float(logged(tmp_path / "out")[-1]["rate"]) < 0.001  # the schedule ended with the time


def test_checkpoints_come_as_often_as_asked(micro: Micro, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = begin(micro("train.checkpoint_minutes=1e-9"), tmp_path / "out")
    saved: list[int] = []
    checkpoint = run.checkpoint
    monkeypatch.setattr(run, "checkpoint", lambda: (saved.append(run.trainer.step), checkpoint()))
    run.train()
    assert saved == [*range(1, 13), 12]


BRIEF = """
from chatkit.plugin_api import LanguageModel

class Brevity(LanguageModel):
    name = "brevity"
"""


def test_an_objective_of_the_training_alone_is_reported_and_not_saved(
    micro: Micro, tmp_path: Path, load_assistant: Load
) -> None:
    file = tmp_path / "brevity.py"
    file.write_text(BRIEF)
    data = '{path="corpora:english/dialogue", most=10}'
    brevity = f'heads.brevity={{data=[{data}], head="{file}", batch=4, window=24, training_only=true}}'
    assert begin(micro(brevity, "train.steps=2"), tmp_path / "out").train()
    assistant = load_assistant(tmp_path / "out")
    assert set(assistant.heads) == {"generation", "sentiment"}
    assert not assistant.failures
    assert set(assistant.report["dev"]) == {"generation", "sentiment", "brevity"}
    assert {row["examples"] > 0 for row in assistant.report["dev"].values()} == {True}
    assert resume(micro(brevity, "train.steps=3"), tmp_path / "out").train()


def test_an_assistant_without_a_head_that_answers_is_refused(micro: Micro) -> None:
    with pytest.raises(ConfigError, match="every head is training_only"):
        micro("heads.generation.training_only=true", "heads.sentiment.training_only=true")
