"""Reads the history of the chats for training, only where a config asks for it by ``history:``; nothing is copied.

Of each session the branch that is shown, as a dialogue with the number of its session. The file is opened read-only;
this room knows of its tables only what it selects.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatkit import sealed
from chatkit.data.records import Report
from chatkit.errors import DataError

SUFFIX = ".db"
SESSION = "session"  # key of a record that says which session it is of
_TURNS = """WITH RECURSIVE branch(id, depth) AS (
    SELECT leaf, 0 FROM session WHERE id = ?
    UNION ALL SELECT parent, depth + 1 FROM message JOIN branch USING (id)
    WHERE parent IS NOT NULL AND depth < (SELECT count(*) FROM message))
    SELECT speaker, text FROM message JOIN branch USING (id) ORDER BY depth DESC"""  # a circle in it would never end


def history_rows(path: Path, report: Report) -> Iterator[tuple[int, Any]]:
    """Sessions as rows: the session's number, and ``{"turns", "session"}``; those without words are passed over.

    Raises:
        DataError: If the file is no history that can be read.
    """
    try:
        # Bytes that are no UTF-8 are not worth a lost session.
        with contextlib.closing(sealed.connect(path, read_only=True)) as database:
            database.text_factory = lambda data: data.decode("utf-8", "replace")
            for (session,) in database.execute("SELECT id FROM session ORDER BY id").fetchall():
                rows = database.execute(_TURNS, (session,)).fetchall()
                turns = [{"speaker": speaker, "text": text} for speaker, text in rows if text.strip()]
                if turns:
                    yield session, {"turns": turns, SESSION: session}
    except sealed.errors(UnicodeDecodeError) as error:  # the latter where SQLite quotes a damaged file
        raise DataError(f"{path}: cannot be read as a history: {error}") from None
