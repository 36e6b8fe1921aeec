"""Views: how a text is framed by special pieces before the encoder sees it.

``message``       ``<user> ... <end>``: one message alone, from the zero state, equal to the first turn of a chat
``reply``         ``<assistant> ... <end>``: a reply alone, as if it were said to nothing
``document``      ``<text> ... <end>``: a passage or plain text
``to:LANGUAGE``   ``<to:fr> ... <end>``: a text with a target language
``conversation``  ``<user> ... <end> <assistant> ... <end> ...``: the running state, turn after turn
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.text.tokenizer import ASSISTANT, LANGUAGES, TEXT, USER, Tokenizer, language_piece

CONVERSATION = "conversation"
MESSAGE = "message"
REPLY = "reply"
DOCUMENT = "document"


def check_view(view: str) -> None:
    """Check the name of a view.

    Raises:
        ValueError: If there is none of that name.
    """
    plain = (MESSAGE, REPLY, DOCUMENT, CONVERSATION)
    if view in plain or view in map("to:{}".format, LANGUAGES):
        return
    raise ValueError(f"no view {view!r}; known: {', '.join(plain)}, to:LANGUAGE ({', '.join(LANGUAGES)})")


def opening(tokenizer: Tokenizer, view: str) -> int:
    """Id of the special piece that opens a text in this view.

    Raises:
        ValueError: If there is no such view.
    """
    check_view(view)
    if view.startswith("to:"):
        return tokenizer.special(language_piece(view.removeprefix("to:")))
    return tokenizer.special({DOCUMENT: TEXT, REPLY: ASSISTANT}.get(view, USER))


def frame(tokenizer: Tokenizer, view: str, pieces: Sequence[int], limit: int) -> list[int]:
    """Ids of a text in a view: its opening, at most ``limit`` pieces, its end."""
    return [opening(tokenizer, view), *pieces[:limit], tokenizer.end]


def speaker_ids(turns: Sequence[Mapping[str, Any]]) -> list[str]:
    """The speaker piece of each turn.

    ``user`` and ``assistant`` keep their parts. Of others the first to speak is the user; anybody else is the
    assistant, so that both parts are learned from chats between people.
    """
    first = turns[0]["speaker"] if turns else ""
    named = {"user": USER, "assistant": ASSISTANT}
    return [named.get(turn["speaker"], USER if turn["speaker"] == first else ASSISTANT) for turn in turns]


def conversation_ids(tokenizer: Tokenizer, record: Mapping[str, Any]) -> list[int]:
    """Ids of a dialogue record (``turns``), or of plain text (``text``) as a document."""
    if "turns" not in record:
        return [tokenizer.special(TEXT), *tokenizer.encode(record["text"]), tokenizer.end]
    turns = record["turns"]
    ids: list[int] = []
    for piece, turn in zip(speaker_ids(turns), turns, strict=True):
        ids += [tokenizer.special(piece), *tokenizer.encode(turn["text"]), tokenizer.end]
    return ids
