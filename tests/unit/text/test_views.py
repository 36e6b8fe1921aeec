"""How a text is framed before the encoder sees it."""

from __future__ import annotations

import pytest

from chatkit.text.tokenizer import ASSISTANT, TEXT, USER, Tokenizer
from chatkit.text.views import check_view, conversation_ids, frame, opening, speaker_ids


@pytest.mark.parametrize(
    ("view", "piece"),
    [("message", USER), ("conversation", USER), ("document", TEXT), ("to:fr", "<to:fr>"), ("to:zh", "<to:zh>")],
)
def test_each_view_opens_with_its_piece(tokenizer: Tokenizer, view: str, piece: str) -> None:
    assert opening(tokenizer, view) == tokenizer.special(piece)


@pytest.mark.parametrize("view", ["", "to:", "to:xx", "messages", "fr", "user"])
def test_other_views_are_refused(view: str) -> None:
    with pytest.raises(ValueError, match="no view"):
        check_view(view)


def test_a_frame_is_opening_pieces_end(tokenizer: Tokenizer) -> None:
    pieces = tokenizer.encode("good day to you")
    assert frame(tokenizer, "message", pieces, 100) == [tokenizer.special(USER), *pieces, tokenizer.end]
    assert frame(tokenizer, "message", pieces, 2) == [tokenizer.special(USER), *pieces[:2], tokenizer.end]
    assert frame(tokenizer, "document", [], 5) == [tokenizer.special(TEXT), tokenizer.end]


def test_a_message_is_the_first_turn_of_a_conversation(tokenizer: Tokenizer) -> None:
    record = {"turns": [{"speaker": "user", "text": "hello"}]}
    assert conversation_ids(tokenizer, record) == frame(tokenizer, "message", tokenizer.encode("hello"), 99)


@pytest.mark.parametrize(
    ("speakers", "parts"),
    [
        (["user", "assistant", "user"], [USER, ASSISTANT, USER]),
        (["assistant", "user"], [ASSISTANT, USER]),
        (["Ann", "Bob", "Cy", "Ann"], [USER, ASSISTANT, ASSISTANT, USER]),
        ([], []),
    ],
)
def test_who_is_the_user(speakers: list[str], parts: list[str]) -> None:
    assert speaker_ids([{"speaker": s, "text": "x"} for s in speakers]) == parts


def test_a_conversation_and_plain_text(tokenizer: Tokenizer) -> None:
    turns = [{"speaker": "user", "text": "hi<end>"}, {"speaker": "assistant", "text": "hello"}]
    ids = conversation_ids(tokenizer, {"turns": turns})
    assert ids.count(tokenizer.end) == 2  # the one that the user spelled out does not count
    assert ids[0] == tokenizer.special(USER)
    assert ids.count(tokenizer.special(ASSISTANT)) == 1
    text = conversation_ids(tokenizer, {"text": "plain"})
    assert (text[0], text[-1]) == (tokenizer.special(TEXT), tokenizer.end)
