"""SQLite files that may be encrypted: which are, and how one is opened. SQLCipher does it, the extra ``encrypted``.

A passphrase is never an argument, nor in a config. It comes, in this order, from whoever unlocked the file in this
process, from ``CHATKIT_PASSPHRASE``, from the file that ``CHATKIT_PASSPHRASE_FILE`` names, and from ``ask``, which the
command line sets. It stays in the memory of the process.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from chatkit.errors import StorageError

if TYPE_CHECKING:  # imported when a file is opened: every command imports this module
    import sqlite3

VARIABLE, FILE_VARIABLE = "CHATKIT_PASSPHRASE", "CHATKIT_PASSPHRASE_FILE"
HEADER = b"SQLite format 3\0"
PAGE = 4096  # bytes; an encrypted file is a whole number of pages, and nothing else of it can be told
LEAST = 8  # characters of a new passphrase
_MOST_FILE_BYTES = 4096

ask: Callable[[Path], str] | None = None
"""Asks a person for the passphrase of a file; None where there is nobody to ask."""

_known: dict[Path, str] = {}  # file -> passphrase that opens it
_given = ""  # from the environment


def is_encrypted(path: Path | str) -> bool:
    """Whether a file is one of SQLCipher's, as far as can be told without the passphrase.

    Not to be asked while this process has the file open: to close it here would end the locks that SQLite holds on it.
    """
    try:
        with open(path, "rb") as file:
            start, size = file.read(len(HEADER)), os.fstat(file.fileno()).st_size
    except OSError:
        return False
    return size > 0 and size % PAGE == 0 and start != HEADER


def connect(path: Path | str, *, read_only: bool = False, **options: Any) -> sqlite3.Connection:
    """Open a file, encrypted or not.

    Args:
        path: The file, or ``:memory:``.
        read_only: Neither write to it nor make it.
        options: Of ``sqlite3.connect``.
    Returns:
        A connection; that of an encrypted file is sqlcipher3's, which has the same methods.
    Raises:
        StorageError: If it is encrypted and its passphrase is not to be had, or wrong, or sqlcipher3 is missing.
        sqlite3.Error: As ``sqlite3.connect``.
    """
    import sqlite3

    where = f"{Path(path).absolute().as_uri()}?mode=ro" if read_only else str(path)
    if not is_encrypted(path):
        return sqlite3.connect(where, uri=read_only, **options)
    database = cipher(path).connect(where, uri=read_only, **options)
    try:
        use(database, Path(path), passphrase_of(Path(path)))
    except BaseException:
        database.close()
        raise
    return cast("sqlite3.Connection", database)


def use(database: sqlite3.Connection, path: Path, passphrase: str) -> None:
    """Give a connection its passphrase, and see whether that is the right one.

    Raises:
        StorageError: If it is wrong.
    """
    database.execute("PRAGMA cipher_log_level = NONE")  # it would write to a terminal that may be drawn on
    database.execute(f"PRAGMA key = {quoted(passphrase)}")
    try:
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except errors() as error:
        if "not a database" not in str(error):
            raise
        raise StorageError(f"{path}: this passphrase does not open it", hint="try again; or it is damaged") from None
    _known[path.absolute()] = passphrase


def passphrase_of(path: Path) -> str:
    """The passphrase of a file, from wherever it is to be had.

    Raises:
        StorageError: If it is not.
    """
    if path.absolute() in _known:
        return _known[path.absolute()]
    if from_environment():
        return from_environment()
    if ask is None:
        raise StorageError(f"{path} is encrypted", hint=f"set {FILE_VARIABLE} to a file that holds its passphrase")
    return normal(ask(path))


def unlock(path: Path) -> None:
    """Find the passphrase of a file now, so that it is not asked for later; nothing where it is not encrypted.

    Raises:
        StorageError: As ``connect``.
    """
    if is_encrypted(path) and path.absolute() not in _known:
        connect(path, read_only=True).close()


def is_unlocked(path: Path) -> bool:
    """Whether the file can be opened without asking anybody."""
    return path.absolute() in _known or bool(from_environment())


def remember(path: Path, passphrase: str) -> None:
    """Keep what the file was given for its passphrase; "" for none."""
    _known.pop(path.absolute(), None)
    if passphrase:
        _known[path.absolute()] = passphrase


def environment(path: Path) -> dict[str, str]:
    """The environment of a process of ours that is to open this file, with its passphrase if we needed one."""
    own = _known.get(path.absolute(), "")
    return {**os.environ, **({VARIABLE: own} if own else {})}


def take_environment() -> None:
    """Take the passphrase out of the environment, so that no process that is started inherits it by accident."""
    global _given
    _given = os.environ.pop(VARIABLE, "") or _given


def from_environment() -> str:
    """The passphrase that the environment gives, "" for none.

    Raises:
        StorageError: If it names a file that cannot be read or that others can read.
    """
    given = os.environ.get(VARIABLE, "") or _given
    if given:
        return normal(given)
    name = os.environ.get(FILE_VARIABLE, "")
    if not name:
        return ""
    file = Path(os.path.expanduser(name))
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise StorageError(f"{FILE_VARIABLE}: {file} can be read by others", hint=f"chmod 600 {file}")
        with file.open("rb") as lines:
            text = lines.read(_MOST_FILE_BYTES).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"{FILE_VARIABLE}: {file} cannot be read: {error}") from None
    if not text.strip("\r\n"):
        raise StorageError(f"{FILE_VARIABLE}: {file} is empty")
    return normal(text.rstrip("\r\n"))


def normal(passphrase: str) -> str:
    """One form of a passphrase, however a keyboard composes its letters.

    Raises:
        StorageError: If it is empty, or no text.
    """
    import unicodedata

    text = unicodedata.normalize("NFC", passphrase)
    if not text or "\0" in text or not text.isprintable():
        raise StorageError("that is no passphrase", hint="it must be text, of one line, and not empty")
    return text


def quoted(passphrase: str) -> str:
    """A passphrase as a literal of SQL: pragmas take no parameters."""
    return "'" + passphrase.replace("'", "''") + "'"


def cipher(path: Path | str) -> Any:
    """The module sqlcipher3.

    Raises:
        StorageError: If it is not installed.
    """
    try:
        return importlib.import_module("sqlcipher3.dbapi2")
    except ImportError:
        hint = "pip install 'chatkit-tui[encrypted]'"
        raise StorageError(f"{path}: encryption needs the package sqlcipher3", hint=hint) from None


def errors(*others: type[Exception]) -> tuple[type[Exception], ...]:
    """What connections raise, and others, for an ``except``; the errors of sqlcipher3 are none of sqlite3."""
    import sqlite3

    module = sys.modules.get("sqlcipher3.dbapi2")
    return (sqlite3.Error, *((module.Error,) if module is not None else ()), *others)


def row_type(database: sqlite3.Connection) -> Any:
    """The ``Row`` that fits a connection."""
    import sqlite3

    return sqlite3.Row if isinstance(database, sqlite3.Connection) else cipher("").Row
