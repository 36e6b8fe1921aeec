"""An SQLite file of the user's: private, shared safely by several apps, and clear about what fails.

It may be encrypted (chatkit.sealed), which nothing here needs to know.

Text is bound as UTF-8 bytes and cast by SQLite, with lone surrogates passed through: so that whatever a
terminal can paste comes back unchanged.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chatkit import sealed
from chatkit.errors import StorageError

BUSY_SECONDS = 3.0
TEXT = "CAST(? AS TEXT)"  # the mark for a text, bound as ``as_bytes``


_Step = Callable[[sqlite3.Connection, str], object]


def as_bytes(text: str) -> bytes:
    """A text as it is bound to ``TEXT``."""
    return text.encode("utf-8", "surrogatepass")


class Database:
    """An open SQLite file.

    Args:
        path: The file, made if missing, mode 0600; ``:memory:`` for none.
        migrate: Brings its tables to the newest version; called with the connection and the file's name.
        check: Raises where the file is not ours, before anything is written to it; called likewise.
    Raises:
        StorageError: If the file cannot be opened or migrated.
    """

    def __init__(self, path: Path | str, migrate: _Step, check: _Step | None = None) -> None:
        self.path = str(path)
        self.saved = self.path != ":memory:"
        with self.clear_errors():
            if self.saved:
                _create_private(Path(self.path))
            self._open_latest(migrate, check)

    def _open_latest(self, migrate: _Step, check: _Step | None) -> None:
        """Open the file; anew where it was written anew while we waited for it: what we hold has no name any more."""
        for last in (False, False, True):
            before = self._inode()
            try:
                self._open(migrate, check)
            except Exception:
                if last or self._inode() == before:
                    raise
                continue
            if last or self._inode() == before:
                return
            self._db.close()

    def _open(self, migrate: _Step, check: _Step | None) -> None:
        self._db = sealed.connect(self.path, timeout=BUSY_SECONDS, isolation_level=None)
        try:
            if check is not None:
                check(self._db, self.path)
            self._prepare()
            migrate(self._db, self.path)
        except BaseException:
            self._db.close()
            raise

    def _inode(self) -> int:
        with suppress(FileNotFoundError):
            return os.stat(self.path).st_ino if self.saved else 0
        return 0

    def _prepare(self) -> None:
        self._db.text_factory = _decoded
        self._db.row_factory = sealed.row_type(self._db)
        self._db.execute("PRAGMA foreign_keys = ON")
        self._db.execute("PRAGMA cell_size_check = ON")  # the file may be from elsewhere
        self._db.execute("PRAGMA secure_delete = ON")
        self._db.execute("PRAGMA temp_store = MEMORY")  # no word of the user's in a file elsewhere
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")  # survives kill -9; WAL keeps the file whole

    def close(self) -> None:
        """Close the file; what was written is already safe."""
        with suppress(*sealed.errors()):
            self._db.close()

    def rows(self, query: str, values: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """All rows of a query."""
        with self.clear_errors():
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One transaction: all of it or nothing."""
        with self.clear_errors():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def clear_errors(self) -> Iterator[None]:
        """Turn what SQLite or the system reports into a ``StorageError`` with a way out."""
        try:
            yield
        except sealed.errors(OSError, UnicodeDecodeError) as error:  # the last where SQLite quotes a damaged file
            raise StorageError(f"{self.path} cannot be used: {error}", hint=_way_out(str(error))) from error


def _decoded(raw: bytes) -> str:
    """A text as it was bound to ``TEXT``; what is no text, in a file from elsewhere, with marks in its place."""
    try:
        return raw.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace")


def _create_private(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _way_out(reason: str) -> str:
    if "full" in reason:
        return "make room on the disk"
    if "locked" in reason:
        return "another program holds it; close that one"
    if "not a database" in reason or "malformed" in reason:
        return "move the file away to start afresh"
    return "check the folder's permissions, or set CHATKIT_HOME to another folder"
