"""Rows of the history as plain records, as ``Store`` hands them out."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from collections.abc import Sequence
from typing import Any

SNIPPET_CHARACTERS = 120


@dataclasses.dataclass(frozen=True)
class SessionRecord:
    """One session.

    Args:
        id: Its number, as ``--session`` takes it.
        name: The name it was given, or "".
        created: When it was started, seconds since the epoch.
        changed: When it was last added to.
        messages: How many messages it holds, all branches together.
        opening: Start of its first message.
    """

    id: int
    name: str
    created: float
    changed: float
    messages: int
    opening: str

    @property
    def title(self) -> str:
        """What a list shows: the name, else the first words."""
        return self.name or " ".join(self.opening.split()) or "empty session"


@dataclasses.dataclass(frozen=True)
class AnswerRecord:
    """What one head said of a message.

    Args:
        head: Its name.
        state: "running", "done", "stopped", "failed" or "interrupted".
        text: Streamed text; "" for heads that do not stream.
        data: ``Answer.as_json``; ``message`` and ``place`` of a failure; {} while it runs.
    """

    head: str
    state: str
    text: str
    data: dict[str, Any]


@dataclasses.dataclass(frozen=True)
class MessageRecord:
    """One message of a session.

    Args:
        id: Its number.
        parent: The message it follows, None for the first.
        speaker: "user" or "assistant".
        text: What was said.
        state: "queued", "running", "done", "stopped", "failed" or "interrupted".
        seed: Seed of the reply.
        lineage: Fingerprint of encoder and tokenizer that replied.
        facts: ``timing`` and ``familiarity`` of the turn.
        created: Seconds since the epoch.
        answers: What each head said.
    """

    id: int
    parent: int | None
    speaker: str
    text: str
    state: str
    seed: int | None
    lineage: str
    facts: dict[str, Any]
    created: float
    answers: tuple[AnswerRecord, ...]

    @classmethod
    def of(cls, row: sqlite3.Row, answers: Sequence[AnswerRecord]) -> MessageRecord:
        """The record of a row of the message table."""
        plain = {key: row[key] for key in ("id", "parent", "speaker", "text", "state", "seed", "lineage", "created")}
        return cls(**plain, facts=json.loads(row["facts"]), answers=tuple(answers))


@dataclasses.dataclass(frozen=True)
class Found:
    """A message that search found.

    Args:
        session: Its session.
        session_name: Name of that session, or "".
        message: Its number.
        speaker: "user" or "assistant".
        snippet: One line of text around the first word.
        created: Seconds since the epoch.
    """

    session: int
    session_name: str
    message: int
    speaker: str
    snippet: str
    created: float

    @classmethod
    def of(cls, row: sqlite3.Row, word: str) -> Found:
        """The record of a row of the search, cut to the surroundings of ``word``."""
        text = row["text"]
        start = max(text.lower().find(word.lower()) - SNIPPET_CHARACTERS // 3, 0)
        cut = " ".join(text[start : start + SNIPPET_CHARACTERS].split())
        end = "…" if start + SNIPPET_CHARACTERS < len(text) else ""
        return cls(
            row["session"],
            row["session_name"],
            row["message"],
            row["speaker"],
            ("…" if start else "") + cut + end,
            row["created"],
        )
