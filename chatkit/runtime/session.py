"""A conversation without a terminal: prompts go in, updates come out, and all of it is kept in the history.

The full-screen app and the line mode show the same ``Chat``. A prompt is stored when it is sent; prompts sent
while a reply runs wait in a queue. When the history can no longer be written, the chat goes on unsaved and
says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import functools
import random
import time
from collections.abc import Callable
from typing import Any, Literal

from chatkit.errors import StorageError
from chatkit.head.answer import Answer
from chatkit.runtime.client import EngineClient
from chatkit.runtime.events import Event
from chatkit.runtime.store import Store

HISTORY_TURNS = 50
HISTORY_CHARACTERS = 400_000
FLUSH_SECONDS = 0.25  # streamed text is committed at least so often

TurnState = Literal["queued", "running", "done", "stopped", "failed"]


@dataclasses.dataclass(eq=False)
class Turn:
    """One prompt and what came of it.

    Args:
        prompt: Number of the prompt's message in the history.
        text: What the user said.
        heads: Only these heads answer; None for all that are on.
        state: Where the turn stands.
        reply: Number of the reply's message, once it has started.
        said: What each head has streamed so far.
        failures: Heads that failed in this turn.
        timing: Figures of the engine, such as ``tokens_per_second``.
        familiarity: How like the training text it is, 0 to 1, once that is known.
        trust: Why, and whether the last messages call for a warning: see ``runtime.events``.
        choices: Where replies were weighed, by head: the candidates and why one was said.
    """

    prompt: int
    text: str
    heads: tuple[str, ...] | None = None
    state: TurnState = "queued"
    reply: int = 0
    said: dict[str, str] = dataclasses.field(default_factory=dict)
    answers: dict[str, Answer] = dataclasses.field(default_factory=dict)
    failures: list[str] = dataclasses.field(default_factory=list)
    timing: dict[str, Any] = dataclasses.field(default_factory=dict)
    familiarity: float | None = None
    trust: dict[str, Any] = dataclasses.field(default_factory=dict)
    choices: dict[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def reply_text(self) -> str:
        """What the assistant said, as later turns see it: of the first head that streams or gives text."""
        for head in self.said:
            return _text_of(self.answers[head]) if head in self.answers else self.said[head]
        return next(filter(None, map(_text_of, self.answers.values())), "")


@dataclasses.dataclass(frozen=True)
class Update:
    """Something that happened.

    Args:
        kind: "queued", "started", "event" or "ended" of a turn; "engine" for an event of no turn; "unsaved"
            when the
            history can no longer be written.
        turn: The turn, if it is about one.
        event: The event, for "event" and "engine".
        message: One line for "unsaved".
    """

    kind: Literal["queued", "started", "event", "ended", "engine", "unsaved"]
    turn: Turn | None = None
    event: Event = dataclasses.field(default_factory=dict)
    message: str = ""


class Chat:
    """One conversation.

    Args:
        client: Its engine.
        store: Its history.
        listener: Called with every update, in order, on the event loop.
        session: Go on with this session; a new one by default, created with its first prompt.
        seed: Of all replies; a new one each by default.
    """

    def __init__(
        self,
        client: EngineClient,
        store: Store,
        listener: Callable[[Update], None],
        *,
        session: int | None = None,
        seed: int | None = None,
    ) -> None:
        self.client, self.store, self.session = client, store, session
        self.current: Turn | None = None
        self.dial: dict[str, float] = {}  # objective -> weight, for the replies to come
        self._listener, self._seed = listener, seed
        self._queue: asyncio.Queue[Turn] = asyncio.Queue()
        self._pending: dict[str, list[str]] = {}
        self._flushed = 0.0
        client.listener = lambda event: self._tell(Update("engine", event=event))

    def send(self, text: str, heads: tuple[str, ...] | None = None) -> Turn:
        """Commit a prompt and queue it; the reply follows as updates."""
        prompt = self._written(lambda: self.store.add_prompt(self._session(), text))
        turn = Turn(prompt, text, heads)
        self._queue.put_nowait(turn)
        self._tell(Update("queued", turn))
        return turn

    @property
    def waiting(self) -> int:
        """How many prompts wait for the running reply."""
        return self._queue.qsize()

    async def run(self) -> None:
        """Start the engine and answer prompts one after the other, until cancelled."""
        await self.client.start()
        while True:
            turn = await self._queue.get()
            await self._answer(turn)
            self._queue.task_done()

    async def drained(self) -> None:
        """Wait until every prompt is answered."""
        await self._queue.join()

    def stop(self) -> bool:
        """Stop the running reply; its text is kept. Whether there was one."""
        self.client.cancel()
        return self.current is not None

    def renew(self, session: int | None = None) -> None:
        """Leave this session for another one, or a new one.

        Raises:
            RuntimeError: If a reply is running.
            StorageError: If there is no such session.
        """
        if self.current is not None or self.waiting:
            raise RuntimeError("a reply is running")
        if session is not None:
            self.store.session(session)
        self.session = session

    def choices(self) -> dict[str, Any]:
        """What the latest reply of the session was chosen from, by head; {} where nothing was weighed.

        Raises:
            StorageError: If the history cannot be read.
        """
        if self.session is None:
            return {}
        latest = [m for m in self.store.messages(self.session, limit=2) if m.speaker == "assistant"]
        return dict(latest[-1].facts.get("choices") or {}) if latest else {}

    async def close(self) -> None:
        """End the engine and close the history; a reply that runs is kept as stopped."""
        if self.current is not None:
            self._finish(self.current, "stopped")
        await self.client.close()
        self.store.close()

    # A turn

    async def _answer(self, turn: Turn) -> None:
        seed = random.randrange(2**31) if self._seed is None else self._seed
        history = self._history()
        turn.reply = self._written(lambda: self.store.start_reply(turn.prompt, seed=seed, lineage=self.client.lineage))
        turn.state, self.current = "running", turn
        self._tell(Update("started", turn))
        events = self.client.ask(
            turn.text, history, heads=turn.heads, seed=seed, options={"dial": dict(self.dial)} if self.dial else None
        )
        async with contextlib.aclosing(events):
            async for event in events:
                self._keep(turn, event)
                self._tell(Update("event", turn, event))
        self.current = None
        self._tell(Update("ended", turn))

    def _keep(self, turn: Turn, event: Event) -> None:
        """Put one event into the turn and the history."""
        kind, head = event["event"], str(event.get("head", ""))
        if kind == "piece":
            turn.said[head] = turn.said.get(head, "") + str(event.get("text", ""))
            self._pending.setdefault(head, []).append(str(event.get("text", "")))
            if time.monotonic() - self._flushed > FLUSH_SECONDS:
                self._flush(turn)
            return
        self._flush(turn)
        if kind == "answer":
            self._keep_answer(turn, head, event)
        elif kind in ("failed", "error"):
            turn.failures.append(head)
            if head:
                data = {key: event.get(key, "") for key in ("message", "place")}
                self._written(lambda: self.store.set_answer(turn.reply, head, data, state="failed"))
        elif kind == "choice":
            turn.choices[head] = event.get("choice") or {}
        elif kind == "done":
            turn.timing = event.get("timing") or {}
            nothing = bool(turn.failures) and not turn.answers and not turn.reply_text
            state: TurnState = "failed" if nothing else "stopped" if event.get("stopped") else "done"
            turn.familiarity, turn.trust = event.get("familiarity"), event.get("trust") or {}
            self._finish(turn, state)

    def _keep_answer(self, turn: Turn, head: str, event: Event) -> None:
        try:
            answer = Answer.from_json(event["answer"])
            answer.check()
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            event.update(event="failed", message=f"its answer cannot be read: {error}", place="", disabled=False)
            self._keep(turn, event)
            return
        turn.answers[head] = answer
        state = "stopped" if event.get("stopped") else "done"
        data, text = answer.as_json(), _text_of(answer) if head in turn.said else ""
        self._written(lambda: self.store.set_answer(turn.reply, head, data, state=state, text=text))

    def _finish(self, turn: Turn, state: TurnState) -> None:
        self._flush(turn)
        turn.state = state
        lineage = self.client.lineage
        facts = {"timing": turn.timing, "familiarity": turn.familiarity, "trust": turn.trust}
        if self.dial:
            facts["options"] = {"dial": dict(self.dial)}
        if turn.choices:
            facts["choices"] = turn.choices
        self._written(lambda: self.store.finish(turn.reply, state, text=turn.reply_text, facts=facts, lineage=lineage))

    def _flush(self, turn: Turn) -> None:
        """Commit what was streamed since the last time."""
        pending, self._pending = self._pending, {}
        self._flushed = time.monotonic()
        for head, pieces in pending.items():
            self._written(functools.partial(self._append, turn.reply, head, "".join(pieces)))

    def _append(self, reply: int, head: str, text: str) -> None:
        self.store.append(reply, head, text)

    # The history

    def _session(self) -> int:
        if self.session is None:
            self.session = self.store.create_session()
        return self.session

    def _history(self) -> list[dict[str, str]]:
        """The messages before this turn, cut to what the engine is sent."""
        if self.session is None:
            return []
        try:
            messages = self.store.history(self.session, HISTORY_TURNS)
        except StorageError as error:
            self._go_on_unsaved(error)
            return []
        size, start = 0, len(messages)
        while start and size + len(messages[start - 1]["text"]) <= HISTORY_CHARACTERS:
            start -= 1
            size += len(messages[start]["text"])
        return messages[start:]

    def _written(self, write: Callable[[], int | None]) -> int:
        """Do a write; when the history fails, go on with a copy in memory, say so, and do it there."""
        try:
            return write() or 0
        except StorageError as error:
            self._go_on_unsaved(error)
        with contextlib.suppress(StorageError):
            return write() or 0
        return 0

    def _go_on_unsaved(self, error: StorageError) -> None:
        broken = self.store
        try:
            self.store = broken.copy_of(self.session) if self.session is not None else Store(":memory:")
        except StorageError:
            self.store, self.session = Store(":memory:"), None
        broken.close()
        self._tell(Update("unsaved", message=f"{error}; the chat goes on, not saved"))

    def _tell(self, update: Update) -> None:
        self._listener(update)


def _text_of(answer: Answer) -> str:
    """The text that an answer says in words: its Text and Markdown blocks."""
    return "\n\n".join(block.plain() for block in answer.blocks if block.kind in ("text", "markdown"))
