"""The branches of a session: its messages are a tree, of which one path from the root to a leaf is shown.

An edited prompt is one more child of the same parent, another reply one more child of the same prompt; nothing is
overwritten, and every version can be shown again. A turn that was asked beside the conversation ("aside") stands on
the branch, but no later turn sees it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chatkit.errors import StorageError
from chatkit.runtime import context as window
from chatkit.runtime.records import MessageRecord
from chatkit.runtime.store import Store


def context(store: Store, above: int | None) -> tuple[list[dict[str, str]], int]:
    """What a reply sees of the branch that ends with a message, as the engine wants it; and how many messages that is.

    Args:
        store: The history.
        above: The last message of the branch; None where nothing was said yet.
    """
    branch = """WITH RECURSIVE up(id, depth) AS (
        SELECT ?, 0 UNION ALL SELECT parent, depth + 1 FROM message JOIN up USING (id) WHERE parent IS NOT NULL)"""
    sizes = store.rows(
        f"{branch} SELECT length(CAST(m.text AS BLOB)) FROM up JOIN message m USING (id) ORDER BY depth DESC", (above,)
    )
    seen = window.seen(row[0] for row in sizes)
    rows = store.rows(
        f"""{branch} SELECT m.id, m.parent, m.speaker, m.text, m.facts FROM up JOIN message m USING (id)
            WHERE depth < ? ORDER BY depth DESC""",
        (above, seen),
    )
    return window.turns([{**dict(row), "facts": json.loads(row["facts"])} for row in rows]), seen


def said(store: Store, above: int | None, after: int) -> int:
    """How many messages of the user, none asked beside the conversation, stand on the branch that ends with a message.

    Args:
        store: The history.
        above: The last message of the branch; None where nothing was said yet.
        after: Only those with a higher number.
    """
    rows = store.rows(
        """WITH RECURSIVE up(id) AS (
               SELECT ? UNION ALL SELECT parent FROM message JOIN up USING (id) WHERE parent IS NOT NULL)
           SELECT m.facts FROM up JOIN message m USING (id) WHERE m.id > ? AND m.speaker = 'user'""",
        (above, after),
    )
    return sum(not json.loads(row["facts"]).get("aside") for row in rows)


def versions(store: Store, messages: Sequence[MessageRecord]) -> dict[int, list[int]]:
    """For each message that was said more than once, all versions that stand in its place, oldest first.

    Args:
        store: The history.
        messages: Messages of one session.
    """
    if not messages:
        return {}
    places: dict[tuple[int | None, str], list[int]] = {}
    for row in store.rows(
        """SELECT id, parent, speaker FROM message WHERE state <> 'queued'
           AND session = (SELECT session FROM message WHERE id = ?) ORDER BY id""",
        (messages[0].id,),
    ):
        places.setdefault((row["parent"], row["speaker"]), []).append(row["id"])
    found = {message.id: places.get((message.parent, message.speaker), []) for message in messages}
    return {message: others for message, others in found.items() if len(others) > 1}


def choose(store: Store, message: int) -> None:
    """Show the branch of a message, down to the latest leaf below it.

    Raises:
        StorageError: If there is no such message.
    """
    session = session_of(store, message)
    children: dict[int, int] = {}  # of each message the latest
    for row in store.rows(
        "SELECT id, parent FROM message WHERE session = ? AND state <> 'queued' ORDER BY id", (session,)
    ):
        children[row["parent"]] = row["id"]
    leaf = message
    while leaf in children:
        leaf = children[leaf]
    store.show_branch(session, leaf)


def is_shown(store: Store, message: int) -> bool:
    """Whether a message is on the branch that its session shows."""
    rows = store.rows(
        """WITH RECURSIVE branch(id) AS (
               SELECT leaf FROM session WHERE id = (SELECT session FROM message WHERE id = ?1)
               UNION ALL SELECT parent FROM message JOIN branch USING (id) WHERE parent IS NOT NULL)
           SELECT 1 FROM branch WHERE id = ?1""",
        (message,),
    )
    return bool(rows)


def prompt_of(store: Store, message: int) -> tuple[int, str, dict[str, Any]]:
    """The prompt of a message (itself, or what it replies to): number, text, and what it asked for.

    Raises:
        StorageError: If there is none.
    """
    for row in store.rows("SELECT id, parent, speaker, text, facts FROM message WHERE id = ?", (message,)):
        if row["speaker"] == "user":
            return row["id"], row["text"], json.loads(row["facts"])
        if row["parent"] is not None:
            return prompt_of(store, row["parent"])
    raise StorageError(f"there is no message {message}", hint="its session was deleted meanwhile")


def replies(store: Store, prompt: int, most: int = 16) -> list[str]:
    """The latest texts that were said in reply to a prompt, oldest first."""
    rows = store.rows(
        """SELECT text FROM message WHERE parent = ? AND speaker = 'assistant' AND text <> ''
           ORDER BY id DESC LIMIT ?""",
        (prompt, most),
    )
    return [row["text"] for row in rows][::-1]


def parent_of(store: Store, message: int) -> int | None:
    """The message that a message follows; None for the first one, or where there is no such message."""
    return next((row["parent"] for row in store.rows("SELECT parent FROM message WHERE id = ?", (message,))), None)


def leaf_of(store: Store, session: int | None) -> int | None:
    """The last message of the branch that a session shows; None for an empty one."""
    return next((row["leaf"] for row in store.rows("SELECT leaf FROM session WHERE id = ?", (session,))), None)


def session_of(store: Store, message: int) -> int:
    """The session of a message.

    Raises:
        StorageError: If there is no such message.
    """
    for row in store.rows("SELECT session FROM message WHERE id = ?", (message,)):
        return int(row["session"])
    raise StorageError(f"there is no message {message}", hint="its session was deleted meanwhile")
