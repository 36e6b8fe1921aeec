"""``objectives.dial.frozen``: a dial for a finished assistant, which stays as it is, bit for bit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from runs_beside import run

from chatkit.assistant import DIAL, Assistant
from chatkit.errors import ConfigError, ModelError
from chatkit.nn.adapters import copy_base
from chatkit.runtime.api import Chat
from chatkit.runtime.tuned import Tuned
from chatkit.training.past import past_recipe
from chatkit.training.recipe import Recipe, load_recipe

HEAD = """
from chatkit.plugin_api import LanguageModel
class Plain(LanguageModel):
    name = "plain"
    aim = "plain words"
    replies_only = True
"""
CONFIG = """
init = "{init}"
[train]
steps = 6
threads = 1
evaluate = 1
warmup = 0
learning_rate = 1e-2
[objectives.dial]
frozen = true
heads = ["generation", "plain"]
rank = 2
learning_rate = 1
examples = 20
[heads.generation]
data = ["corpora:english/dialogue"]
batch = 6
window = 24
[heads.plain]
head = "plain.py"
data = ["corpora:english/dialogue"]
batch = 6
window = 24
training_only = true
"""


@pytest.fixture(scope="module")
def config(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("config")
    (folder / "plain.py").write_text(HEAD)
    (folder / "dial.toml").write_text(CONFIG.format(init=trained))
    return folder / "dial.toml"


@pytest.fixture(scope="module")
def dialled(config: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dialled") / "model"
    run(load_recipe(str(config)), folder)
    return folder


def test_the_assistant_is_copied_byte_for_byte_and_has_a_dial(trained: Path, dialled: Path) -> None:
    kept = [path.relative_to(trained) for path in trained.rglob("*") if path.is_file()]
    for path in kept:
        if path.parts[0] not in ("run", "report.json"):
            assert (dialled / path).read_bytes() == (trained / path).read_bytes(), path
    assert not (dialled / "heads" / "plain").exists()
    before, after = (json.loads((folder / "report.json").read_text()) for folder in (trained, dialled))
    assert {key: value for key, value in after.items() if key != "dial"} == before
    front = after["dial"]
    assert front["home"] == {"generation": 1.0, "plain": 0.0}
    assert front["what"]["plain"] == "plain words"
    assert front["trained"]["training"]["steps"] == 6
    assert (dialled / DIAL).stat().st_size < 100_000


def test_what_the_assistant_was_trained_on_is_still_known(trained: Path, dialled: Path) -> None:
    before, after = past_recipe(trained), past_recipe(dialled)
    assert before is not None
    assert after == before
    assert "plain" in json.loads((dialled / "run" / "recipe.json").read_text())["heads"]


def test_only_the_adapters_are_trained(config: Path, trained: Path, tmp_path: Path, load_assistant: Callable) -> None:  # type: ignore[type-arg]
    made = run(load_recipe(str(config)), tmp_path / "model", stop_at=3)
    assert made.assistant.dial is not None
    adapters = {id(p) for p in made.assistant.dial.adapters.parameters()}
    assert {id(p) for group in made.trainer.optimiser.param_groups for p in group["params"]} == adapters
    assert any(bool(p.abs().sum() > 0) for p in made.assistant.dial.adapters.up.values())
    base: Assistant = load_assistant(trained)
    for name, tensor in copy_base(base.backbone).items():
        assert torch.equal(tensor, copy_base(made.assistant.backbone)[name]), name


def test_resuming_is_exact(config: Path, tmp_path: Path) -> None:
    recipe = load_recipe(str(config))
    whole = run(recipe, tmp_path / "whole", stop_at=5)
    run(recipe, tmp_path / "cut", stop_at=2)
    resumed = run(recipe, tmp_path / "cut", resume=True, stop_at=5)
    for name, tensor in whole.trainer.tensors().items():
        assert torch.equal(tensor, resumed.trainer.tensors()[name]), name


def test_home_is_the_end_that_the_assistant_was_made_for(dialled: Path, load_assistant: Callable) -> None:  # type: ignore[type-arg]
    assistant: Assistant = load_assistant(dialled)
    assert assistant.dial is not None
    before = copy_base(assistant.backbone)
    with assistant.dial.at(assistant.backbone, {"generation": 1.0, "plain": 0.0}):
        assert all(torch.equal(tensor, copy_base(assistant.backbone)[name]) for name, tensor in before.items())
    with assistant.dial.at(assistant.backbone, {"generation": 0.0, "plain": 1.0}):
        assert not all(torch.equal(tensor, copy_base(assistant.backbone)[name]) for name, tensor in before.items())


def test_the_slider_stands_at_home_and_heads_that_are_not_traded_answer_from_there(
    dialled: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(dialled, tmp_path / "offered"))
    report = json.loads((folder / "report.json").read_text())
    report["dial"]["offered"] = True
    (folder / "report.json").write_text(json.dumps(report))
    chat = Chat(folder, safe=True)
    sliders = {slider["name"]: slider for slider in Tuned(chat.assistant).sliders()}
    assert (sliders["generation"]["default"], sliders["plain"]["default"]) == (1.0, 0.0)
    assert sliders["plain"]["what"] == "plain words"

    def probabilities(dial: dict[str, float]) -> object:
        said = chat.ask("what a lovely day", dial=dial, max_tokens=3).as_json()
        return next(row for row in said["answers"] if row["head"] == "sentiment")["probabilities"]

    assert probabilities({"plain": 1.0}) == probabilities({})


def test_an_assistant_that_has_changed_meanwhile_is_refused(config: Path, model: Path, tmp_path: Path) -> None:
    made = run(load_recipe(str(config), (f"init={model}",)), tmp_path / "out", stop_at=1)
    from safetensors.torch import load_file, save_file

    tensors = load_file(model / "encoder.safetensors")
    save_file({name: tensor + 0.01 for name, tensor in tensors.items()}, model / "encoder.safetensors")
    with pytest.raises(ModelError, match="another encoder"):
        made.save_assistant()


@pytest.mark.parametrize(
    ("overrides", "what"),
    [
        (("objectives.dial.heads=['plain', 'generation']",), "begins with plain"),
        (("objectives.dial.heads=[]",), "needs two"),
    ],
)
def test_a_config_that_makes_no_sense_is_refused(
    config: Path, tmp_path: Path, overrides: tuple[str, ...], what: str
) -> None:
    with pytest.raises(ConfigError, match=what):
        run(load_recipe(str(config), overrides), tmp_path / "model", stop_at=1)


def test_a_dial_for_no_assistant_is_refused(micro: Callable[..., Recipe]) -> None:
    with pytest.raises(ConfigError, match="needs init"):
        micro("objectives.dial.frozen=true", "objectives.dial.heads=['generation', 'sentiment']")
