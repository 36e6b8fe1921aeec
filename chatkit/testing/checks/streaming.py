"""Streams, run as the chat runs them: through a conversation, with a seed, and stopped half-way."""

from __future__ import annotations

import random
from typing import Any

import torch

from chatkit.head.answer import Hit
from chatkit.runtime.conversation import Conversation
from chatkit.testing.check import Checks
from chatkit.testing.process import drawn, random_state
from chatkit.testing.report import CheckFailed, NotAsked
from chatkit.testing.rig import LINES, WEIRD, HeadRig

CHECKS = Checks()
_MOST_PIECES = 2000
_MORE_AFTER_STOP = 2


def _search(vector: torch.Tensor | None, text: str, k: int) -> list[Hit]:
    """A document of a few lines, ranked by the words that they share with the text."""
    if vector is not None and (vector.ndim != 1 or not bool(torch.isfinite(vector).all())):
        raise CheckFailed(f"ask.search takes one finite vector (K,), got {tuple(vector.shape)}")
    words = set(text.lower().split())
    ranked = sorted(LINES, key=lambda line: -len(words & set(line.lower().split())))
    return [Hit(line, float(k - i), f"lines.txt:{i + 1}") for i, line in enumerate(ranked[:k])]


def _turn(rig: HeadRig, text: str, *, stop_after: int | None = None, seed: int = 7) -> list[dict[str, Any]]:
    """Events of one turn; stopped once so many pieces have come."""
    if not rig.head.streams():
        raise NotAsked("it does not stream")
    conversation = Conversation(rig.assistant, _search)
    events: list[dict[str, Any]] = []

    def count() -> int:
        return sum(event["event"] == "piece" for event in events)

    history = [{"speaker": "user", "text": "hello"}, {"speaker": "assistant", "text": "hi, how are you?"}]
    stream = conversation.turn(
        text,
        history=history,
        heads=[rig.head.name],
        options={"max_tokens": 24},
        seed=seed,
        cancelled=lambda: stop_after is not None and count() >= stop_after,
    )
    for event in stream:
        events.append(event)
        if event["event"] == "failed":
            raise CheckFailed(f"on {text[:20]!r}: {event['message']} ({event['place']})")
        if count() > _MOST_PIECES:
            raise CheckFailed(f"on {text[:20]!r}: still going after {_MOST_PIECES} pieces")
    return events


@CHECKS.add()
def streams_any_text(rig: HeadRig) -> str:
    """A stream answers ordinary, empty, very long and weird messages, in pieces or answers, and ends."""
    pieces = 0
    for text in (*LINES[:2], *WEIRD):
        events = _turn(rig, text)
        pieces += sum(event["event"] == "piece" for event in events)
        if not any(event["event"] == "answer" for event in events):
            raise CheckFailed(f"on {text[:20]!r}: it yields neither a piece nor an answer")
    return f"{pieces} pieces for {len(WEIRD) + 2} messages"


@CHECKS.add()
def streams_by_its_seed(rig: HeadRig) -> None:
    """With one seed a stream is the same again, and the global generators are left alone."""
    torch.manual_seed(5)
    before = random_state()
    first = _answers(_turn(rig, LINES[0]))
    if drawn(before):
        raise CheckFailed("it draws from a global generator: use ask.generator")
    torch.manual_seed(6)
    random.seed(6)
    if _answers(_turn(rig, LINES[0])) != first:
        raise CheckFailed("with the same seed it answers differently: use ask.generator, keep nothing between calls")


@CHECKS.add()
def stops_when_cancelled(rig: HeadRig) -> str:
    """After the user's stop at most two more pieces come."""
    whole = sum(event["event"] == "piece" for event in _turn(rig, LINES[0]))
    if whole <= 2 + _MORE_AFTER_STOP:
        raise NotAsked(f"its stream has {whole} pieces only")
    stopped = sum(event["event"] == "piece" for event in _turn(rig, LINES[0], stop_after=2))
    if stopped > 2 + _MORE_AFTER_STOP:
        raise CheckFailed(f"{stopped - 2} more pieces came after the stop: ask ask.cancelled before each step")
    return f"{stopped - 2} more pieces after the stop"


def _answers(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in event.items() if k in ("text", "answer")} for event in events if event["event"] != "done"]
