"""Index of the user's documents in one SQLite file: passages, their vectors, and where each stands.

A file enters the index whole or not at all, in one transaction, so that a killed ``add`` leaves nothing
half-done, and a second one goes on where the first stopped. Vectors know the encoder that made them (its
lineage): those of another are never compared with, and ``stale`` counts them.
"""

# N = passages, K = width of a vector

from __future__ import annotations

import dataclasses
import hashlib
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from chatkit import paths
from chatkit.errors import DataError, StorageError
from chatkit.head.answer import Hit
from chatkit.runtime.database import TEXT, Database, as_bytes
from chatkit.runtime.documents import DocumentPassage
from chatkit.runtime.index_tables import VERSION, Added, Entry, Snapshot, migrate
from chatkit.runtime.indexing import Encode, Indexing, Progress, inside

__all__ = ["DocumentIndex", "Encode", "Progress"]
STALLED_SECONDS = 30.0  # a place that was not read to its end, and to which nothing was added for so long, lies still


class DocumentIndex(Database):
    """An open index.

    Args:
        path: The file; ``paths.index_file()`` by default, ``:memory:`` for one that is not saved.

    Raises:
        StorageError: If the file cannot be opened, is no index, or was written by a newer chatkit.
    """

    def __init__(self, path: Path | str | None = None) -> None:
        super().__init__(path if path is not None else paths.index_file(), migrate)
        self._writes = 0

    def add(
        self,
        places: Iterable[Path],
        encode: Encode | None = None,
        *,
        lineage: str = "",
        progress: Progress | None = None,
    ) -> Added:
        """Index files and folders; only what has changed is read again.

        Args:
            places: Files and folders. Of a folder, files that are gone leave the index.
            encode: Vectors (B, K) of up to ``BATCH`` texts; None leaves the new passages without.
            lineage: The encoder that ``encode`` uses.
            progress: Called before each file, after each batch, and at the end.

        Raises:
            DataError: If a place does not exist; nothing is changed then.
            StorageError: If the index cannot be written.
            ValueError: If there is an encoder without a lineage, or it returns no (B, K).
        """
        if (encode is None) != (not lineage):
            raise ValueError("encode and lineage belong together: give both or neither")
        run = Indexing(self, encode, lineage, progress)
        return run.run([Path(os.path.abspath(place)) for place in places])

    def entries(self) -> list[Entry]:
        """The indexed files, by name."""
        rows = self.rows(
            "SELECT path, name, size, added, lineage, mtime, sha256,"
            " (SELECT count(*) FROM passage WHERE file = file.id) AS passages FROM file ORDER BY name, path"
        )
        return [Entry(**{**dict(row), "path": self._path(row["path"])}) for row in rows]

    def places(self) -> dict[Path, float | None]:
        """What the user has named, and when it was last read to its end; None where that was broken off."""
        return {self._path(row["path"]): row["read"] for row in self.rows("SELECT path, read FROM place ORDER BY path")}

    def _path(self, value: object) -> Path:
        """A path as the file has it; in a damaged one anything may stand there."""
        if not isinstance(value, str):
            raise StorageError(f"{self.path} is damaged", hint="move it away, and index your documents again")
        return Path(value)

    def remove(self, place: Path) -> int:
        """Take a file, or all files of a folder, out of the index; how many these were.

        Raises:
            DataError: If nothing of the place is indexed.
        """
        place = Path(os.path.abspath(place))
        named = [path for path in self.places() if inside(path, [place])]
        removed = self.forget([entry.path for entry in self.entries() if inside(entry.path, [place])])
        if not removed and not named:
            raise DataError(f"nothing of {place} is indexed", hint="chatkit index list shows what is")
        self._forget_places(named)
        return removed

    def stale(self, lineage: str) -> int:
        """Passages without a vector of this encoder; while there are any, words alone rank."""
        return int(
            self.rows(
                f"SELECT count(*) AS n FROM passage JOIN file ON file = file.id WHERE lineage != {TEXT}",
                [as_bytes(lineage)],
            )[0]["n"]
        )

    # What a searcher needs

    def version(self) -> tuple[int, int]:
        """Changes whenever this or another process has written to the index."""
        return self._writes, int(self.rows("PRAGMA data_version")[0][0])

    @contextmanager
    def reading(self) -> Iterator[None]:
        """One moment of the index: what others write meanwhile is not seen."""
        with self.clear_errors():
            self._db.execute("BEGIN")
            try:
                yield
            finally:
                self._db.execute("COMMIT")

    def snapshot(self, lineage: str) -> Snapshot:
        """What is indexed now: a fingerprint of the texts, ids of the passages in order, their vectors."""
        digest = hashlib.sha256(str(VERSION).encode())
        for row in self.rows("SELECT id, sha256 FROM file ORDER BY id"):
            digest.update(f"{row['id']}:{row['sha256']};".encode())
        ids = [int(row["id"]) for row in self.rows("SELECT id FROM passage ORDER BY file, id")]
        return Snapshot(digest.hexdigest(), ids, self._vectors(lineage, len(ids)))

    def texts(self) -> Iterator[str]:
        """What is searched of each passage, in the order of ``snapshot``."""
        with self.clear_errors():
            for row in self._db.execute("SELECT line, heading, text FROM passage ORDER BY file, id"):
                yield DocumentPassage(row["text"], row["heading"], row["line"]).indexed

    def passage(self, identifier: int, score: float) -> Hit | None:
        """A passage as a hit; None if it is gone."""
        query = "SELECT text, heading, line, name, path FROM passage JOIN file ON file = file.id WHERE passage.id = ?"
        for row in self.rows(query, [identifier]):
            source = f"{row['name']}:{row['line']}"
            return Hit(row["text"], score, source, row["heading"], row["path"], row["line"])
        return None

    def state_of(self, path: Path) -> tuple[int, int] | None:
        """Size and time of change (ns) that a file had when it was read; None where it is not indexed."""
        for row in self.rows(f"SELECT size, mtime FROM file WHERE path = {TEXT}", [as_bytes(str(path))]):
            return int(row["size"]), int(row["mtime"])
        return None

    def placed(self, hit: Hit) -> Hit:
        """A hit that does not name its file, with the file that holds its passage; as it is where none does."""
        name, _, line = hit.source.rpartition(":")
        query = (
            "SELECT path, line FROM file JOIN passage ON file = file.id"
            f" WHERE name = {TEXT} AND text = {TEXT} ORDER BY line != ? LIMIT 1"
        )
        for row in self.rows(query, [as_bytes(name), as_bytes(hit.text), int(line) if line.isdecimal() else 0]):
            return dataclasses.replace(hit, path=row["path"], line=row["line"])
        return hit

    def load_cache(self, name: str, fingerprint: str) -> bytes | None:
        """What was stored under this name for exactly these texts."""
        rows = self.rows("SELECT value FROM cache WHERE name = ? AND fingerprint = ?", [name, fingerprint])
        return bytes(rows[0]["value"]) if rows else None

    def store_cache(self, name: str, fingerprint: str, value: bytes) -> None:
        """Store what can be computed again; a busy, full or read-only disk is no reason to fail."""
        try:
            with self.writing():
                self._db.execute("INSERT OR REPLACE INTO cache VALUES (?, ?, ?)", [name, fingerprint, value])
        except StorageError:
            return

    # What a run of ``Indexing`` needs

    def begin_places(self, places: Sequence[Path]) -> None:
        """Note what is going to be read; what stands below one of the places belongs to it from now on."""
        known = self.places()
        new = [place for place in places if not inside(place, [p for p in (*known, *places) if p != place])]
        self._forget_places([path for path in known if path not in new and inside(path, new)])
        with self.writing():
            for place in new:
                self._db.execute(f"INSERT OR REPLACE INTO place VALUES ({TEXT}, NULL)", [as_bytes(str(place))])

    def end_places(self, places: Sequence[Path]) -> None:
        """Note that these were read to their end."""
        with self.writing():
            for place in places:
                self._db.execute(f"UPDATE place SET read = ? WHERE path = {TEXT}", [time.time(), as_bytes(str(place))])

    def settled(self) -> bool:
        """Whether nothing is being read into the index at the moment."""
        if not self.rows("SELECT 1 FROM place WHERE read IS NULL LIMIT 1"):
            return True
        latest = self.rows("SELECT max(added) AS latest FROM file")[0]["latest"]
        return latest is None or time.time() - latest > STALLED_SECONDS

    @contextmanager
    def writing_content(self) -> Iterator[None]:
        """A transaction after which searches look anew."""
        with self.writing():
            yield
            self._writes += 1

    def many(self, query: str, rows: Iterable[Sequence[object]]) -> None:
        """Do a query for each row, within ``writing``."""
        self._db.executemany(query, rows)

    def forget(self, gone: Sequence[Path]) -> int:
        """Take files out of the index; how many of them were there."""
        if not gone:
            return 0
        with self.writing_content():
            query = f"DELETE FROM file WHERE path = {TEXT}"
            return sum(self._db.execute(query, [as_bytes(str(path))]).rowcount for path in gone)

    def _forget_places(self, places: Sequence[Path]) -> None:
        if places:
            with self.writing():
                for path in places:
                    self._db.execute(f"DELETE FROM place WHERE path = {TEXT}", [as_bytes(str(path))])

    def _vectors(self, lineage: str, size: int) -> np.ndarray | None:
        """Vectors of all passages, (N, K) float16, unit norm; None unless this encoder made all of them."""
        if not lineage or not size or self.stale(lineage):
            return None
        # All of one length, before memory is taken for so many of them.
        query = "SELECT min(length(vector)), max(length(vector)), count(*), min(typeof(vector)) FROM passage"
        least, most, count, kind = self.rows(query)[0]
        if count != size or kind != "blob" or not most or least != most or most % 2:
            return None
        out = np.empty((size, most // 2), dtype=np.float16)
        with self.clear_errors():
            for i, (blob,) in enumerate(self._db.execute("SELECT vector FROM passage ORDER BY file, id")):
                if not isinstance(blob, bytes) or len(blob) != most:
                    return None
                out[i] = np.frombuffer(blob, dtype=np.float16)
        return out
