"""A head whose file was saved: what is kept, what is fitted anew, and that the old one stays when the new one fails."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from chatkit.errors import HeadError
from chatkit.head.head import Head
from chatkit.runtime.loading import Loaded, load
from chatkit.runtime.reload import Watch, reload_head

MOOD = """from chatkit.plugin_api import Classifier

class Mood(Classifier):
    name = "mood"
    examples = [{"text": "good fun", "label": "happy"}, {"text": "so dull", "label": "sad"}]
"""


@pytest.fixture
def mood(tmp_path: Path) -> Path:
    path = tmp_path / "mood.py"
    path.write_text(MOOD)
    return path


@pytest.fixture
def loaded(trained: Path, mood: Path) -> Loaded:
    return load(str(trained), [str(mood)])


def again(loaded: Loaded, mood: Path, source: str) -> str:
    mood.write_text(source)
    return reload_head(loaded.assistant, loaded.registry, "mood", mood, loaded.folder)


def says(loaded: Loaded) -> list[str]:
    head = loaded.assistant.heads["mood"]
    answers = head.answer(loaded.assistant.encode_records(head, head.examples), head.examples)
    return [answer.as_json()["label"] for answer in answers]


def weights(head: Head) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in head.state_dict().items()}


def test_weights_are_kept_where_only_code_changed(loaded: Loaded, mood: Path) -> None:
    before = weights(loaded.assistant.heads["mood"])
    said = again(loaded, mood, MOOD + "\n    extra = 1\n")
    assert said == f"{len(before)} weights kept"
    assert loaded.assistant.heads["mood"].extra == 1
    for name, tensor in weights(loaded.assistant.heads["mood"]).items():
        assert tensor.equal(before[name])


def test_another_shape_is_new_and_the_rest_is_kept(loaded: Loaded, mood: Path) -> None:
    wider = "\n    def build(self, info, vocabulary, **o):\n        super().build(info, vocabulary, hidden=64)\n"
    said = again(loaded, mood, MOOD + wider)
    assert said == "4 weights kept, 3 new, fitted anew"
    assert says(loaded) == ["happy", "sad"]


def test_other_examples_are_learned_from_the_start_although_every_shape_fits(loaded: Loaded, mood: Path) -> None:
    said = again(loaded, mood, MOOD.replace('"happy"', "1").replace('"sad"', '"happy"').replace("1", '"sad"'))
    assert "fitted anew" in said
    assert says(loaded) == ["sad", "happy"]


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("class Mood(\n", "SyntaxError"),
        (MOOD[: len(MOOD) // 2], "at least two labels"),
        ("", "defines no head"),
        ("1 / 0\n" + MOOD, "ZeroDivisionError"),
        ("raise GeneratorExit\n" + MOOD, "GeneratorExit"),
        (MOOD.replace('"mood"', '"other"'), "no longer calls its head mood"),
        (MOOD + "\n    def build(self, info, vocabulary, **o):\n        raise SystemExit\n", "SystemExit"),
        (MOOD + "\n    def answer(self, encoded, examples):\n        return []\n", "one Answer per example"),
        (
            MOOD + "\n    def loss(self, encoded, examples):\n        import math\n"
            "        loss = super().loss(encoded, examples)\n        return type(loss)(loss.total * math.nan, 2)\n",
            "no finite number",
        ),
    ],
)
def test_the_old_one_stays_when_the_new_one_fails(loaded: Loaded, mood: Path, source: str, what: str) -> None:
    old, setup = loaded.assistant.heads["mood"], loaded.assistant.setups["mood"]
    with pytest.raises(HeadError, match=what):
        again(loaded, mood, source)
    assert loaded.assistant.heads["mood"] is old
    assert loaded.assistant.setups["mood"] is setup
    assert says(loaded) == ["happy", "sad"]
    again(loaded, mood, MOOD)
    assert says(loaded) == ["happy", "sad"]


def test_a_file_that_is_gone_for_a_moment_has_not_changed(mood: Path) -> None:
    watch = Watch({"mood": mood})
    mood.unlink()
    assert watch.changed() == []
    mood.write_text(MOOD + "\n")
    assert watch.changed() == ["mood"]
    assert watch.changed() == []


def test_a_head_of_the_model_that_was_left_out_comes_back_with_its_weights(trained: Path) -> None:
    loaded, whole = load(str(trained), skip=["sentiment"]), load(str(trained))
    assert next(h.state for h in loaded.heads if h.name == "sentiment") == "disabled"
    reload_head(loaded.assistant, loaded.registry, "sentiment", None, loaded.folder)
    back, before = (which.assistant.heads["sentiment"] for which in (loaded, whole))
    assert loaded.assistant.setups["sentiment"].trained
    assert not back.training
    for name, tensor in before.state_dict().items():
        assert tensor.equal(back.state_dict()[name])


def test_what_the_host_finds_wrong_names_the_heads_own_line(loaded: Loaded, mood: Path) -> None:
    with pytest.raises(HeadError) as caught:
        again(loaded, mood, MOOD + "\n    def answer(self, encoded, examples):\n        return []\n")
    assert caught.value.place == "mood.py:7"
