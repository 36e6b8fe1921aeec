"""What fills the shipped generation head with replies that were given: trained weights stay, mistakes are named."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from chatkit_generation import Generation

from chatkit.runtime.loading import load_trained

PAIRS = [("can you sing?", "I have no voice."), ("Sing a song!", "I have no voice."), ("where are you?", "I am here.")]
WITHOUT = ["what is my name?", "where do I live?"]


@pytest.fixture(scope="module")
def script(recipe_script: Callable[[str], ModuleType]) -> ModuleType:
    return recipe_script("precedents")


def test_the_script_fills_a_model_and_leaves_the_rest(
    script: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [[{"speaker": "user", "text": m}, {"speaker": "assistant", "text": r}] for m, r in PAIRS]
    for name, made in (("pairs", rows), ("others", [[{"speaker": "user", "text": text}] * 2 for text in WITHOUT])):
        lines = [json.dumps({"turns": turns}) for turns in made]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file() and "generation" not in path.parts}
    sets = [str(tmp_path / "pairs.jsonl"), "--without", str(tmp_path / "others.jsonl")]
    monkeypatch.setattr("sys.argv", ["precedents.py", str(model), *sets])
    script.main()
    assert "3 pairs, 2 messages without" in capsys.readouterr().out
    assert all(path.read_bytes() == content for path, content in before.items())
    head = load_trained(model).heads["generation"]
    assert isinstance(head, Generation)
    assert head.precedents is not None
    assert head.precedents.like("sing a song", head.vocabulary)[0].reply == "I have no voice."
    assert head.precedents.like("what is my name?", head.vocabulary) == []


def test_a_set_that_is_not_there_is_one_line(script: ModuleType, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["precedents.py", str(model), "nowhere/at_all"])
    with pytest.raises(SystemExit, match="nowhere/at_all"):
        script.main()
