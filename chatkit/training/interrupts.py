"""Ctrl-C and SIGTERM while a run goes on."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator, Sequence
from typing import Any


@contextlib.contextmanager
def interrupts(stop: Callable[[], None]) -> Iterator[None]:
    """The first Ctrl-C (or SIGTERM) asks the loop to end after its step; a second one ends at once."""
    previous: dict[int, Any] = {}

    def handle(number: int, frame: Any) -> None:
        stop()
        for other, handler in previous.items():
            signal.signal(other, handler)

    numbers: Sequence[int] = (signal.SIGINT, signal.SIGTERM)
    try:
        for number in numbers:
            previous[number] = signal.signal(number, handle)
    except ValueError:  # not in the main thread: whoever called must stop it
        previous.clear()
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
