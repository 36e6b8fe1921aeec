"""Whether anybody is left at the other end of standard input."""

from __future__ import annotations

import select


def input_is_gone(descriptor: int = 0) -> bool:
    """Whether the pipe that is read from has no writer left; False where that cannot be known."""
    if not hasattr(select, "poll"):  # Windows
        return False
    look = select.poll()
    look.register(descriptor, select.POLLHUP)
    return any(events & (select.POLLHUP | select.POLLNVAL) for _, events in look.poll(0))
