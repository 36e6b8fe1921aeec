"""What no reply may hold: characters, and phrases whatever pieces they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from chatkit_generation.avoiding import Avoided

from chatkit.assistant import Assistant
from chatkit.registry import Registry
from chatkit.runtime.conversation import Conversation


@pytest.fixture
def assistant(trained: Path) -> Assistant:
    return Assistant.load(trained, Registry([]).load)


def test_a_string_is_its_characters(assistant: Assistant) -> None:
    vocabulary = assistant.vocabulary
    pieces = Avoided("e!", vocabulary).pieces
    assert pieces == [i for i in range(len(vocabulary)) if {"e", "!"} & set(vocabulary.decode([i]))]
    assert len(pieces) > 1
    assert not Avoided("", vocabulary).pieces


def test_a_phrase_is_found_at_the_piece_that_ends_it(assistant: Assistant) -> None:
    vocabulary = assistant.vocabulary
    avoided = Avoided(["(user", "I'm  user"], vocabulary)
    assert not avoided.pieces
    for text in ("well (User 2's name)", "hello, i'm user 1"):
        ids = vocabulary.encode(text)
        ended = [n for n in range(len(ids)) if avoided.completes(ids[:n], ids[n])]
        assert len(ended) == 1
        assert "user" in vocabulary.decode(ids[: ended[0] + 1]).lower()
        assert "user" not in vocabulary.decode(ids[: ended[0]]).lower()
    ids = vocabulary.encode("a user is (a useful) person, I'm used to it")
    assert not any(avoided.completes(ids[:n], ids[n]) for n in range(len(ids)))


def test_replies_do_without(assistant: Assistant) -> None:
    head, conversation = assistant.heads["generation"], Conversation(assistant)

    def replies(**options: object) -> list[str]:
        events = [list(conversation.turn("hello", heads=["generation"], seed=i, **options)) for i in range(12)]
        return ["".join(e["text"] for e in row if e["event"] == "piece") for row in events]

    before = " ".join(replies()).lower()
    common = max((word for word in before.split() if len(word) > 2), key=before.count)
    head.avoided = Avoided([common], assistant.vocabulary)  # type: ignore[assignment]
    after = replies()
    assert not any(common in reply.lower() for reply in after)
    assert any(after)
