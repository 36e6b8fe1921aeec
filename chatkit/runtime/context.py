"""What of a conversation a reply sees: the latest messages, in a window that moves in strides.

The engine keeps the state of the encoder behind each turn it has seen, and goes on from there. A window that moved with
every message would begin elsewhere each time, so that all of it had to be encoded again for each reply. This one stays
where it is until it is full, and then leaves its older half behind: over many turns each message is encoded about
twice, however long the conversation is. Where it begins depends on the messages alone, so that a replay finds the same
place; beside that, a reply keeps how many messages it saw (the fact ``seen``).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

MOST_MESSAGES = 50
MOST_BYTES = 400_000


def size_of(text: str) -> int:
    """Size of a message as the window counts it, bytes of UTF-8."""
    return len(text.encode("utf-8", "surrogatepass"))


def seen(sizes: Iterable[int], most: int = MOST_MESSAGES, most_bytes: int = MOST_BYTES) -> int:
    """How many of the latest messages are seen.

    Args:
        sizes: Size of each message of the branch, from its first one on, bytes.
        most: So many messages fill the window.
        most_bytes: So many bytes fill it.
    """
    window: deque[int] = deque()
    total = 0
    for size in sizes:
        window.append(size)
        total += size
        if len(window) <= most and total <= most_bytes:
            continue
        while len(window) > 1 and (len(window) > most // 2 or total > most_bytes // 2):
            total -= window.popleft()
        if total > most_bytes:  # one message alone is too much
            window.clear()
            total = 0
    return len(window)


def turns(messages: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Messages as the engine wants them; what was asked beside the conversation and what is empty is left out.

    Args:
        messages: ``id``, ``parent``, ``speaker``, ``text`` and ``facts`` of each, oldest first.
    """
    asides = {m["id"] for m in messages if m["speaker"] == "user" and m["facts"].get("aside")}
    return [
        {"speaker": m["speaker"], "text": m["text"]}
        for m in messages
        if m["text"] and m["id"] not in asides and m["parent"] not in asides
    ]
