"""From names to an assistant that answers: trained heads, dropped-in heads, heads in a bad state."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatkit.errors import HeadError, ModelError
from chatkit.registry import Registry
from chatkit.runtime.loading import Loaded, load

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


def states(loaded: Loaded) -> dict[str, str]:
    return {head.name: head.state for head in loaded.heads}


def test_the_heads_of_a_model(trained: Path) -> None:
    loaded = load(str(trained))
    assert {"generation", "retrieval", "sentiment"} <= set(loaded.assistant.heads)
    assert all(states(loaded)[name] == "ok" for name in ("generation", "retrieval", "sentiment"))
    assert [head.name for head in loaded.heads] == sorted(head.name for head in loaded.heads)
    assert all(loaded.assistant.setups[name].trained for name in ("generation", "retrieval", "sentiment"))


def test_a_file_of_ones_own_is_fitted_to_its_examples(trained: Path, mood: Path) -> None:
    loaded = load(str(trained), [str(mood)])
    (state,) = [head for head in loaded.heads if head.name == "mood"]
    assert state.state == "ok"
    assert "untrained: fitted to its 2 examples only" in state.why
    assert not loaded.assistant.setups["mood"].trained
    head = loaded.assistant.heads["mood"]
    answers = head.answer(loaded.assistant.encode_records(head, head.examples), head.examples)
    assert [answer.as_json()["label"] for answer in answers] == ["happy", "sad"]


def test_fitting_a_new_head_changes_no_other(trained: Path, mood: Path) -> None:
    plain, more = load(str(trained)).assistant, load(str(trained), [str(mood)]).assistant
    for name, tensor in plain.backbone.state_dict().items():
        assert tensor.equal(more.backbone.state_dict()[name])
    for name, tensor in plain.heads["sentiment"].state_dict().items():
        assert tensor.equal(more.heads["sentiment"].state_dict()[name])


def test_a_drop_in_file_that_nobody_confirmed_is_not_run(trained: Path, home: Path) -> None:
    (home / "heads").mkdir()
    (home / "heads" / "mood.py").write_text("raise SystemExit('was run')\n" + MOOD)
    loaded = load(str(trained))
    assert states(loaded)["mood"] == "unconfirmed"
    assert "mood" not in loaded.assistant.heads


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("1 / 0\n" + MOOD, "ZeroDivisionError"),
        (MOOD.replace("name =", "nme ="), "has no name"),
        (MOOD + "\n    def build(self, info, vocabulary, **options):\n        raise KeyError('w')\n", "KeyError"),
        (MOOD + "\n    def loss(self, encoded, examples):\n        return 3\n", "AttributeError"),
        ("class Mood(\n", "SyntaxError"),
    ],
)
def test_a_file_that_is_broken_hurts_no_other(trained: Path, mood: Path, source: str, message: str) -> None:
    mood.write_text(source)
    loaded = load(str(trained), [str(mood)])
    (state,) = [head for head in loaded.heads if head.name == "mood"]
    assert state.state == "broken"
    assert message in state.why
    assert "\n" not in state.why
    assert {"generation", "retrieval", "sentiment"} <= set(loaded.assistant.heads)
    assert "mood" not in loaded.assistant.heads


def test_a_stale_head_is_told_and_the_others_load(model: Path) -> None:
    file = model / "heads" / "sentiment" / "head.json"
    import json

    data = json.loads(file.read_text())
    file.write_text(json.dumps({**data, "lineage": "another"}))
    loaded = load(str(model))
    assert states(loaded)["sentiment"] == "stale"
    assert "sentiment" not in loaded.assistant.heads
    assert {"generation", "retrieval"} <= set(loaded.assistant.heads)


def test_a_head_that_the_user_switched_off_is_disabled_not_broken(trained: Path) -> None:
    Registry().disable("sentiment")
    loaded = load(str(trained))
    assert states(loaded)["sentiment"] == "disabled"
    assert "sentiment" not in loaded.assistant.heads
    Registry().enable("sentiment")
    assert states(load(str(trained)))["sentiment"] == "ok"


def test_skipped_heads_are_not_touched(trained: Path) -> None:
    called: list[str] = []
    loaded = load(str(trained), skip=["sentiment"], calling=called.append)
    assert "sentiment" not in loaded.assistant.heads
    assert "sentiment" not in called
    assert "generation" in called


def test_what_is_not_there_is_named(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(HeadError, match="no head nobody"):
        load(str(trained), ["nobody"])
    with pytest.raises(ModelError, match="no such model folder"):
        load(str(tmp_path / "none"))
