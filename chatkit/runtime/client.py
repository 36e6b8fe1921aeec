"""The app's side of the engine: asks, follows a turn, and outlives an engine that crashes or hangs.

The engine names each head before it calls it. So when its process dies in the middle of a turn, the head
named last is the culprit: it gets a ``failed`` event, the engine is started again, and the turn goes on
without that head. A head that has failed three times is left out for the rest of the session.

Beside the events of ``chatkit.runtime.events`` the listener hears ``{"event": "state", "state": ...,
"message": ...}`` whenever ``EngineClient.state`` changes.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import random
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from chatkit.errors import EngineError
from chatkit.runtime import events
from chatkit.runtime.events import Event
from chatkit.runtime.process import COMMAND, EngineProcess

State = Literal["off", "loading", "ready", "answering", "restarting", "dead"]
FAILURES_ALLOWED = 3
DEATHS_ALLOWED = 3  # of an engine that nobody asked anything, before it is given up


@dataclasses.dataclass(frozen=True)
class Load:
    """What the engine loads.

    Args:
        model: Folder of the assistant; None for the shipped one.
        heads: Further heads, by file or name.
        safe: First-party heads only.
        index: Database of the indexed documents; None for the user's own.
        memory: Limit of the engine's memory in bytes; None for its default.
    """

    model: str | None = None
    heads: tuple[str, ...] = ()
    safe: bool = False
    index: str | None = None
    memory: int | None = None


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
        self.load, self.listener = load, listener
        self.silence, self.grace, self.loading, self.head_loading = silence, grace, loading, head_loading
        self.state: State = "off"
        self.trouble = ""  # why the engine is dead
        self.model = self.lineage = ""
        self.disabled: set[str] = set()
        self._why: dict[str, str] = {}  # why a head was disabled, where it was not for its failures in turns
        self._command, self._log = tuple(command), log
        self._heads: list[dict[str, Any]] = []
        self._failures: Counter[str] = Counter()
        self._process: EngineProcess | None = None
        self._pump: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._settled = asyncio.Event()  # neither loading nor restarting
        self._turn: _Turn | None = None
        self._turns = self._deaths = 0
        self._loading_head: str | None = None
        self._killing: asyncio.Future[None] | None = None
        self._closed = False

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The heads as the engine listed them, with those marked that this client has disabled."""
        known = [
            {**head, "state": "disabled"} if head.get("name") in self.disabled else head
            for head in self._heads
        ]
        names = {head.get("name") for head in known}
        return known + [
            {
                "name": name,
                "state": "disabled",
                "origin": "",
                "why": self._why.get(name, "it failed three times"),
            }
            for name in sorted(self.disabled - names)
        ]

    @property
    def pid(self) -> int | None:
        """Process id of the engine."""
        return self._process.pid if self._process else None

    async def start(self) -> None:
        """Start the engine and have it load; returns before it is ready. A failure is the state "dead"."""
        await self._spawn("loading")

    async def settled(self) -> None:
        """Wait until the engine is ready, or is known not to come."""
        await self._settled.wait()

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
                self._set_state("ready")

    def cancel(self) -> None:
        """Stop the turn that runs, if any; its events end with ``done`` soon."""
        turn = self._turn
        if turn is not None and turn.cancelled is None:
            turn.cancelled = time.monotonic()
            self._send({"do": "cancel", "turn": turn.number})
            turn.inbox.put_nowait({"event": "wake"})

    def disable(self, head: str) -> None:
        """Leave a head out until ``enable``."""
        self.disabled.add(head)
        self._send({"do": "disable", "head": head})
        self.listener({"event": "heads", "heads": self.heads})

    def enable(self, head: str) -> None:
        """Let a head answer again, with its failures forgiven."""
        self.disabled.discard(head)
        self._failures[head] = 0
        self._send({"do": "enable", "head": head})
        self.listener({"event": "heads", "heads": self.heads})

    async def close(self) -> None:
        """End the engine; within a second, whatever it does."""
        self._closed = True
        self._set_state("off")
        await self._drop(gently=True)

    # A turn

    async def _follow(self, turn: _Turn) -> AsyncIterator[Event]:
        """The events of a turn, over as many engines as it takes."""
        while True:
            if trouble := await self._until_ready(turn):
                yield events.error(trouble, turn.number)
            if trouble or turn.cancelled is not None or not self._left(turn):
                yield self._end(turn)
                return
            self._set_state("answering")
            disabled = self.disabled | turn.skip
            self._send({**turn.ask, "heads": turn.heads and list(turn.heads), "skip": sorted(disabled)})
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
                    yield self._culprit(turn, event["how"])
                return
            yield event
            if event["event"] == "done":
                self._deaths = 0
                return

    async def _next(self, turn: _Turn) -> Event:
        """The next event; ``died`` when the engine is gone or had to be killed."""
        while True:
            started = time.monotonic()
            limit = self.silence if turn.cancelled is None else turn.cancelled + self.grace - started
            try:
                event = await asyncio.wait_for(turn.inbox.get(), max(limit, 0))
            except TimeoutError:
                how = f"did not answer for {self.silence:g} s"
                if turn.cancelled is not None:
                    how = f"did not stop within {self.grace:g} s"
                await self._spawn("restarting")
                return {"event": "died", "how": how}
            if event["event"] != "wake":
                return event

    def _culprit(self, turn: _Turn, how: str) -> Event:
        """What to tell of an engine that died: the head that was called, else the engine as a whole."""
        head, turn.calling = turn.calling, None
        if head is None:
            turn.cancelled = (
                turn.cancelled or time.monotonic()
            )  # no head to leave out: the turn cannot be resumed
            return events.error(_by_itself(how), turn.number)
        return self._blame(turn, head, events.failed(turn.number, head, how))

    def _blame(self, turn: _Turn, head: str, event: Event) -> Event:
        turn.skip.add(head)
        turn.calling = None
        self._failures[head] += 1
        if not event.get("disabled") and self._failures[head] < FAILURES_ALLOWED:
            return event
        if head not in self.disabled:
            self.disable(head)
        return {**event, "disabled": True}

    def _left(self, turn: _Turn) -> bool:
        """Whether a head is left to ask; on a first try the engine itself decides."""
        names = turn.heads or [str(head.get("name")) for head in self._heads if head.get("state") == "ok"]
        return not turn.skip or bool(set(names) - turn.skip - self.disabled)

    def _end(self, turn: _Turn) -> Event:
        return events.done(turn.number, seed=turn.ask["seed"], stopped=turn.cancelled is not None, timing={})

    async def _until_ready(self, turn: _Turn) -> str:
        """Wait for the engine, or for a cancel; why there is none, or ""."""
        if self.state in ("off", "dead"):
            await self._spawn("loading")
        while not self._settled.is_set() and turn.cancelled is None:
            waits = [asyncio.ensure_future(self._settled.wait()), asyncio.ensure_future(turn.inbox.get())]
            _, pending = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            for wait in pending:
                wait.cancel()
        return self.trouble if self.state == "dead" else ""

    # The process

    async def _spawn(self, state: State) -> None:
        await self._drop(gently=False)
        if self._closed:
            return
        self._set_state(state)
        process = self._process = EngineProcess(self._command, self._log)
        try:
            await process.start()
        except EngineError as error:
            self._give_up(str(error))
            return
        if self._closed:  # while it was being started
            await process.kill()
            return
        load = {**dataclasses.asdict(self.load), "do": "load", "skip": sorted(self.disabled)}
        process.send(load)
        self._pump = asyncio.create_task(self._read(process))
        self._timer = asyncio.get_running_loop().call_later(self.loading, self._loading_is_late)

    async def _drop(self, *, gently: bool) -> None:
        """End the process, if there is one, and all that waits for it."""
        if self._timer:
            self._timer.cancel()
        process, self._process = self._process, None
        if process is not None and process.pid is not None:
            await (process.close() if gently else process.kill())
        if self._pump and self._pump is not asyncio.current_task():
            self._pump.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._pump
        self._pump = None

    async def _read(self, process: EngineProcess) -> None:
        async for event in process.events():
            self._take(event)
        how = await process.wait()
        if process is not self._process:
            return
        if self.state in ("loading", "restarting"):
            if self._loading_head and self._loading_head not in self.disabled:
                late = self._killing is not None and self._killing.done()
                self._killing = None
                await self._leave_out(
                    self._loading_head, f"did not load within {self.head_loading:g} s" if late else how
                )
            else:
                self._give_up(_by_itself(how) + " while it loaded")
        elif self._turn is not None:
            turn = self._turn
            await self._spawn("restarting")
            turn.inbox.put_nowait({"event": "died", "how": how})
        elif self._deaths < DEATHS_ALLOWED:
            self._deaths += 1
            await self._spawn("restarting")
        else:
            self._give_up(f"{_by_itself(how)}, again and again")

    async def _leave_out(self, head: str, how: str) -> None:
        """Load again without a head that brought the engine down while its code was loaded."""
        if self._timer:
            self._timer.cancel()
        self.disabled.add(head)
        self._why[head] = f"it {how}" if "load" in how else f"it {how} while it was loaded"
        self.listener({"event": "error", "turn": None, "message": f"head {head} is left out: {self._why[head]}"})
        await self._spawn("restarting")

    def _head_is_late(self, process: EngineProcess) -> None:
        if process is self._process and self._loading_head:
            self._killing = asyncio.ensure_future(process.kill())  # the reader sees the end of it

    def _take(self, event: Event) -> None:
        """Sort an event of the engine: of the running turn, of the engine, or of a turn that is over."""
        kind, turn = event["event"], self._turn
        if kind == "ready":
            self.model, self.lineage = str(event.get("model", "")), str(event.get("lineage", ""))
            self._heads = _heads_of(event)
            self._set_state("ready")
            self.listener({**event, "heads": self.heads})
        elif kind == "heads":
            self._heads = _heads_of(event)
            self.listener({**event, "heads": self.heads})
        elif kind == "reloaded":
            if event.get("ok"):  # a mended head gets a new chance
                self.disabled.discard(str(event.get("head")))
                self._failures.pop(str(event.get("head")), None)
                self._why.pop(str(event.get("head")), None)
            self._loading_head = None
            self.listener(event)
        elif kind == "loading":
            self._loading_head = str(event.get("head") or "") or None
            if self._timer:
                self._timer.cancel()
            if self._process is not None and not self._settled.is_set():
                loop = asyncio.get_running_loop()
                if self._loading_head:
                    self._timer = loop.call_later(self.head_loading, self._head_is_late, self._process)
                else:
                    self._timer = loop.call_later(self.loading, self._loading_is_late)
        elif kind == "error" and event.get("turn") is None:
            message = str(event.get("message", "the engine reports an error"))
            if not self._settled.is_set():
                self._give_up(message)
            else:
                self.listener({"event": "error", "turn": None, "message": message})
        elif turn is not None and event.get("turn") == turn.number:
            turn.inbox.put_nowait(event)

    def _send(self, command: Event) -> None:
        if self._process is not None and self._settled.is_set():
            self._process.send(command)

    def _loading_is_late(self) -> None:
        if self.state in ("loading", "restarting"):
            self._give_up(f"the engine did not load within {self.loading:g} s")

    def _give_up(self, why: str) -> None:
        self.trouble = why
        self._set_state("dead")

    def _set_state(self, state: State) -> None:
        if state in ("loading", "restarting"):
            self._settled.clear()
            self._loading_head = None
        elif self._timer and not self._settled.is_set():
            self._timer.cancel()
        if state not in ("loading", "restarting"):
            self._settled.set()
        changed, self.state = state != self.state, state
        if changed:
            self.listener(
                {"event": "state", "state": state, "message": self.trouble if state == "dead" else ""}
            )


def _by_itself(how: str) -> str:
    """An end without a head to blame: "crashed the engine (...)" as "the engine crashed (...)"."""
    return "the engine " + how.replace(" the engine", "", 1)


def _heads_of(event: Event) -> list[dict[str, Any]]:
    heads = event.get("heads")
    return [head for head in heads if isinstance(head, dict)] if isinstance(heads, list) else []
