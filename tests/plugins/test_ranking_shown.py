"""Which passages the ranking head shows: none is better than three that have nothing to do with the message."""

from __future__ import annotations

import pytest

from chatkit.assistant import Assistant
from chatkit.plugin_api import Hit
from chatkit.runtime.conversation import Conversation

WORDS = Hit("the train leaves at nine", 1.0, "a.md:1", matched=1)
ALIKE = Hit("departures in the morning", 0.6, "b.md:1")
UNLIKE = Hit("boil the eggs", 0.05, "c.md:1")


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([WORDS, ALIKE, UNLIKE], ["a.md:1", "b.md:1"]),
        ([UNLIKE, UNLIKE], []),
        ([Hit("nine", 0.01, "d.md:1", matched=1)], ["d.md:1"]),
        ([], []),
    ],
)
def test_a_passage_is_shown_for_its_words_or_its_likeness(
    assistant: Assistant, found: list[Hit], shown: list[str]
) -> None:
    conversation = Conversation(assistant, lambda vector, text, k: found[:k])
    events = list(conversation.turn("when does the train leave?", heads=["retrieval"], seed=1))
    answer = next(event["answer"] for event in events if event["event"] == "answer")
    assert [item["source"] for item in answer["items"]] == shown
