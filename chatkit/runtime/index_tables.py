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
VERSION = 1
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
    """

    path: Path
    name: str
    passages: int
    size: int
    added: float
    lineage: str


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
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    empty = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not empty and db.execute("PRAGMA application_id").fetchone()[0] != _APPLICATION_ID:
        raise StorageError(f"{name} is no index of documents", hint="give another file with --index")
    if version > VERSION:
        raise StorageError(f"{name} was written by a newer chatkit", hint="update chatkit")
    if empty:
        db.execute("BEGIN IMMEDIATE")
        if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0:  # no other process was faster
            for table in _TABLES:
                db.execute(table)
            db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {VERSION}")
        db.execute("COMMIT")
