"""Pairs made by the assistant's own translation head: both directions, and the refusals."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chatkit import cli
from chatkit.assistant import Assistant
from chatkit.errors import DataError, HeadError
from chatkit.generalisation.translated import pairs
from chatkit.head.answer import Answer, Text
from chatkit.head.setup import HeadSetup
from chatkit.registry import Registry


@pytest.fixture
def translator(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> Assistant:
    """With a head of the real kind whose answers come from a table: what a trained one says is no question here."""
    head_class = Registry(safe=True).load("translation")
    head = assistant.add_head(head_class, HeadSetup(labels=("en", "fr"), trained=True))
    table = {
        "good day": "bonjour",
        "bonjour": "good day",
        "copy": "copy",
        "loop": "le le le le le le",
        "long": "x" * 99,
    }

    def answer(encoded: Any, examples: Sequence[Any]) -> list[Answer]:
        assert {e["lang"] for e in examples} <= {"en", "fr"}
        return [Answer(Text(table.get(e["src"], ""))) for e in examples]

    monkeypatch.setattr(head, "answer", answer)
    return assistant


def test_pairs_of_both_directions_without_what_failed(translator: Assistant) -> None:
    texts = ["copy", "good day", "loop", "long", "unknown"]
    assert pairs(translator, texts, "fr") == [{"src": "good day", "tgt": "bonjour", "lang": "fr"}]
    back = pairs(translator, ["bonjour"], "fr", back=True)
    assert back == [{"src": "good day", "tgt": "bonjour", "lang": "fr"}]
    with pytest.raises(DataError, match="none of 1 translations into fr is usable"):
        pairs(translator, ["unknown"], "fr")
    with pytest.raises(HeadError, match="has not learned to translate into de") as error:
        pairs(translator, texts, "de")
    assert "it knows en, fr" in str(error.value)


def test_a_head_that_was_never_trained_makes_rows_all_the_same(assistant: Assistant) -> None:
    head_class = Registry(safe=True).load("translation")
    assistant.add_head(head_class, HeadSetup({"most_pieces": 6}, ("fr",), trained=True))
    try:
        rows = pairs(assistant, ["good morning to you all", "where is the station"], "fr")
    except DataError:  # what random weights say may be unusable
        return
    assert {row["lang"] for row in rows} == {"fr"}


@pytest.mark.parametrize("how", ["--translate", "--back-translate"])
def test_an_assistant_without_the_head_refuses_in_words(
    how: str, trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"text": "good day"}) + "\n")
    given = ["augment", str(tmp_path / "a.jsonl"), "--out", str(tmp_path / "b.jsonl"), "--model", str(trained)]
    assert cli.run([*given, how, "fr"]) == 2
    assert "no translation head that was trained" in capsys.readouterr().err
    assert not (tmp_path / "b.jsonl").exists()
    assert cli.run([*given, how, "fr", "--method", "swap"]) == 2
