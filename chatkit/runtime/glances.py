"""The app's side of what is said while a message is typed: one question at a time, and never one that does harm.

A text is asked about when the answer before has come, so that a fast typist does not fill a queue; what was typed
meanwhile is asked then. When the engine dies or hangs over one, it is not asked again in this session.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from chatkit.runtime.events import Event

PATIENCE = 20.0  # seconds without an answer of an engine that has nothing else to do


class Glances:
    """Asks about the text that is being typed.

    Args:
        send: Hands a command to the engine.
        tell: Called with ``{"event": "glance", "answers": [...]}``, and once with ``"off"``, the reason, when it ends.
        restart: Ends a hung engine and starts another one.
    """

    def __init__(
        self, send: Callable[[Event], None], tell: Callable[[Event], None], restart: Callable[[], Any]
    ) -> None:
        self._send, self._tell, self._restart = send, tell, restart
        self._number = 0
        self._asked: str | None = None  # the text that the engine is asked about now
        self._next: str | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.trouble = ""  # why nothing is asked any more

    def ask(self, text: str) -> None:
        """Ask about a text, once the engine has answered about the one before."""
        if self.trouble:
            return
        if self._asked is not None:
            self._next = text
            return
        self._number += 1
        self._asked = text
        self._timer = asyncio.get_running_loop().call_later(PATIENCE, self._is_late)
        self._send({"do": "typed", "number": self._number, "text": text})

    def forget(self) -> None:
        """The message was sent or emptied: an answer on its way is of no use."""
        self._next = None
        self._number += 1

    def hear(self, event: Event) -> None:
        """Take in an answer."""
        following, self._next = self._next, None
        asked, self._asked = self._asked, None
        self._stop_timer()
        if event.get("number") == self._number:
            self._tell({**event, "text": asked})
        if following is not None:
            self.ask(following)

    def engine_is(self, state: str, *, answering: bool) -> None:
        """The engine's state has changed; one that died over a text is not asked again."""
        if state in ("restarting", "dead") and self._asked is not None and not answering:
            self._end("the engine crashed over it")
        elif state in ("restarting", "dead", "loading"):
            self._asked = self._next = None
            self._stop_timer()

    def _is_late(self) -> None:
        self._end(f"no head answered within {PATIENCE:g} s")
        self._restart()

    def _end(self, why: str) -> None:
        self.trouble, self._asked, self._next = why, None, None
        self._stop_timer()
        self._tell({"event": "glance", "answers": [], "off": why})

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
