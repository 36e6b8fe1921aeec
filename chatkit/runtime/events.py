"""Events of a turn: what the engine tells whoever asked, in order, as plain JSON data.

One turn yields, for each head: ``calling``, any number of ``piece``, then ``answer`` or ``failed``; then ``done``.
Every event names its turn, so that a late one of a cancelled turn is told apart.

    {"event": "calling",  "turn": 3, "head": "generation"}
    {"event": "piece",    "turn": 3, "head": "generation", "text": "Hel"}
    {"event": "choice",   "turn": 3, "head": "generation", "choice": {...}}   among drawn replies: runtime.choosing
    {"event": "answer",   "turn": 3, "head": "generation", "answer": {"type": "text", "text": "Hello!"},
                          "stopped": false}
    {"event": "failed",   "turn": 3, "head": "mood", "message": "ZeroDivisionError: ...", "place": "mood.py:7",
                          "disabled": false}
    {"event": "done",     "turn": 3, "seed": 17, "stopped": false, "familiarity": 0.91,
                          "trust": {"nearest": "chitchat", "why": "like the training text; ...", "warning": false},
                          "timing": {"encode": 0.004, "total": 0.4, "tokens": 20, "tokens_per_second": 800.0}}

Besides turns the engine sends ``ready`` once after loading, ``heads`` when the heads change, and ``error`` when a
command failed as a whole:

    {"event": "ready", "model": "default", "lineage": "3f2a...", "heads": [{"name", "state", "origin", "why"}, ...],
     "sliders": [{"name", "kind", "low", "high", "default", "head", "what"}, ...],
     "front": {}}
    {"event": "loading", "head": "mood"}                 its code is about to run: if the process dies now, it did it;
                                                         "" when no head's code runs any more
    {"event": "reloaded", "head": "mood", "ok": true, "message": "4 weights kept", "place": ""}
    {"event": "glance", "number": 7, "answers": [{"head": "sentiment", "answer": {...}}]}
                                                         of the message that is being typed, the latest text only
    {"event": "error", "turn": 3 | null, "message": "one clear line"}
"""

from __future__ import annotations

from typing import Any

Event = dict[str, Any]


def calling(turn: int, head: str) -> Event:
    """The engine is about to call this head: if the process dies now, it is the culprit."""
    return {"event": "calling", "turn": turn, "head": head}


def piece(turn: int, head: str, text: str) -> Event:
    """More text of a streaming head."""
    return {"event": "piece", "turn": turn, "head": head, "text": text}


def choice(turn: int, head: str, choice: dict[str, Any]) -> Event:
    """Which of the replies that a head has drawn is said, and why (``runtime.choosing.Choice.as_json``)."""
    return {"event": "choice", "turn": turn, "head": head, "choice": choice}


def answer(turn: int, head: str, answer: dict[str, Any], *, stopped: bool = False) -> Event:
    """The whole answer of a head (``Answer.as_json``); ``stopped`` when it was cancelled half-way."""
    return {"event": "answer", "turn": turn, "head": head, "answer": answer, "stopped": stopped}


def failed(turn: int, head: str, message: str, place: str = "", *, disabled: bool = False) -> Event:
    """A head failed in this turn; ``disabled`` when it is now off for the session."""
    return {"event": "failed", "turn": turn, "head": head, "message": message, "place": place, "disabled": disabled}


def done(
    turn: int,
    *,
    seed: int,
    stopped: bool,
    timing: dict[str, float],
    familiarity: float | None = None,
    trust: dict[str, Any] | None = None,
    learned: dict[str, Any] | None = None,
) -> Event:
    """The turn is over; ``familiarity`` is null and ``trust`` empty where the assistant was not calibrated.

    ``learned`` tells of what was learned from the session (``generalisation.learner.SessionLearner.told``); it is empty
    where that was not asked for.
    """
    return {
        "event": "done",
        "turn": turn,
        "seed": seed,
        "stopped": stopped,
        "timing": timing,
        "familiarity": familiarity,
        "trust": trust or {},
        "learned": learned or {},
    }


def ready(
    model: str,
    lineage: str,
    heads: list[dict[str, Any]],
    sliders: list[dict[str, Any]],
    front: dict[str, Any],
) -> Event:
    """The assistant is loaded and answers.

    Args:
        model: Its name.
        lineage: Of its encoder and tokenizer.
        heads: Its heads.
        sliders: What a turn's option ``dial`` takes.
        front: The measured front of its weights (``report.json``'s ``dial``); {} where it has none.
    """
    return {"event": "ready", "model": model, "lineage": lineage, "heads": heads, "sliders": sliders, "front": front}


def error(message: str, turn: int | None = None) -> Event:
    """A command failed as a whole: one clear line for the user."""
    return {"event": "error", "turn": turn, "message": message}


def glance(number: int, answers: list[dict[str, Any]]) -> Event:
    """What the quick heads say of a message that is being typed."""
    return {"event": "glance", "number": number, "answers": answers}
