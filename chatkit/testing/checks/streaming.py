"""Streams, run as the chat runs them: through a conversation, with a seed, and stopped half-way."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from chatkit.head.answer import Hit
from chatkit.head.ask import Ask, Piece, Services
from chatkit.nn.step import Stepper
from chatkit.runtime.choosing import judged
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.prefill import RunningState
from chatkit.testing.check import Checks
from chatkit.testing.compare import difference
from chatkit.testing.process import drawn, random_state
from chatkit.testing.report import CheckFailed, NotAsked
from chatkit.testing.rig import LINES, WEIRD, HeadRig

CHECKS = Checks()
_MOST_PIECES = 2000
_MORE_AFTER_STOP = 2
_LONGEST_REPLY = 600  # characters; what is judged was drawn, and that has an end
_OPTIONS = {"max_tokens": 24}
_HISTORY = ({"speaker": "user", "text": "hello"}, {"speaker": "assistant", "text": "hi, how are you?"})


def _search(vector: torch.Tensor | None, text: str, k: int) -> list[Hit]:
    """A document of a few lines, ranked by the words that they share with the text."""
    if vector is not None and (vector.ndim != 1 or not bool(torch.isfinite(vector).all())):
        raise CheckFailed(f"ask.search takes one finite vector (K,), got {tuple(vector.shape)}")
    words = set(text.lower().split())
    ranked = sorted(LINES, key=lambda line: -len(words & set(line.lower().split())))
    return [Hit(line, float(k - i), f"lines.txt:{i + 1}") for i, line in enumerate(ranked[:k])]


def _turn(rig: HeadRig, text: str, *, seed: int = 7) -> list[dict[str, Any]]:
    """Events of one turn of a chat."""
    if not rig.head.streams():
        raise NotAsked("it does not stream")
    events: list[dict[str, Any]] = []
    conversation = Conversation(rig.assistant, _search)
    turn = conversation.turn(text, history=_HISTORY, heads=[rig.head.name], options=_OPTIONS, seed=seed)
    for event in turn:
        events.append(event)
        if event["event"] == "failed":
            raise CheckFailed(f"on {text[:20]!r}: {event['message']} ({event['place']})")
        if len(events) > _MOST_PIECES:
            raise CheckFailed(f"on {text[:20]!r}: still going after {_MOST_PIECES} pieces")
    return events


def _ask(rig: HeadRig, text: str, cancelled: Callable[[], bool]) -> Ask:
    """A message as the head itself sees it: the chat would stop even a head that does not listen."""
    assistant = rig.assistant
    turns = [*_HISTORY, {"speaker": "user", "text": text}]
    running = RunningState(assistant)

    def context() -> tuple[Tensor, Tensor]:
        running.advance(turns)
        return running.context()

    services = Services(
        lambda: running.advance(turns),
        Stepper(assistant.backbone).step,
        lambda text, view: assistant.encode([text], view),
        _search,
        cancelled,
        assistant.encode,
        context=context,
    )
    return Ask(text, services, _OPTIONS, 7)


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
def judges_each_reply(rig: HeadRig) -> str:
    """Of each reply it judges, weird ones too, it gives a finite number in each objective, whatever their order."""
    head = rig.built
    if not rig.head.judges():
        raise NotAsked("it judges no replies")
    texts = [*LINES[:3], *(text[:_LONGEST_REPLY] for text in WEIRD)]
    order = list(range(len(texts)))[::-1]
    with torch.inference_mode():
        values = judged(head, _ask(rig, LINES[3], lambda: False), texts)
        turned = judged(head, _ask(rig, LINES[3], lambda: False), [texts[i] for i in order])
    if not values:
        raise CheckFailed("it has judge but declares no objectives")
    for name, column in values.items():
        if found := difference(column, [turned[name][i] for i in order], name):
            raise CheckFailed(f"in another order the replies are judged otherwise: {found}")
    return f"{', '.join(values)} of {len(texts)} replies"


@CHECKS.add()
def stops_when_cancelled(rig: HeadRig) -> str:
    """After the user's stop at most two more pieces come, since the head asks before each step."""
    if not rig.head.streams():
        raise NotAsked("it does not stream")
    for text in LINES[:3]:
        whole = _pieces(rig, text, stop_after=None)
        if whole > 2 + _MORE_AFTER_STOP:
            more = _pieces(rig, text, stop_after=2) - 2
            if more > _MORE_AFTER_STOP:
                raise CheckFailed(f"{more} more pieces came after the stop: ask ask.cancelled before each step")
            return f"{more} more pieces after the stop"
    raise NotAsked("its streams have few pieces")


def _pieces(rig: HeadRig, text: str, *, stop_after: int | None) -> int:
    seen: list[Piece] = []
    ask = _ask(rig, text, lambda: stop_after is not None and len(seen) >= stop_after)
    with torch.inference_mode():
        for item in rig.built.stream(ask):
            if isinstance(item, Piece):
                seen.append(item)
            if len(seen) > _MOST_PIECES:
                break
    return len(seen)


def _answers(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in event.items() if k in ("text", "answer")} for event in events if event["event"] != "done"]
