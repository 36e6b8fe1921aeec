"""A dial in a training run: trained by the ordinary trainer, resumed bit for bit, saved, measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from runs_beside import run

from chatkit.assistant import DIAL, Assistant
from chatkit.errors import ConfigError
from chatkit.nn.adapters import copy_base
from chatkit.training.recipe import Recipe

ON = ("objectives.dial.rank=2", "objectives.dial.examples=40")
Load = Callable[[Path], Assistant]


@pytest.fixture(scope="module")
def dialled(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from chatkit.training.recipe import load_recipe

    folder = tmp_path_factory.mktemp("dialled")
    small = (
        *("train.steps=12", "train.threads=1", "train.evaluate=1", "encoder.embedding=16", "encoder.hidden=24"),
        *("heads.generation.batch=6", "heads.generation.window=24", "heads.sentiment.batch=6"),
        f"tokenizer.path={trained / 'tokenizer.model'}",
        "objectives.dial.heads=['generation', 'sentiment']",
    )
    run(load_recipe("corpora:english.toml", (*small, *ON)), folder / "model")
    return folder / "model"


def test_the_folder_holds_adapters_and_a_measured_front(dialled: Path, load_assistant: Load) -> None:
    assistant = load_assistant(dialled)
    assert assistant.dial is not None
    assert assistant.dial.objectives == ("generation", "sentiment")
    assert any(bool(p.abs().sum() > 0) for p in assistant.dial.adapters.up.values())  # they were trained
    front = json.loads((dialled / "report.json").read_text())["dial"]
    assert len(front["grid"]) == 11
    for point in front["grid"]:
        assert set(point["figures"]) == {"generation", "sentiment", "retrieval"}  # what it does to others is told
    losses = [point["figures"]["generation"]["loss"] for point in front["grid"]]
    assert len(set(losses)) > 1
    assert front["shown"] | {"retrieval": ""} == {
        "generation": "word_perplexity",
        "sentiment": "macro_f1",
        "retrieval": "",
    }
    assert isinstance(front["offered"], bool)
    assert all(name in front["why"] for name in ("generation", "sentiment"))


def test_the_middle_of_the_front_is_what_the_folder_is_without_its_dial(dialled: Path, load_assistant: Load) -> None:
    from chatkit.training.cost import figures, measure_groups

    assistant = load_assistant(dialled)
    front = assistant.report["dial"]
    middle = next(point for point in front["grid"] if point["at"] == {"generation": 0.5, "sentiment": 0.5})
    records = [{"text": "good fun", "label": "positive"}, {"text": "so dull", "label": "negative"}] * 8
    before = figures(assistant.heads["sentiment"], measure_groups(assistant, assistant.heads["sentiment"], records))
    assert assistant.dial is not None
    with assistant.dial.at(assistant.backbone, middle["at"]):
        after = figures(assistant.heads["sentiment"], measure_groups(assistant, assistant.heads["sentiment"], records))
    assert before["loss"].value == after["loss"].value


def test_resuming_is_exact(micro: Callable[..., Recipe], tmp_path: Path) -> None:
    recipe = micro(*ON, "objectives.conflict_every=3")
    whole = run(recipe, tmp_path / "whole", stop_at=8)
    run(recipe, tmp_path / "cut", stop_at=4)
    resumed = run(recipe, tmp_path / "cut", resume=True, stop_at=8)
    for name, tensor in whole.trainer.tensors().items():
        assert torch.equal(tensor, resumed.trainer.tensors()[name]), name
    assert "model.dial.up.encoder--lstm--weight_hh_l0" in whole.trainer.tensors()


def test_a_dial_changes_no_bit_of_a_run_that_has_none(micro: Callable[..., Recipe], tmp_path: Path) -> None:
    plain = run(micro(), tmp_path / "plain", stop_at=3)
    assert plain.assistant.dial is None
    assert not any("dial" in name for name in plain.trainer.tensors())


def test_adapters_learn_at_their_own_rate(micro: Callable[..., Recipe], tmp_path: Path) -> None:
    made = run(micro(*ON, "objectives.dial.learning_rate=5", "train.warmup=0"), tmp_path / "model", stop_at=2)
    rates = [group["lr"] for group in made.trainer.optimiser.param_groups]
    assert rates[2] == pytest.approx(5 * rates[0])
    assert rates[0] == rates[1]


def test_a_step_ends_at_the_middle(micro: Callable[..., Recipe], tmp_path: Path) -> None:
    made = run(micro(*ON, "train.learning_rate=1e-12"), tmp_path / "model", stop_at=1)
    before = copy_base(made.assistant.backbone)
    made.trainer.train_step()
    for name, tensor in copy_base(made.assistant.backbone).items():
        assert torch.allclose(tensor, before[name], atol=1e-9), name


@pytest.mark.parametrize(
    ("overrides", "what"),
    [
        (("objectives.weighting=pcgrad",), "leave out weighting = pcgrad"),
        (('objectives.dial.heads=["generation"]',), "has 1 objective"),
        (('objectives.dial.heads=["generation", "mood"]',), "names mood"),
        (("objectives.dial.rank=0",), "must be above 0"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(
    micro: Callable[..., Recipe], tmp_path: Path, overrides: tuple[str, ...], what: str
) -> None:
    with pytest.raises(ConfigError, match=what):
        run(micro(*ON, *overrides), tmp_path / "model")


def test_an_assistant_is_whole_without_its_dial_or_with_a_stale_one(
    dialled: Path, tmp_path: Path, load_assistant: Load
) -> None:
    import shutil

    for how in ("missing", "stale", "damaged"):
        folder = Path(shutil.copytree(dialled, tmp_path / how))
        if how == "missing":
            (folder / DIAL).unlink()
        elif how == "damaged":
            (folder / DIAL).write_bytes(b"nonsense")
        else:
            toml = (folder / "assistant.toml").read_text()
            lineage = toml.split('lineage = "')[1][:16]
            (folder / "assistant.toml").write_text(toml.replace(lineage, "0" * 16))
        assistant = load_assistant(folder)
        assert assistant.dial is None
        if how != "missing":
            assert assistant.report["dial"]["offered"] is False
        if how != "stale":
            assert set(assistant.heads) == {"generation", "sentiment", "retrieval"}


def test_saving_again_keeps_the_dial(dialled: Path, tmp_path: Path, load_assistant: Load) -> None:
    assistant = load_assistant(dialled)
    assert assistant.dial is not None
    wanted = assistant.dial.adapters.state_dict()
    assistant.save(tmp_path / "large")
    assistant.save(tmp_path / "small", precision="int8")
    for folder, kind in (("large", torch.float32), ("small", torch.bfloat16)):
        again = load_assistant(tmp_path / folder)
        assert again.dial is not None
        assert all(
            torch.equal(t, wanted[name].to(kind).float()) for name, t in again.dial.adapters.state_dict().items()
        )
