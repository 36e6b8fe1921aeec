"""The app's side of the engine: asks, follows a turn, and outlives an engine that crashes or hangs.

The engine names each head before it calls it. So when its process dies in the middle of a turn, the head
named last is the culprit: it gets a ``failed`` event, the engine is started again, and the turn goes on
without that head. A head that has failed three times is left out for the rest of the session.

Beside the events of ``chatkit.runtime.events`` the listener hears ``{"event": "state", "state": ...,
"message": ...}`` whenever ``EngineClient.state`` changes.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

from chatkit.errors import ModelError
from chatkit.paths import user_path
from chatkit.runtime import events
from chatkit.runtime.events import Event
from chatkit.runtime.glances import Glances
from chatkit.runtime.host import EngineHost, Load, State, by_itself
from chatkit.runtime.process import COMMAND

__all__ = ["FAILURES_ALLOWED", "EngineClient", "Load", "State"]
FAILURES_ALLOWED = 3


@dataclasses.dataclass
class _Turn:
    number: int
    ask: dict[str, Any]
    heads: tuple[str, ...] | None
    skip: set[str] = dataclasses.field(default_factory=set)  # heads that have answered or failed
    calling: str | None = None
    deaths: int = 0  # of the engine while no head was named
    cancelled: float | None = None  # when, by time.monotonic
    inbox: asyncio.Queue[Event] = dataclasses.field(default_factory=asyncio.Queue)


class EngineClient:
    """One engine at the service of one conversation.

    Args:
        load: What the engine loads.
        listener: Called with every event that belongs to no turn.
        command: Program and arguments of the engine.
        log: File for what the engine writes to stderr.
        silence: Seconds without an event after which an engine at work counts as hung.
        grace: Seconds that a head has to stop after ``cancel``.
        loading: Seconds that loading may take until the first head.
        head_loading: Seconds that one head may take to load.
    """

    def __init__(
        self,
        load: Load,
        listener: Callable[[Event], None] = lambda event: None,
        *,
        command: Sequence[str] = COMMAND,
        log: Path | None = None,
        silence: float = 60.0,
        grace: float = 2.0,
        loading: float = 180.0,
        head_loading: float = 30.0,
    ) -> None:
        self.silence, self.grace = silence, grace
        self.listener = listener
        self._host = EngineHost(
            load, self._hear, self._take, command=command, log=log, loading=loading, head_loading=head_loading
        )
        self.glances = Glances(self._host.send, lambda event: self.listener(event), self._restart)
        self._failures: Counter[str] = Counter()
        self._turn: _Turn | None = None
        self._turns = 0

    @property
    def state(self) -> State:
        """What the engine does."""
        return self._host.state

    @property
    def trouble(self) -> str:
        """Why the engine is dead."""
        return self._host.trouble

    @property
    def model(self) -> str:
        """Name of the loaded assistant."""
        return self._host.model

    @property
    def folder(self) -> Path:
        """Folder of the loaded assistant."""
        return self._host.folder

    @property
    def loads(self) -> str | None:
        """Folder of the assistant that it loads; None for the shipped one."""
        return self._host.loads

    @property
    def lineage(self) -> str:
        """Fingerprint of its encoder and tokenizer."""
        return self._host.lineage

    @property
    def heads(self) -> list[dict[str, Any]]:
        """Its heads, as ``{"name", "state", "origin", "why"}``."""
        return self._host.heads

    @property
    def sliders(self) -> list[dict[str, Any]]:
        """What a turn's option ``dial`` takes, as ``{"name", "kind", "low", "high", "default", "head", "what"}``."""
        return self._host.sliders

    @property
    def front(self) -> dict[str, Any]:
        """The measured front that the dial of the weights moves along; {} where there is none."""
        return self._host.front

    def prepare(self, dial: dict[str, float], history: Sequence[dict[str, str]]) -> None:
        """Have the weights set and the conversation encoded anew, so that the next reply does not wait for it."""
        self._host.send({"do": "dial", "dial": dial, "history": list(history)})

    @property
    def pid(self) -> int | None:
        """Process id of the engine; None while there is none."""
        return self._host.pid

    async def start(self) -> None:
        """Start the engine and have it load; returns before it is ready. A failure is the state "dead"."""
        await self._host.start("loading")

    async def load(self, model: str | None) -> None:
        """Load another assistant; returns before it is ready. Heads that are off stay off.

        Raises:
            ModelError: If the folder holds none.
            RuntimeError: If a turn is running.
        """
        if self._turn is not None:
            raise RuntimeError("a reply is running")
        if model is not None and not os.path.isfile(user_path(model) / "assistant.toml"):
            raise ModelError(f"{model}: holds no assistant", hint="chatkit train makes one")
        await self._host.load(model and str(user_path(model)))

    async def settled(self) -> None:
        """Wait until the engine is ready, or is known not to come."""
        await self._host.settled.wait()

    async def ask(
        self,
        text: str,
        history: Sequence[dict[str, str]] = (),
        *,
        heads: Sequence[str] | None = None,
        options: dict[str, Any] | None = None,
        seed: int | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Ask the heads, one turn at a time.

        Args:
            text: What the user said.
            history: The messages before it, oldest first, as ``{"speaker", "text"}``.
            heads: Only these; all that are on by default.
            options: Of the generation, such as ``temperature``.
            seed: Of the generation; chosen here if None, so that a resumed turn keeps it.
        Yields:
            The events of the turn, ``done`` last, whatever happens to the engine.
        Raises:
            RuntimeError: If a turn is running already.
        """
        if self._turn is not None:
            raise RuntimeError("a turn is running")
        self._turns += 1
        seed = random.randrange(2**31) if seed is None else seed
        ask = {
            "do": "ask",
            "turn": self._turns,
            "text": text,
            "history": list(history),
            "options": options or {},
        }
        turn = self._turn = _Turn(self._turns, {**ask, "seed": seed}, None if heads is None else tuple(heads))
        try:
            async for event in self._follow(turn):
                yield event
        finally:
            self._turn = None
            if self.state == "answering":
                self._host.set_state("ready")

    def cancel(self) -> None:
        """Stop the turn that runs, if any; its events end with ``done`` soon."""
        turn = self._turn
        if turn is not None and turn.cancelled is None:
            turn.cancelled = time.monotonic()
            self._host.send({"do": "cancel", "turn": turn.number})
            turn.inbox.put_nowait({"event": "wake"})

    def disable(self, head: str, why: str = "switched off for this session") -> None:
        """Leave a head out until ``enable``."""
        self._host.disabled[head] = why
        self._host.send({"do": "disable", "head": head})
        self.listener({"event": "heads", "heads": self.heads})

    def enable(self, head: str) -> None:
        """Let a head answer again, with its failures forgiven."""
        self._host.disabled.pop(head, None)
        self._failures[head] = 0
        self._host.send({"do": "enable", "head": head})
        self.listener({"event": "heads", "heads": self.heads})

    async def close(self) -> None:
        """End the engine; within a second, whatever it does."""
        await self._host.close()

    # A turn

    async def _follow(self, turn: _Turn) -> AsyncIterator[Event]:
        """The events of a turn, over as many engines as it takes."""
        while True:
            if trouble := await self._until_ready(turn):
                yield events.error(trouble, turn.number)
            if trouble or turn.cancelled is not None or not self._left(turn):
                yield self._end(turn)
                return
            self._host.set_state("answering")
            disabled = turn.skip.union(self._host.disabled)
            self._host.send({**turn.ask, "heads": turn.heads and list(turn.heads), "skip": sorted(disabled)})
            async for event in self._events_until_death(turn):
                yield event
                if event["event"] == "done":
                    return

    async def _events_until_death(self, turn: _Turn) -> AsyncIterator[Event]:
        while True:
            event = await self._next(turn)
            kind = event["event"]
            if kind == "calling":
                turn.calling = event.get("head")
            elif kind == "answer":
                turn.skip.add(str(event.get("head")))
                turn.calling = None
            elif kind == "failed":
                event = self._blame(turn, str(event.get("head")), event)
            elif kind == "error":
                yield event
                event = self._end(turn)
            elif kind == "died":
                turn.deaths += turn.calling is None
                if turn.calling is not None or turn.deaths > 1 or turn.cancelled is not None:
                    yield self._culprit(turn, event["how"], event.get("place", ""))
                return
            yield event
            if event["event"] == "done":
                self._host.deaths = 0
                return

    async def _next(self, turn: _Turn) -> Event:
        """The next event; ``died`` when the engine is gone or had to be killed."""
        while True:
            started = time.monotonic()
            limit = self.silence if turn.cancelled is None else turn.cancelled + self.grace - started
            try:
                # Python 3.11's wait_for swallows a cancellation that comes together with the event.
                async with asyncio.timeout(max(limit, 0)):
                    event = await turn.inbox.get()
            except TimeoutError:
                how = f"did not answer for {self.silence:g} s"
                if turn.cancelled is not None:
                    how = f"did not stop within {self.grace:g} s"
                place = await self._host.start("restarting", hung=True)
                return {"event": "died", "how": how, "place": place}
            if event["event"] != "wake":
                return event

    def _culprit(self, turn: _Turn, how: str, place: str) -> Event:
        """What to tell of an engine that died: the head that was called, else the engine as a whole."""
        head, turn.calling = turn.calling, None
        if head is None:
            turn.cancelled = turn.cancelled or time.monotonic()  # no head to leave out: the turn cannot be resumed
            return events.error(by_itself(how), turn.number)
        return self._blame(turn, head, events.failed(turn.number, head, how, place))

    def _blame(self, turn: _Turn, head: str, event: Event) -> Event:
        turn.skip.add(head)
        turn.calling = None
        self._failures[head] += 1
        if not event.get("disabled") and self._failures[head] < FAILURES_ALLOWED:
            return event
        if head not in self._host.disabled:
            self.disable(head, "it failed three times")
        return {**event, "disabled": True}

    def _left(self, turn: _Turn) -> bool:
        """Whether a head is left to ask; on a first try the engine itself decides."""
        names = turn.heads or [str(head.get("name")) for head in self._host.heads if head.get("state") == "ok"]
        return not turn.skip or bool(set(names).difference(turn.skip, self._host.disabled))

    def _end(self, turn: _Turn) -> Event:
        return events.done(turn.number, seed=turn.ask["seed"], stopped=turn.cancelled is not None, timing={})

    async def _until_ready(self, turn: _Turn) -> str:
        """Wait for the engine, or for a cancel; why there is none, or ""."""
        if self.state in ("off", "dead"):
            await self._host.start("loading")
        while not self._host.settled.is_set() and turn.cancelled is None:
            waits = [asyncio.ensure_future(self._host.settled.wait()), asyncio.ensure_future(turn.inbox.get())]
            _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in pending:
                wait.cancel()
        return self.trouble if self.state == "dead" else ""

    def _hear(self, event: Event) -> None:
        """Pass on an event that belongs to no turn."""
        if event["event"] == "glance":
            self.glances.hear(event)
            return
        if event["event"] == "state":
            self.glances.engine_is(str(event["state"]), answering=self._turn is not None)
        if event["event"] == "reloaded" and event.get("ok"):
            self._failures.pop(str(event.get("head")), None)
        self.listener(event)

    def _restart(self) -> None:
        if self._turn is None:
            self._restarting = asyncio.ensure_future(self._host.start("restarting"))

    def _take(self, event: Event) -> None:
        """Hand an event to the turn that runs; a late one of a turn that is over is dropped."""
        if self._turn is not None and event.get("turn", self._turn.number) == self._turn.number:
            self._turn.inbox.put_nowait(event)
