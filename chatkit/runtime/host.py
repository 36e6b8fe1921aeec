"""Keeps one engine running: starts it, has it load, starts it again when it dies, and knows what it has loaded.

Knows of turns only that one is being answered: ``client`` follows them.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from chatkit import paths
from chatkit.errors import EngineError
from chatkit.runtime.events import Event
from chatkit.runtime.process import EngineProcess

State = Literal["off", "loading", "ready", "answering", "restarting", "dead"]
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


class EngineHost:
    """The engine, whichever process it runs in at the moment.

    Args:
        load: What it loads.
        listener: Called with every event that belongs to no turn.
        turn: Called with every event of a turn; and with ``{"event": "died", "how": ...}`` when the engine died while
            it answered, once another one is loading.
        command: Program and arguments.
        log: File for what it writes to stderr.
        loading: Seconds that loading may take until the first head, and after the last one.
        head_loading: Seconds that one head may take to load.
    """

    def __init__(
        self,
        load: Load,
        listener: Callable[[Event], None],
        turn: Callable[[Event], None],
        *,
        command: Sequence[str],
        log: Path | None,
        loading: float,
        head_loading: float,
    ) -> None:
        self.listener, self._turn = listener, turn
        self.state: State = "off"
        self.trouble = ""  # why it is dead
        self.model = self.lineage = ""
        self.disabled: dict[str, str] = {}  # heads that are left out, and why
        self.settled = asyncio.Event()  # neither loading nor restarting
        self.deaths = 0  # since the last turn
        self._load, self._command, self._log = load, tuple(command), log
        self._loading, self._head_loading = loading, head_loading
        self._heads: list[dict[str, Any]] = []
        self.front: dict[str, Any] = {}  # measured, which the dial of the weights moves along
        self.sliders: list[dict[str, Any]] = []  # what the option ``dial`` of a turn takes
        self._loading_head = ""  # whose code runs, while it is loaded
        self._killing: asyncio.Future[None] | None = None
        self._process: EngineProcess | None = None
        self._pump: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._closed = False

    @property
    def heads(self) -> list[dict[str, Any]]:
        """The heads as the engine listed them, with those marked that are disabled here."""
        names = {head.get("name") for head in self._heads}
        unknown = [{"name": name, "origin": ""} for name in sorted(self.disabled) if name not in names]
        return [self._listed(head) for head in [*self._heads, *unknown]]

    def _listed(self, head: dict[str, Any]) -> dict[str, Any]:
        """A head as it is listed: one that is left out here with the reason and the way out."""
        name = str(head.get("name"))
        if name not in self.disabled:
            return head
        return {**head, "state": "disabled", "why": f"{self.disabled[name]}; /heads on {name} tries again"}

    @property
    def loads(self) -> str | None:
        """Folder of the assistant that is loaded; None for the shipped one."""
        return self._load.model

    @property
    def pid(self) -> int | None:
        """Process id of the engine; None while there is none."""
        return self._process.pid if self._process else None

    async def start(self, state: Literal["loading", "restarting"], *, hung: bool = False) -> str:
        """End the process there is, start another one and have it load; does not wait for it to be ready.

        A failure becomes the state "dead".

        Args:
            state: The state until it is ready.
            hung: Whether the process there is hangs, and is to say where.
        Returns:
            Where it hung, as ``file:line``, or "".
        """
        place = await self._drop(gently=False, hung=hung)
        await self._start(state)
        return place

    async def _start(self, state: Literal["loading", "restarting"]) -> None:
        if self._closed:
            return
        self.set_state(state)
        process = self._process = EngineProcess(self._command, self._log)
        try:
            await process.start()
        except EngineError as error:
            self._give_up(str(error))
            return
        if self._closed:  # while it was being started
            await process.kill()
            return
        process.send({**dataclasses.asdict(self._load), "do": "load", "skip": sorted(self.disabled)})
        self._pump = asyncio.create_task(self._read(process))
        self._set_timer()

    @property
    def folder(self) -> Path:
        """Folder of the assistant that is, or is being, loaded."""
        return paths.user_path(self._load.model) if self._load.model else paths.shipped_model()

    async def load(self, model: str | None) -> None:
        """Load another assistant, in a new process."""
        self._load, self.deaths = dataclasses.replace(self._load, model=model), 0
        await self.start("loading")

    async def close(self) -> None:
        """End the engine for good; within a second, whatever it does."""
        self._closed = True
        self.set_state("off")
        await self._drop(gently=True)

    def send(self, command: Event) -> None:
        """Hand the engine a command; nothing while it loads, for what counts is repeated in ``load`` and ``ask``."""
        if self._process is not None and self.settled.is_set():
            self._process.send(command)

    def set_state(self, state: State) -> None:
        """Change the state, and tell the listener."""
        if state in ("loading", "restarting"):
            self.settled.clear()
            self._loading_head = ""
        else:
            self.settled.set()
            if self._timer is not None:
                self._timer.cancel()
        changed, self.state = state != self.state, state
        if changed:
            self.listener({"event": "state", "state": state, "message": self.trouble if state == "dead" else ""})

    async def _drop(self, *, gently: bool, hung: bool = False) -> str:
        """End the process, if there is one, and all that waits for it; where it hung."""
        if self._timer is not None:
            self._timer.cancel()
        process, self._process = self._process, None
        if process is not None and process.pid is not None:
            await (process.close() if gently else process.kill(hung=hung))
        pump, self._pump = self._pump, None
        if pump is not None and pump is not asyncio.current_task():
            pump.cancel()
            await asyncio.wait({pump})  # unlike suppressing its CancelledError this lets one of our own through
            if not pump.cancelled():
                pump.result()
        return process.place if process is not None else ""

    async def _read(self, process: EngineProcess) -> None:
        """Take events until the process ends, then see to another one."""
        async for event in process.events():
            self._take(event)
        how = await process.wait()
        if process is not self._process:
            return
        if self.state in ("loading", "restarting"):
            await self._loading_failed(how)
        elif self.state == "answering":
            if self._loading_head:  # it was loaded anew
                self._leave_out(how)
            await self.start("restarting")
            self._turn({"event": "died", "how": how, "place": process.place})
        elif self._loading_head:
            self._leave_out(how)
            await self.start("restarting")
        elif self.deaths < DEATHS_ALLOWED:
            self.deaths += 1
            await self.start("restarting")
        else:
            self._give_up(f"{by_itself(how)}, again and again")

    async def _loading_failed(self, how: str) -> None:
        """Load again without the head whose code brought the engine down; give up if it was none's."""
        head = self._loading_head
        if not head or head in self.disabled:
            self._give_up(f"{by_itself(how)} while it loaded")
            return
        self._leave_out(how)
        await self.start("restarting")

    def _leave_out(self, how: str) -> None:
        """Do without the head whose code was being loaded when the engine ended."""
        head, self._loading_head = self._loading_head, ""
        if self._killing is not None:
            how, self._killing = f"did not load within {self._head_loading:g} s", None
        else:
            how = f"{how} while it was loaded"
        place = f" at {self._process.place}" if self._process is not None and self._process.place else ""
        self.disabled[head] = f"it {how}{place}"
        self.listener({"event": "error", "turn": None, "message": f"head {head} is left out: it {how}{place}"})

    def _take(self, event: Event) -> None:
        """Sort an event: of a turn, or of the engine."""
        kind = event["event"]
        if kind == "ready":
            self.model, self.lineage = str(event.get("model", "")), str(event.get("lineage", ""))
            self._heads = _heads_of(event)
            self.front = dict(event.get("front") or {})
            self.sliders = [slider for slider in event.get("sliders") or () if isinstance(slider, dict)]
            self.set_state("ready")
            self.listener({**event, "heads": self.heads})
        elif kind == "heads":
            self._heads = _heads_of(event)
            self.listener({**event, "heads": self.heads})
        elif kind == "glance":
            self.listener(event)
        elif kind == "reloaded":
            self._loading_head = ""
            if self._timer is not None:
                self._timer.cancel()
            if event.get("ok"):  # a mended head gets a new chance
                self.disabled.pop(str(event.get("head")), None)
            self.listener(event)
        elif kind == "loading":
            self._loading_head = str(event.get("head") or "")
            self._set_timer()
        elif event.get("turn") is not None:
            self._turn(event)
        elif kind == "error":
            message = str(event.get("message", "the engine reports an error"))
            if self.settled.is_set():
                self.listener({"event": "error", "turn": None, "message": message})
            else:
                self._give_up(message)

    def _set_timer(self) -> None:
        """Limit the time of the step of loading that begins now."""
        if self._timer is not None:
            self._timer.cancel()
        if self._loading_head or not self.settled.is_set():
            limit = self._head_loading if self._loading_head else self._loading
            self._timer = asyncio.get_running_loop().call_later(limit, self._loading_is_late)

    def _loading_is_late(self) -> None:
        if self._loading_head and self._process is not None:
            self._killing = asyncio.ensure_future(self._process.kill(hung=True))  # the reader sees the end of it
        elif not self.settled.is_set():
            self._give_up(f"the engine did not load within {self._loading:g} s")

    def _give_up(self, why: str) -> None:
        self.trouble = why
        self.set_state("dead")


def by_itself(how: str) -> str:
    """An end without a head to blame: "crashed the engine (...)" as "the engine crashed (...)"."""
    return "the engine " + how.replace(" the engine", "", 1)


def _heads_of(event: Event) -> list[dict[str, Any]]:
    heads = event.get("heads")
    return [head for head in heads if isinstance(head, dict)] if isinstance(heads, list) else []
