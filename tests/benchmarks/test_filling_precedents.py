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


def test_what_is_alike_is_learned_from_translations_and_the_same_each_time(
    script: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [[{"speaker": "user", "text": m}, {"speaker": "assistant", "text": r}] for m, r in PAIRS]
    (tmp_path / "pairs.jsonl").write_text("\n".join(json.dumps({"turns": turns}) for turns in rows), encoding="utf-8")
    both = [{"src": text, "tgt": text[::-1]} for text, _ in PAIRS]
    (tmp_path / "toy_en_fr.jsonl").write_text("\n".join(map(json.dumps, both)), encoding="utf-8")
    sets = [str(tmp_path / "pairs.jsonl"), "--translated", str(tmp_path / "toy_en_fr.jsonl")]
    tables = []
    for _ in range(2):
        monkeypatch.setattr("sys.argv", ["precedents.py", str(model), *sets])
        script.main()
        head = load_trained(model).heads["generation"]
        assert isinstance(head, Generation)
        assert head.precedents is not None
        assert head.precedents.like("sing a song", head.vocabulary)[0].reply == "I have no voice."
        tables.append(head.precedents.vectors)
    assert tables[0].any()
    assert tables[0].equal(tables[1])


def test_without_anything_to_learn_from_it_says_so_and_the_model_stays(
    script: ModuleType, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [{"speaker": "user", "text": "can you sing?"}, {"speaker": "assistant", "text": "No."}]
    (tmp_path / "pairs.jsonl").write_text(json.dumps({"turns": turns}), encoding="utf-8")
    (tmp_path / "toy_en_fr.jsonl").write_text(json.dumps({"src": "yes", "tgt": "oui"}), encoding="utf-8")
    before = {path: path.read_bytes() for path in model.rglob("*") if path.is_file()}
    sets = [str(tmp_path / "pairs.jsonl"), "--translated", str(tmp_path / "toy_en_fr.jsonl")]
    monkeypatch.setattr("sys.argv", ["precedents.py", str(model), *sets])
    with pytest.raises(SystemExit, match="nothing to learn likeness from"):
        script.main()
    assert {path: path.read_bytes() for path in model.rglob("*") if path.is_file()} == before


def test_a_set_that_is_not_there_is_one_line(script: ModuleType, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["precedents.py", str(model), "nowhere/at_all"])
    with pytest.raises(SystemExit, match="nowhere/at_all"):
        script.main()
