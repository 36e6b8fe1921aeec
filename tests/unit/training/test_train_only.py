"""``train.only``: some heads of a finished assistant are trained on; all else of it stays as it is, bit for bit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from runs_beside import run

from chatkit.assistant import Assistant
from chatkit.confidence.record import TENSORS
from chatkit.errors import ConfigError, ModelError
from chatkit.registry import Registry
from chatkit.runtime.api import Chat
from chatkit.training.past import past_recipe
from chatkit.training.recipe import load_recipe

CONFIG = """
init = "{init}"
[train]
only = ["{only}"]
steps = 6
threads = 1
evaluate = 1
warmup = 0
learning_rate = 1e-2
[heads.sentiment]
data = ["corpora:english/sentiment"]
batch = 8
"""
GENERATION = """
[heads.generation]
data = ["corpora:english/dialogue"]
batch = 4
window = 24
[heads.generation.options]
pointer = 8
lookback = 8
"""


def config_of(folder: Path, text: str, init: Path) -> str:
    file = folder / "frozen.toml"
    file.write_text(
        text.format(init=init.as_posix(), only="generation" if "[heads.generation]" in text else "sentiment"),
        encoding="utf-8",
    )
    return str(file)


@pytest.fixture(scope="module")
def trained_on(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("frozen")
    run(load_recipe(config_of(folder, CONFIG, trained)), folder / "model")
    return folder / "model"


def test_only_the_head_that_is_named_changes(trained: Path, trained_on: Path) -> None:
    changed = {"report.json", "confidence.json", "heads/sentiment/weights.safetensors", "heads/sentiment/head.json"}
    for path in (path.relative_to(trained) for path in trained.rglob("*") if path.is_file()):
        if path.parts[0] != "run" and path.as_posix() not in changed:
            assert (trained_on / path).read_bytes() == (trained / path).read_bytes(), path
    before, after = (Assistant.load(folder, Registry(safe=True).load) for folder in (trained, trained_on))
    assert after.lineage == before.lineage
    assert not after.failures
    old, new = before.heads["sentiment"].state_dict(), after.heads["sentiment"].state_dict()
    assert any(not torch.equal(tensor, new[key]) for key, tensor in old.items())


def test_it_is_calibrated_anew_and_its_familiarity_stays(trained: Path, trained_on: Path) -> None:
    before, after = (json.loads((folder / "confidence.json").read_text()) for folder in (trained, trained_on))
    assert before["heads"]["sentiment"] != after["heads"]["sentiment"]
    assert {key: before[key] for key in before if key != "heads"} == {k: after[k] for k in after if k != "heads"}
    assert (trained / TENSORS).read_bytes() == (trained_on / TENSORS).read_bytes()
    assert Chat(trained_on, safe=True).ask("I love it", heads=["sentiment"]).familiarity is not None


def test_its_report_has_the_new_figures_of_the_head_and_the_old_ones_of_the_others(
    trained: Path, trained_on: Path
) -> None:
    before, after = (json.loads((folder / "report.json").read_text()) for folder in (trained, trained_on))
    assert after["dev"]["generation"] == before["dev"]["generation"]
    assert after["dev"]["sentiment"] != before["dev"]["sentiment"]
    assert after["training"] == before["training"]
    assert after["trained_on"]["training"]


def test_what_all_its_heads_were_trained_on_is_remembered(trained: Path, trained_on: Path) -> None:
    before, after = past_recipe(trained), past_recipe(trained_on)
    assert before is not None
    assert after is not None
    assert after.heads["generation"] == before.heads["generation"]
    assert after.heads["sentiment"].batch == 8


def test_what_a_head_had_is_kept_where_it_gets_more(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    head = CONFIG[: CONFIG.index("[heads")] + GENERATION
    first = load_recipe(config_of(tmp_path, head, trained), ("heads.generation.options.lookback=0",))
    run(first, tmp_path / "first")
    pointer = Assistant.load(tmp_path / "first", Registry(safe=True).load).heads["generation"].state_dict()
    then = load_recipe(config_of(tmp_path, head, tmp_path / "first"), ("train.learning_rate=1e-30",))
    run(then, tmp_path / "then", quiet=False)
    assert "lookback begins new: init has none" in capsys.readouterr().err
    both = Assistant.load(tmp_path / "then", Registry(safe=True).load).heads["generation"].state_dict()
    assert pointer.keys() < both.keys()
    for key, tensor in pointer.items():
        torch.testing.assert_close(tensor, both[key])
    assert Chat(tmp_path / "then", safe=True).ask("hello", heads=["generation"], seed=1).as_json()


def test_a_head_without_weights_is_refused(trained: Path, tmp_path: Path) -> None:
    bare = CONFIG[: CONFIG.index("[heads")] + GENERATION[: GENERATION.index("[heads.generation.options]")]
    with pytest.raises(ConfigError, match=r"\[heads.generation\].*nothing to train"):
        run(load_recipe(config_of(tmp_path, bare, trained)), tmp_path / "out")


def test_it_needs_an_assistant_and_no_dial(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"train\.only needs init"):
        load_recipe(config_of(tmp_path, CONFIG.replace('init = "{init}"', ""), trained))
    dial = CONFIG + "[objectives.dial]\nrank = 2\n"
    with pytest.raises(ConfigError, match=r"train\.only trains no dial"):
        load_recipe(config_of(tmp_path, dial, trained))


def test_an_encoder_that_changed_meanwhile_is_noticed(model: Path, tmp_path: Path) -> None:
    made = run(load_recipe(config_of(tmp_path, CONFIG, model)), tmp_path / "out", stop_at=1)
    other = Assistant.load(model, Registry(safe=True).load)
    with torch.no_grad():
        next(other.backbone.parameters()).add_(1.0)
    other.save(model)
    with pytest.raises(ModelError, match="another encoder"):
        made.train()


def test_a_run_that_was_stopped_goes_on(trained: Path, trained_on: Path, tmp_path: Path) -> None:
    recipe = load_recipe(config_of(tmp_path, CONFIG, trained))
    run(recipe, tmp_path / "out", stop_at=3)
    run(recipe, tmp_path / "out", resume=True)
    weights = Path("heads", "sentiment", "weights.safetensors")
    assert (tmp_path / "out" / weights).read_bytes() == (trained_on / weights).read_bytes()
    for name in ("confidence.json", "heads/sentiment/head.json", "assistant.toml"):
        assert (tmp_path / "out" / name).read_bytes() == (trained_on / name).read_bytes()
    assert not Assistant.load(tmp_path / "out", Registry(safe=True).load).failures
