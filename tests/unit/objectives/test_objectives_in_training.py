"""Weighting and conflict inside a real training run: real heads, dropout, carried states."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from objective_inputs import through_json

from chatkit.errors import ConfigError
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.progress import Progress
from chatkit.training.recipe import load_recipe
from chatkit.training.run import Run
from chatkit.training.trainer import Trainer

CONFIG = """
seed = 7
[tokenizer]
path = "TOKENIZER"
[encoder]
embedding = 16
hidden = 24
dropout = 0.2
[train]
steps = 6
threads = 1
evaluate = 1
warmup = 0.1
[heads.generation]
data = [{path = "corpora:english/dialogue", most = 40}]
batch = 6
window = 24
[heads.sentiment]
data = [{path = "corpora:english/sentiment", most = 40}]
batch = 6
"""
Make = Callable[..., Run]


@pytest.fixture(scope="module")
def tokenizer_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small tokenizer, trained once."""
    path = tmp_path_factory.mktemp("tokenizer") / "tokenizer.model"
    lines = [
        f"the {colour} {thing} is {place}"
        for colour in ("red", "blue", "old")
        for thing in ("hat", "dog", "book")
        for place in ("here", "gone", "on the table", "at home")
    ]
    path.write_bytes(Tokenizer.train(lines, vocab_size=330).to_bytes())
    return path


@pytest.fixture
def make(tmp_path: Path, tokenizer_file: Path) -> Make:
    """Makes a run that has not begun, with the config above and overrides."""
    (tmp_path / "config.toml").write_text(CONFIG.replace("TOKENIZER", tokenizer_file.as_posix()))

    def make_one(*overrides: str) -> Run:
        folder = tmp_path / f"run{len(list(tmp_path.iterdir()))}"
        run = Run(load_recipe(str(tmp_path / "config.toml"), overrides), folder, Progress(quiet=True), device="cpu")
        run.start()
        return run

    return make_one


def steps(trainer: Trainer, count: int) -> dict[str, torch.Tensor]:
    for _ in range(count):
        trainer.train_step()
    return {name: tensor.clone() for name, tensor in trainer.tensors().items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def test_measuring_conflict_and_noise_changes_no_bit(make: Make) -> None:
    plain = steps(make("objectives.conflict_every=0").trainer, 5)
    measured_run = make("objectives.conflict_every=1", "objectives.noise_every=1").trainer
    measured = steps(measured_run, 5)
    assert same(plain, measured)
    found = measured_run.shared.summary()
    assert found["pairs"]["generation/sentiment"]["steps"] == 5
    assert -1 <= found["objectives"]["generation"]["self_cosine"] <= 1


def test_weights_by_hand_move_the_shared_parameters_alike_on_both_paths(make: Make) -> None:
    weight = "heads.sentiment.weight=0.3"
    summed = steps(make(weight, "objectives.conflict_every=0").trainer, 3)
    by_rows = steps(make(weight, "objectives.conflict_every=1").trainer, 3)
    for name in summed:
        if name.startswith("model."):
            torch.testing.assert_close(summed[name], by_rows[name], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("every", [0, 1])
def test_private_parameters_follow_their_own_unweighted_loss(make: Make, every: int) -> None:
    gradients = {}
    for weight in ("0.0", "0.25", "1.0"):
        run = make(f"heads.sentiment.weight={weight}", f"objectives.conflict_every={every}", "train.clip=0")
        run.trainer.train_step()
        own = run.assistant.heads["sentiment"].parameters()
        gradients[weight] = [p.grad.clone() for p in own if p.grad is not None]
        shared = run.assistant.backbone.encoder.lstm.weight_hh_l0.grad  # type: ignore[union-attr]
        gradients[f"shared {weight}"] = [shared.clone()]
    for weight in ("0.0", "0.25"):
        assert len(gradients[weight]) == len(gradients["1.0"]) > 0
        for found, expected in zip(gradients[weight], gradients["1.0"], strict=True):
            torch.testing.assert_close(found, expected)
        assert not torch.allclose(gradients[f"shared {weight}"][0], gradients["shared 1.0"][0])


@pytest.mark.parametrize("name", ["static", "uncertainty_weighting", "famo", "grad_norm", "pcgrad", "grad_vac"])
def test_resuming_is_exact(make: Make, name: str) -> None:
    overrides = (f"objectives.weighting={name}", "objectives.conflict_every=2", "objectives.noise_every=2")
    whole = make(*overrides).trainer
    tensors, state = steps(whole, 3), through_json(whole.state())
    resumed = make(*overrides).trainer
    resumed.restore(tensors, state)
    after = steps(resumed, 3)
    torch.set_rng_state(tensors["random"])  # one for the whole process: the other trainer has moved it
    assert same(steps(whole, 3), after)
    assert whole.state()["objectives"] == resumed.state()["objectives"]


def test_a_checkpoint_without_objectives_still_resumes(make: Make) -> None:
    whole = make().trainer
    tensors, state = steps(whole, 2), whole.state()
    del state["objectives"]
    resumed = make().trainer
    resumed.restore(tensors, state)
    assert resumed.step == 2


def test_a_run_writes_its_conflict_and_trims_it_on_resuming(make: Make) -> None:
    run = make("objectives.weighting=upgrad", "objectives.conflict_every=2", "objectives.noise_every=2")
    assert run.train()
    with (run.folder / "run" / "objectives.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["1", "3", "5"]
    assert -1 <= float(rows[0]["cosine.generation/sentiment"]) <= 1
    assert rows[0]["self.generation"] != ""
    assert rows[1]["self.generation"] == ""
    assert float(rows[2]["weight.sentiment"]) > 0
    report = json.loads((run.folder / "report.json").read_text(encoding="utf-8"))
    assert report["objectives"]["weighting"].startswith("UPGrad")
    assert report["objectives"]["pairs"]["generation/sentiment"]["steps"] == 3
    assert report["objectives"]["memory"] > 0


def test_heads_that_skip_steps_are_weighed_without_them(make: Make) -> None:
    trainer = make("objectives.weighting=mgda", "heads.sentiment.every=2").trainer
    weights = [trainer.train_step().weights for _ in range(3)]
    assert [sorted(step) for step in weights] == [["generation", "sentiment"], ["generation"]] * 1 + [
        ["generation", "sentiment"]
    ]
    assert weights[1] == {"generation": 1.0}


def test_mistakes_are_named(make: Make) -> None:
    with pytest.raises(ConfigError, match=r"no method called 'pcgrat' \(did you mean pcgrad\?\)"):
        make("objectives.weighting=pcgrat")
    with pytest.raises(ConfigError, match="mgda compares gradients of one step"):
        make("objectives.weighting=mgda", "train.sampler=round_robin")
    with pytest.raises(ConfigError, match="cagrad has no option radius"):
        make("objectives.weighting=cagrad", "objectives.options.radius=1")
    with pytest.raises(ConfigError, match=r"objectives\.conflict_every must be at least 0"):
        make("objectives.conflict_every=-1")
    with pytest.raises(ConfigError, match=r"unknown key objectives\.weighing"):
        make("objectives.weighing=mgda")
