"""Whether a message is a question about something, and what is left of it without the greeting."""

from __future__ import annotations

import pytest

from chatkit.text.questions import is_question, without_greeting

OWN = ["what is my dog called?", "where do I live?", "who's my sister?", "what did I order?", "which food do I like?"]
OF_SOMEBODY = ["what time should I call her?", "where is he now?"]
ASKED = [
    "where is the history stored",
    "the refund policy?",
    "tell me about refunds",
    "what a fugue?",
    "where is my file?",
]


@pytest.mark.parametrize("text", ASKED)
def test_a_question(text: str) -> None:
    assert is_question(text)


@pytest.mark.parametrize(
    "text", ["how are you?", "I like trains", "tell me a story", "", "what a lovely morning", *OWN, *OF_SOMEBODY]
)
def test_no_question_about_anything_else(text: str) -> None:
    assert not is_question(text)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Hello, how are you?", "how are you?"),
        ("hi hi! good morning, the opening hours", "the opening hours"),
        ("thanks!", ""),
        ("haha ok. do you have a name?", "do you have a name?"),
        ("hmm, lol, anyway", ""),
        ("Hi there! What can you do?", "What can you do?"),
        ("history of hello world", "history of hello world"),
        ("hidden files", "hidden files"),
        ("no", ""),
        ("notes on Rome", "notes on Rome"),
    ],
)
def test_a_greeting_is_taken_off_the_front(text: str, rest: str) -> None:
    assert without_greeting(text) == rest
