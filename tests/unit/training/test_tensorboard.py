"""What is written for TensorBoard, read back with TensorBoard's own reader."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.checkpoint import load_tensors
from chatkit.cli import main
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run
from chatkit.training.samples import sample
from chatkit.training.tensorboard import TensorBoard
from chatkit.training.watch import Watch

Micro = Callable[..., Recipe]
MEASURED = ("objectives.conflict_every=1", "objectives.noise_every=1", "train.evaluate=2")


def ran(recipe: Recipe, folder: Path, watch: Watch, *, stop: int = 0, resume: bool = False) -> Run:
    run = Run(recipe, folder, Progress(quiet=True), device="cpu", watch=watch)
    run.resume() if resume else run.start()
    step = run.trainer.train_step

    def counted() -> Any:
        result = step()
        if run.trainer.step == stop:
            run._interrupt()
        return result

    run.trainer.train_step = counted  # type: ignore[method-assign]
    run.train()
    watch.close()
    return run


def read(folder: Path) -> Any:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    return events.Reload()


def column(folder: Path, name: str, file: str = "log.csv") -> list[float]:
    with (folder / "run" / file).open(newline="") as rows:
        return [float(row[name]) for row in csv.DictReader(rows)]


@pytest.mark.slow
def test_what_is_written_is_what_the_run_saw(micro: Micro, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra: pip install 'chatkit-tui[tensorboard]'")
    run = ran(micro(*MEASURED), tmp_path / "out", TensorBoard(tmp_path / "board"))
    events = read(tmp_path / "board")
    scalars = {name: events.Scalars(name) for name in events.Tags()["scalars"]}
    expected = {*("learning_rate", "gradient_norm", "tokens_per_second", "cosine/generation/sentiment")}
    kinds = ("loss", "weight", "self_cosine", "head_gradient_norm", "predicted_change")
    expected |= {f"{kind}/{head}" for kind in kinds for head in ("generation", "sentiment")}
    assert expected <= scalars.keys()
    assert {"dev/generation/bits_per_byte", "dev/sentiment/macro_f1"} <= scalars.keys()
    for tag, file, name in (
        ("loss/generation", "log.csv", "generation"),
        ("learning_rate", "log.csv", "rate"),
        ("cosine/generation/sentiment", "objectives.csv", "cosine.generation/sentiment"),
        ("weight/sentiment", "objectives.csv", "weight.sentiment"),
        ("self_cosine/generation", "objectives.csv", "self.generation"),
    ):
        assert [event.step for event in scalars[tag]] == list(range(1, 13))
        assert [event.value for event in scalars[tag]] == pytest.approx(
            column(tmp_path / "out", name, file), rel=1e-2, abs=1e-5
        )
    for head, row in run.trainer.shared.summary()["objectives"].items():
        if row["noise_scale_batches"] is not None:
            assert scalars[f"noise_scale/{head}"][-1].value == pytest.approx(row["noise_scale_batches"] * 6)
    bound = run.trainer.shared.summary()["pairs"]["generation/sentiment"]["noise_bound"]
    assert bound is None or scalars["cosine_noise_bound/generation/sentiment"][-1].value == pytest.approx(bound)
    (text,) = events.Tensors("sample/generation/text_summary")
    assert text.step == 6
    assert text.tensor_proto.string_val[0].decode().count("- **") == 3


@pytest.mark.slow
def test_looking_on_changes_nothing_and_a_resumed_run_goes_on(micro: Micro, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="needs the extra: pip install 'chatkit-tui[tensorboard]'")
    recipe = micro(*MEASURED)
    ran(recipe, tmp_path / "alone", Watch())
    ran(recipe, tmp_path / "watched", TensorBoard(tmp_path / "board"), stop=7)
    ran(recipe, tmp_path / "watched", TensorBoard(tmp_path / "board"), resume=True)
    alone, watched = (load_tensors(tmp_path / n / "run" / "checkpoint.safetensors")[0] for n in ("alone", "watched"))
    assert all(torch.equal(tensor, watched[name]) for name, tensor in alone.items())
    assert [event.step for event in read(tmp_path / "board").Scalars("loss/sentiment")] == list(range(1, 13))


def test_without_the_extra_there_is_one_clear_line(
    config_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard.writer", raising=False)
    monkeypatch.delitem(sys.modules, "torch.utils.tensorboard", raising=False)
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(SystemExit) as end:
        main(["train", str(config_file), "--out", str(tmp_path / "out"), "--tensorboard", str(tmp_path / "board")])
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert "--tensorboard needs the package tensorboard (pip install 'chatkit-tui[tensorboard]')" in error
    assert "Traceback" not in error
    assert not (tmp_path / "out").exists()


def test_a_sample_is_the_same_with_the_same_seed_and_a_failure_is_said(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    assistant.eval()
    head = assistant.heads["generation"]
    first = sample(assistant, head, "how are you?", seed=3)
    assert first
    assert first == sample(assistant, head, "how are you?", seed=3)

    def fail(ask: Any) -> Any:
        raise ValueError("no words")

    monkeypatch.setattr(head, "stream", fail)
    assert "no words" in sample(assistant, head, "how are you?")
