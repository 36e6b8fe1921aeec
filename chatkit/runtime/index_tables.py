"""Tables of the index of documents, and what is told of its files."""

from __future__ import annotations

import dataclasses
import sqlite3
from pathlib import Path
from typing import NamedTuple

import numpy as np

from chatkit.data.records import Problems
from chatkit.errors import StorageError

_APPLICATION_ID = 0x63686B69  # "chki": tells an index from other SQLite files, the history among them
VERSION = 2
_TABLES = (
    """CREATE TABLE file (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        path TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        size INTEGER NOT NULL,
        mtime INTEGER NOT NULL,
        sha256 TEXT NOT NULL,
        lineage TEXT NOT NULL,
        added REAL NOT NULL
    )""",
    """CREATE TABLE passage (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        file INTEGER NOT NULL REFERENCES file(id) ON DELETE CASCADE,
        line INTEGER NOT NULL,
        heading TEXT NOT NULL,
        text TEXT NOT NULL,
        vector BLOB
    )""",
    "CREATE INDEX passage_file ON passage(file, id)",
    "CREATE TABLE cache (name TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, value BLOB NOT NULL)",
)
# What the user has named; "read" is NULL until a place was read to its end.
_PLACE = "CREATE TABLE place (path TEXT PRIMARY KEY, read REAL)"


@dataclasses.dataclass(frozen=True)
class Entry:
    """An indexed file.

    Args:
        path: Where it was read.
        name: How it is shown in sources.
        passages: How many it gave.
        size: Bytes.
        added: When it was indexed, seconds since 1970.
        lineage: Encoder of its vectors; "" without vectors.
        mtime: When the file had been changed, nanoseconds since 1970.
        sha256: Of its bytes.
    """

    path: Path
    name: str
    passages: int
    size: int
    added: float
    lineage: str
    mtime: int
    sha256: str


class Step(NamedTuple):
    """How far ``add`` is.

    Args:
        done: Files that are done.
        total: Files in all.
        name: The file that comes next; "" at the end.
        passages: Passages that were written so far.
    """

    done: int
    total: int
    name: str
    passages: int


@dataclasses.dataclass
class Added:
    """What ``add`` did, in files.

    Args:
        added: Files that are new.
        updated: Files that had changed, or whose vectors were of another encoder.
        unchanged: Files that were left as they are.
        removed: Files that are gone from the folder, or hold no text any more.
        skipped: Files that could not be read, with the reason.
        problems: Rows of JSONL files that hold no text.
    """

    added: int = 0
    updated: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: list[tuple[Path, str]] = dataclasses.field(default_factory=list)
    problems: Problems = dataclasses.field(default_factory=Problems)


class Snapshot(NamedTuple):
    """What an index holds at one moment.

    Args:
        fingerprint: Changes with the texts and their order.
        ids: Identifiers of the passages, N of them.
        vectors: (N, K), float16, unit norm; None unless the wanted encoder made all of them.
    """

    fingerprint: str
    ids: list[int]
    vectors: np.ndarray | None


def migrate(db: sqlite3.Connection, name: str) -> None:
    """Make the tables of a new file.

    Raises:
        StorageError: If the file is no index, or was written by a newer chatkit.
    """
    db.execute("PRAGMA trusted_schema = OFF")  # a file from elsewhere may hold triggers and views; ours has none
    # Whether it is empty comes first: another process may make the tables between two of these statements.
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if not empty and db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise StorageError(f"{name} is no index of documents", hint="give another file with --index")
    if version > VERSION:
        raise StorageError(f"{name} was written by a newer chatkit", hint="update chatkit")
    if empty:
        db.execute("BEGIN IMMEDIATE")
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:  # no other process was faster
            for table in (*_TABLES, _PLACE):
                db.execute(table)
            db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
    elif version < VERSION:
        db.execute("BEGIN IMMEDIATE")
        if int(db.execute("PRAGMA user_version").fetchone()[0]) < VERSION:  # as above
            db.execute(_PLACE)
            try:
                _fill_places(db)
            except (TypeError, ValueError):
                raise StorageError(f"{name} is damaged", hint="move it away, and index your documents again") from None
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")


def _fill_places(db: sqlite3.Connection) -> None:
    """The places of an index that did not keep them: a folder where a name tells one, else each file for itself.

    A folder of which only the files directly in it were indexed cannot be told from files that were named one by one.
    """
    found: dict[str, float] = {}
    files = [(str(row[0]), str(row[1]), float(row[2])) for row in db.execute("SELECT path, name, added FROM file")]
    folders = {path.removesuffix(name).rstrip("/") for path, name, _ in files if "/" in name}
    for path, name, added in files:
        root = path.removesuffix(name).rstrip("/")
        place = root if root in folders else path
        found[place] = max(found.get(place, 0.0), added)
    db.executemany(
        "INSERT INTO place VALUES (CAST(? AS TEXT), ?)",
        [(path.encode("utf-8", "surrogatepass"), read) for path, read in found.items()],
    )
