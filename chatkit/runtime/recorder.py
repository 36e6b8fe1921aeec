"""Puts what the engine says of a turn into the turn and into the history; streamed text every quarter second."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from chatkit.head.answer import Answer, Text
from chatkit.runtime.events import Event
from chatkit.runtime.store import Store
from chatkit.runtime.turn import Turn, TurnState, text_of

FLUSH_SECONDS = 0.25  # streamed text is committed at least so often
Write = Callable[[Callable[[Store], int | None]], int]


class Recorder:
    """Keeps one turn at a time.

    Args:
        write: Does a write to the history, wherever that is now.
        lineage: Fingerprint of the model that replies now.
    """

    def __init__(self, write: Write, lineage: Callable[[], str]) -> None:
        self._write, self._lineage = write, lineage
        self._pending: dict[str, list[str]] = {}
        self._flushed = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def keep(self, turn: Turn, event: Event) -> bool:
        """Put one event into the turn and the history; False where it came after the user's stop and is dropped."""
        kind, head = event["event"], str(event.get("head", ""))
        if kind == "piece":
            return self._keep_piece(turn, head, str(event.get("text", "")))
        self._flush(turn)
        if kind == "answer":
            self._keep_answer(turn, head, event)
        elif kind in ("failed", "error"):
            turn.failures.append(head)
            if head:
                data = {key: event.get(key, "") for key in ("message", "place")}
                self._write(lambda store: store.set_answer(turn.reply, head, data, state="failed"))
        elif kind == "choice":
            turn.choices[head] = event.get("choice") or {}
        elif kind == "done":
            turn.timing = event.get("timing") or {}
            turn.familiarity, turn.trust = event.get("familiarity"), event.get("trust") or {}
            turn.learned = event.get("learned") or {}
            nothing = bool(turn.failures) and not turn.answers and not turn.reply_text
            state: TurnState = "failed" if nothing else "stopped" if event.get("stopped") else "done"
            self.finish(turn, state)
        return True

    def finish(self, turn: Turn, state: TurnState) -> None:
        """Close a turn."""
        self._flush(turn)
        turn.state = state
        facts: dict[str, Any] = {"timing": turn.timing, "familiarity": turn.familiarity, "trust": turn.trust}
        facts["seen"] = turn.seen
        if turn.options:
            facts["options"] = turn.options
        if turn.learned:
            facts["learned"] = turn.learned
        if turn.choices:
            facts["choices"] = turn.choices
        text, lineage = turn.reply_text, self._lineage()
        self._write(lambda store: store.finish(turn.reply, state, text=text, facts=facts, lineage=lineage))

    def _keep_piece(self, turn: Turn, head: str, text: str) -> bool:
        if turn.stopping:
            return False
        turn.said[head] = turn.said.get(head, "") + text
        self._pending.setdefault(head, []).append(text)
        left = self._flushed + FLUSH_SECONDS - time.monotonic()
        if left <= 0:
            self._flush(turn)
        elif self._timer is None:  # for the last pieces before a head falls silent
            self._timer = asyncio.get_running_loop().call_later(left, self._flush, turn)
        return True

    def _keep_answer(self, turn: Turn, head: str, event: Event) -> None:
        try:
            answer = Answer.from_json(event["answer"])
            answer.check()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            event.update(event="failed", message=f"its answer cannot be read: {error}", place="", disabled=False)
            self.keep(turn, event)
            return
        state = "stopped" if event.get("stopped") else "done"
        if turn.stopping and state == "stopped" and head in turn.said:
            answer = _cut(answer, turn.said[head])
            event["answer"] = answer.as_json()
        turn.answers[head] = answer
        data, text = answer.as_json(), text_of(answer) if head in turn.said else ""
        self._write(lambda store: store.set_answer(turn.reply, head, data, state=state, text=text))

    def _flush(self, turn: Turn) -> None:
        """Commit what was streamed since the last time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pending, self._pending = self._pending, {}
        self._flushed = time.monotonic()
        for head, pieces in pending.items():
            text = "".join(pieces)
            self._write(lambda store, head=head, text=text: store.append(turn.reply, head, text))  # type: ignore[misc]


def _cut(answer: Answer, said: str) -> Answer:
    """A stopped answer without the text that came after the stop."""
    words = [block for block in answer.blocks if isinstance(block, Text)]
    if len(words) != 1 or not words[0].plain().startswith(said):
        return answer
    return Answer(*(type(block)(said) if isinstance(block, Text) else block for block in answer.blocks))
