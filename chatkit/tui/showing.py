"""Shows on the chat screen what the chat tells: turns as they go, and what the engine says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chatkit.tui import commands
from chatkit.tui.text import one_line
from chatkit.tui.widgets.prompt import Prompt
from chatkit.tui.widgets.status import StatusLine

if TYPE_CHECKING:
    from chatkit.runtime.events import Event
    from chatkit.runtime.session import Turn, Update
    from chatkit.tui.frames import Frames
    from chatkit.tui.screens.chat import ChatScreen
    from chatkit.tui.widgets.turn import TurnView


class Showing:
    """Shows updates.

    Args:
        screen: The screen.
    """

    def __init__(self, screen: ChatScreen) -> None:
        self.screen = screen
        self.frames: Frames | None = None  # through which updates come
        self._warned = False  # that the last messages are unfamiliar
        self._unusable: set[str] = set()  # heads of which that was said

    async def show(self, update: Update) -> None:
        """Show an update."""
        screen = self.screen
        if update.kind == "engine":
            await self._show_engine(update.event)
        elif update.kind == "unsaved":
            screen.query_one(StatusLine).saved = False
            await screen.say(update.message, trouble=True)
        elif update.turn is not None:
            await self._show_turn(update.turn, update)
        if screen.chat is not None:
            screen.query_one(StatusLine).waiting = screen.chat.waiting

    async def _show_turn(self, turn: Turn, update: Update) -> None:
        window = self.screen.window
        if update.kind == "queued":
            await window.add(turn)
            return
        view = window.running.get(turn)
        if view is None or not view.is_attached:  # /clear took it off the screen
            self._drawn(time.perf_counter())
            if update.kind == "ended":
                window.running.pop(turn, None)
            return
        if update.kind == "started":
            await view.start(turn.reply)
        elif update.kind == "event":
            await self.show_event(view, update.event)
        elif update.kind == "ended":
            await view.trust(turn.familiarity, turn.trust)
            await view.end(turn.state)
            await self._warn(bool(turn.trust.get("warning")))
            del window.running[turn]
            window.number(view)
            self.screen.query_one(StatusLine).speed = float(turn.timing.get("tokens_per_second") or 0.0)

    async def _warn(self, unlike: bool) -> None:
        """Say once that the last messages together are unlike the training text."""
        if unlike and not self._warned:
            await self.screen.say(commands.UNFAMILIAR, trouble=True)
        self._warned = unlike

    async def show_event(self, view: TurnView, event: Event) -> None:
        """Show an event of a turn."""
        kind, head = event["event"], str(event.get("head", ""))
        if kind == "piece":
            started = time.perf_counter()
            await view.piece(head, str(event.get("text", "")))
            self.screen.call_after_refresh(self._drawn, started)
        elif kind == "answer":
            heads = self.screen.chat.client.heads if self.screen.chat is not None else []
            await view.answer(head, event["answer"], remark=commands.remark(heads, head))
        elif kind in ("failed", "error"):
            place, disabled = str(event.get("place", "")), bool(event.get("disabled"))
            await view.fail(head, str(event.get("message", "")), place, disabled=disabled)

    def _drawn(self, started: float) -> None:
        """A frame of streamed text is on the screen: the next one may come."""
        if self.frames is not None:
            self.frames.drawn(time.perf_counter() - started)

    async def _show_engine(self, event: Event) -> None:
        screen = self.screen
        status, kind = screen.query_one(StatusLine), event["event"]
        if kind == "state":
            status.engine = event["state"]
            if event["state"] == "dead":
                await screen.say(f"The engine is not running: {one_line(event['message'])}", trouble=True)
        elif kind == "error":
            await screen.say(one_line(str(event.get("message", ""))), trouble=True)
        elif kind == "glance":
            await screen.typing.show(event)
        elif kind == "reloaded":
            await screen.say(commands.reloaded(event), trouble=not event.get("ok"))
        elif kind in ("ready", "heads"):
            status.model = str(event.get("model", status.model))
            status.heads = screen.query_one(Prompt).heads = list(event.get("heads", []))
            for name, trouble in commands.unusable(status.heads).items():
                if name not in self._unusable:
                    self._unusable.add(name)
                    await screen.say(one_line(trouble), trouble=True)
