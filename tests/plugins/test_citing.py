"""Replies that quote the documents: when, and what."""

from __future__ import annotations

from pathlib import Path

import pytest
from chatkit_generation.citing import citable, quotation

import chatkit
from chatkit.head.answer import Hit
from chatkit.runtime.api import Chat

PAGE = """The history is a file on your disk. Its name is `history.db`.

```
ls ~/.local/share/chatkit
```
Deleting a session removes its words from the file."""
HIT = Hit(PAGE, 1.0, "privacy.md:10", "Where is the history?", coverage=1.0, matched=2)
LOOSE = Hit("a history of small words", 0.9, "other.md:1", coverage=0.4, matched=2)


@pytest.mark.parametrize("text", ["where is the history stored?", "explain the history", "history file?"])
def test_a_question_whose_words_stand_in_one_passage_is_answered_by_it(text: str):
    assert citable(text, [LOOSE, HIT]) is HIT


@pytest.mark.parametrize(
    "text",
    [
        "I love the history of the file",
        "tell me a history of files",
        "do you like history files?",
        "what is your history file?",
        "what a history of files",
    ],
)
def test_talk_is_no_question_about_documents(text: str):
    assert citable(text, [HIT]) is None


def test_one_word_or_little_of_the_question_is_not_enough():
    assert citable("where is it stored?", [Hit(PAGE, 1.0, "a.md:1", coverage=1.0, matched=1), LOOSE]) is None
    assert citable("where is the history stored?", [HIT], coverage=1.1) is None
    assert citable("where is the history stored?", []) is None


def test_the_quotation_begins_where_the_words_stand_and_names_the_place():
    assert quotation("how do I delete a session?", HIT) == (
        "Deleting a session removes its words from the file. (privacy.md:10)"
    )


def test_under_a_heading_that_asks_the_same_it_begins_at_the_beginning():
    said = quotation("where is the history?", HIT)
    assert said.startswith("The history is a file on your disk. Its name is `history.db`.")
    assert "ls ~" not in said


@pytest.mark.parametrize("passage", ["", "!!!", "```\ncode\n```", "x" * 5000, "word " * 2000])
def test_any_passage_can_be_quoted(passage: str):
    said = quotation("what is a word?", Hit(passage, 1.0, "a.md:1"))
    assert said.endswith("(a.md:1)")
    assert len(said) < 400


def test_rows_of_a_table_are_no_sentences():
    passage = "| State | Meaning |\n|---|---|\n| stale | weights of another time |\n\nA stale head is trained again."
    said = quotation("when is a head stale?", Hit(passage, 1.0, "a.md:1"))
    assert said == "A stale head is trained again. (a.md:1)"


def test_the_shipped_assistant_quotes_its_pages():
    said = chatkit.load().ask("how do I add a head?").reply
    assert said.startswith("To add a head, write one Python file")
    assert said.endswith("(add-a-head.md:5)")


def test_a_quotation_claims_no_speed():
    *_, done = chatkit.load().events("how do I add a head?", heads=["generation"])
    assert done["event"] == "done"
    assert "tokens_per_second" not in done["timing"]


def test_an_index_that_cannot_be_read_costs_no_reply(trained: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CHATKIT_HOME", str(tmp_path))
    (tmp_path / "index.db").write_text("junk " * 1000)
    said = {answer.head: answer for answer in Chat(trained, safe=True).ask("where is the history?").answers}
    assert said["generation"].answer.plain
    assert "retrieval" not in said


def test_a_passage_whose_heading_asks_the_same_comes_first():
    other = Hit(
        "chatkit index remove PATH",
        1.3,
        "a.md:3",
        "How do I remove a document from the index?",
        coverage=1.0,
        matched=2,
    )
    same = Hit("chatkit index add PATH", 1.1, "a.md:1", "How do I index my own documents?", coverage=0.9, matched=2)
    assert citable("how do I index my documents?", [other, same]) is same
