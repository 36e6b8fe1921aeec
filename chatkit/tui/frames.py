"""Gathers what streams into frames: however fast text comes, and however busy the machine, a key is not kept waiting.

A piece of text would be a message to the screen, a parse of Markdown and a layout; hundreds a second leave no room for
keys. So pieces of one head are put together and handed on in frames. A frame waits until the one before was drawn, and
when the loop is behind (another program has the processor, or the text is long) the next one comes later.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatkit.runtime.session import Turn, Update

FRAME_SECONDS = 0.05  # between frames when nothing is behind
SLOWEST_SECONDS = 0.5
SHARE = 3  # a frame that came so much too late, or took so long to draw, is followed by a pause of this many times that


class Frames:
    """Hands updates on, in order; text in frames.

    Args:
        show: Called with each update.
    """

    def __init__(self, show: Callable[[Update], None]) -> None:
        self._show = show
        self._gathered: list[Update] = []  # pieces of one head of one turn
        self._timer: asyncio.TimerHandle | None = None
        self._next = 0.0  # when the next frame may come, by the loop's clock
        self._drawing = False

    def tell(self, update: Update) -> None:
        """Take an update in."""
        if update.kind != "event" or update.event["event"] != "piece":
            self.flush()
            self._show(update)
            return
        if self._gathered and _source(self._gathered[0]) != _source(update):
            self.flush()
        self._gathered.append(update)
        if self._timer is None and not self._drawing:
            self._wait()

    def flush(self) -> None:
        """Hand on what was gathered, now."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        gathered, self._gathered = self._gathered, []
        if gathered:
            text = "".join(str(update.event.get("text", "")) for update in gathered)
            self._drawing = True
            self._show(dataclasses.replace(gathered[0], event={**gathered[0].event, "text": text}))

    def drawn(self, seconds: float) -> None:
        """A frame was drawn, which took so long."""
        self._drawing = False
        self._pause(seconds)
        if self._gathered and self._timer is None:
            self._wait()

    def _pause(self, late: float) -> None:
        now = asyncio.get_running_loop().time()
        self._next = max(self._next, now + min(max(FRAME_SECONDS, SHARE * late), SLOWEST_SECONDS))

    def _wait(self) -> None:
        loop = asyncio.get_running_loop()
        due = max(self._next, loop.time())
        self._timer = loop.call_at(due, self._due, due)

    def _due(self, due: float) -> None:
        self._timer = None
        self._pause(asyncio.get_running_loop().time() - due)
        self.flush()


def _source(update: Update) -> tuple[Turn | None, object]:
    return update.turn, update.event.get("head")
