"""Writes the history anew under a passphrase, under another one, or under none.

The new file is written aside and checked, and takes the old one's place by a rename: a kill leaves the one or the other
whole. While it is written nobody else can have the history open; whoever waits for it opens the new file
(chatkit.runtime.database). What was not encrypted is overwritten with zeros, which is as much as a program can do: a
drive that spares its cells, a file system that copies on write and a backup keep what they keep.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from chatkit import sealed
from chatkit.errors import StorageError
from chatkit.runtime import schema
from chatkit.runtime.database import BUSY_SECONDS
from chatkit.runtime.store import Store

_ASIDE = ".{name}.aside-"
_TABLES = ("session", "message", "answer")
_CHUNK = 1 << 20


def seal(path: Path, passphrase: str) -> None:
    """Write the history anew.

    Args:
        path: The file; made if there is none.
        passphrase: What it is encrypted with from now on; "" for nothing.
    Raises:
        StorageError: If its present passphrase is wrong, another chat has it open, or it cannot be written.
    """
    driver, encrypted = sealed.cipher(path), sealed.is_encrypted(path)
    with contextlib.ExitStack() as stack:  # closed in reverse: to close a file early would end SQLite's locks on it
        try:
            plain = [] if encrypted else [stack.enter_context(file) for file in _opened(path)]
            Store(path).close()  # it is a history, of this version, and no reply of a dead app is open in it
            database = stack.enter_context(
                contextlib.closing(driver.connect(str(path), timeout=BUSY_SECONDS, isolation_level=None))
            )
            if encrypted:
                sealed.use(database, path, sealed.passphrase_of(path))
            _replace(database, driver, path, passphrase)
        except sealed.errors(OSError) as error:
            raise StorageError(f"{path} could not be written anew, and is as it was: {error}") from error
        sealed.remember(path, passphrase)
        for file in plain:
            _zero(file)


def _replace(database: sqlite3.Connection, driver: Any, path: Path, passphrase: str) -> None:
    """Put a copy under the passphrase in the place of the file that is open."""
    _alone(database, path)
    for left in path.parent.glob(_ASIDE.format(name=path.name) + "*"):  # of a run that was killed
        left.unlink()
    with _aside(path) as aside:
        _export(database, aside, passphrase)
        _compare(database, driver, aside, passphrase)
        if os.name != "posix":  # a file that is open cannot be replaced there
            database.close()
        os.replace(aside, path)
    _sync(path.parent)


def _opened(path: Path) -> Iterator[BinaryIO]:
    """The file and what SQLite has beside it, to be overwritten when nobody needs them; POSIX only."""
    if os.name == "posix":
        for name in (str(path), f"{path}-wal"):
            with contextlib.suppress(FileNotFoundError):
                yield open(name, "r+b")  # noqa: SIM115  # as long as the caller's stack


def _alone(database: sqlite3.Connection, path: Path) -> None:
    """Have the file to ourselves, all of it in one file, until the connection is closed."""
    try:
        (mode,) = database.execute("PRAGMA journal_mode = DELETE").fetchone()  # refused while others have it open
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("COMMIT")
    except sealed.errors() as error:
        mode = str(error)
    if mode != "delete":
        raise StorageError(f"{path} is in use: {mode}", hint="close the other chats first")


@contextlib.contextmanager
def _aside(path: Path) -> Iterator[Path]:
    handle, name = tempfile.mkstemp(prefix=_ASIDE.format(name=path.name), dir=path.parent)  # mode 0600
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink(missing_ok=True)


def _export(database: sqlite3.Connection, aside: Path, passphrase: str) -> None:
    database.execute(f"ATTACH DATABASE ? AS aside KEY {sealed.quoted(passphrase)}", (str(aside),))
    database.execute("PRAGMA aside.journal_mode = OFF")  # it is thrown away if anything fails
    database.execute("SELECT sqlcipher_export('aside')").fetchall()
    database.execute(f"PRAGMA aside.application_id = {schema.APPLICATION_ID}")
    database.execute(f"PRAGMA aside.user_version = {schema.VERSION}")
    database.execute("DETACH DATABASE aside")
    _sync(aside)


def _compare(database: sqlite3.Connection, driver: Any, aside: Path, passphrase: str) -> None:
    """The copy is whole: before it takes the place of what it was made from."""
    with contextlib.closing(driver.connect(str(aside), isolation_level=None)) as copy:
        if passphrase:
            sealed.use(copy, aside, passphrase)
            sealed.remember(aside, "")
        faults = [line for (line,) in copy.execute("PRAGMA integrity_check").fetchall() if line != "ok"]
        copy.execute("INSERT INTO words(words) VALUES ('integrity-check')")
        for table in _TABLES:
            query = f"SELECT count(*), coalesce(sum(length(text)), 0) FROM {table}"
            if table == "session":
                query = "SELECT count(*), coalesce(sum(length(name)), 0) FROM session"
            if copy.execute(query).fetchone() != database.execute(query).fetchone():
                faults.append(f"{table} is not whole")
    if faults or sealed.is_encrypted(aside) != bool(passphrase):
        raise StorageError(f"the copy of the history is damaged: {faults[:1]}", hint="the history is as it was")


def _zero(file: BinaryIO) -> None:
    left = os.fstat(file.fileno()).st_size
    file.seek(0)
    while left > 0:
        left -= file.write(bytes(min(left, _CHUNK)))
    file.flush()
    os.fsync(file.fileno())


def _sync(path: Path) -> None:
    if os.name == "posix":
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
