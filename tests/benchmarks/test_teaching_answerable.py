"""What teaches the shipped generation head whether a thing was told: trained weights stay, mistakes are named."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from chatkit_generation import Generation

from chatkit.runtime.loading import load_trained

TOLD = [["my cat is called Milo", "A nice name."], ["what is my cat called?", "Milo, you said."]]
UNTOLD = [["it is windy", "Put on a hat."], ["what is my cat called?", "You have not told me that yet."]]


@pytest.fixture(scope="module")
def script(recipe_script: Callable[[str], ModuleType]) -> ModuleType:
    return recipe_script("answerable")


def dialogues(folder: Path, rows: list[list[list[str]]]) -> None:
    folder.mkdir()
    for part in ("train", "dev"):
        said = [zip(itertools.cycle(("user", "assistant")), itertools.chain(*row), strict=False) for row in rows]
        lines = [json.dumps({"turns": [{"speaker": who, "text": text} for who, text in turns]}) for turns in said]
        (folder / f"{part}.jsonl").write_text("\n".join(lines), encoding="utf-8")


def test_the_script_teaches_a_model_and_leaves_the_rest(
    script: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dialogues(tmp_path / "own", [TOLD, UNTOLD] * 4)
    dialogues(tmp_path / "talk", [[["hello", "Hi."], ["how are you?", "Fine."]]] * 4)
    old = load_trained(model).heads["generation"].state_dict()
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file() and "generation" not in path.parts}
    monkeypatch.setattr(script, "STEPS", 30)
    monkeypatch.setattr("sys.argv", ["x", str(model), str(tmp_path / "own"), "--talk", str(tmp_path / "talk")])
    script.main()
    printed = capsys.readouterr().out
    assert "own: owns up to " in printed
    assert " of 4 it was not told, " in printed
    assert " of 8 questions, " in printed
    assert "other ends: owns up to " in printed
    assert "talk: owns up to 0 of 8 others" in printed
    assert all(path.read_bytes() == content for path, content in before.items())
    head = load_trained(model).heads["generation"]
    assert isinstance(head, Generation)
    assert head.answerable is not None
    assert head.answerable.kinds.weight.any()
    honest = (head.honest.unanswered, head.honest.unknown, head.listening.kinds["laugh"])
    assert honest == (script.UNANSWERED, script.UNKNOWN, tuple(script.LISTENING["laugh"]))
    assert all(head.state_dict()[key].equal(value) for key, value in old.items())


def test_without_a_reply_that_owns_up_it_says_so_and_the_model_stays(
    script: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialogues(tmp_path / "own", [TOLD] * 4)
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    monkeypatch.setattr("sys.argv", ["x", str(model), str(tmp_path / "own")])
    with pytest.raises(SystemExit, match="no reply in these dialogues owns up"):
        script.main()
    assert all(path.read_bytes() == content for path, content in before.items())


def test_questions_of_the_world_are_drawn_from_forms_of_their_own_for_each_part() -> None:
    from worldly import questions

    parts = {part: questions("world", part, 400, 1) for part in ("train", "dev")}
    assert all(len(set(texts)) == len(texts) == 400 for texts in parts.values())
    assert not set(parts["train"]) & set(parts["dev"])
    assert not any("{" in text or "}" in text for texts in parts.values() for text in texts)
    assert parts["dev"] == questions("world", "dev", 400, 1)
    assert 20 < len(questions("own", "dev", 10_000, 1)) < 10_000  # as many as there are
