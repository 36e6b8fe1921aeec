"""Index of the user's documents in one SQLite file: passages, their vectors, and where each stands.

A file enters the index whole or not at all, in one transaction, so that a killed ``add`` leaves nothing
half-done, and a second one goes on where the first stopped. Vectors know the encoder that made them (its
lineage): those of another are never compared with, and ``stale`` counts them.
"""

# N = passages, K = width of a vector

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from chatkit import paths
from chatkit.errors import DataError, StorageError
from chatkit.head.answer import Hit
from chatkit.runtime.database import TEXT, Database, as_bytes
from chatkit.runtime.documents import (
    Document,
    DocumentPassage,
    SkippedFileError,
    find_documents,
    read_passages,
)
from chatkit.runtime.index_tables import VERSION, Added, Entry, Snapshot, migrate

Encode = Callable[[list[str]], np.ndarray]
Progress = Callable[[int, int, str], None]  # files done, files in all, name of the next

BATCH = 1024  # passages that are encoded and written at a time, of one large file or of many small ones


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
            progress: Called before each file.

        Raises:
            DataError: If a place does not exist; nothing is changed then.
            StorageError: If the index cannot be written.
            ValueError: If there is an encoder without a lineage, or it returns no (B, K).
        """
        if (encode is None) != (not lineage):
            raise ValueError("encode and lineage belong together: give both or neither")
        places = [Path(os.path.abspath(place)) for place in places]
        documents = {document.path: document for place in places for document in find_documents(place)}
        done, read = Added(), list[_Read]()
        for number, document in enumerate(documents.values()):
            if progress:
                progress(number, len(documents), document.name)
            try:
                changed = self._read(document, encode is not None, lineage, done)
            except SkippedFileError as error:
                done.removed += self._forget([document.path])
                done.skipped.append((document.path, str(error)))
            except DataError as error:
                done.skipped.append((document.path, str(error)))
            else:
                if changed is not None:
                    read.append(changed)
            if sum(len(file.first) for file in read) >= BATCH:
                self._write(read, encode, lineage, done)
                read = []
        self._write(read, encode, lineage, done)
        gone = [e.path for e in self.entries() if e.path not in documents and _inside(e.path, places)]
        done.removed += self._forget(gone)
        return done

    def entries(self) -> list[Entry]:
        """The indexed files, by name."""
        rows = self.rows(
            "SELECT path, name, size, added, lineage,"
            " (SELECT count(*) FROM passage WHERE file = file.id) AS passages FROM file ORDER BY name, path"
        )
        return [Entry(Path(r["path"]), r["name"], r["passages"], r["size"], r["added"], r["lineage"]) for r in rows]

    def remove(self, place: Path) -> int:
        """Take a file, or all files of a folder, out of the index; how many these were.

        Raises:
            DataError: If nothing of the place is indexed.
        """
        place = Path(os.path.abspath(place))
        removed = self._forget([entry.path for entry in self.entries() if _inside(entry.path, [place])])
        if not removed:
            raise DataError(f"nothing of {place} is indexed", hint="chatkit index list shows what is")
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
        for row in self.rows(f"SELECT size, mtime FROM file WHERE path = {TEXT}", [_stored(path)]):
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

    # One file

    def _read(self, document: Document, encoding: bool, lineage: str, done: Added) -> _Read | None:
        """The first passages of a file, or None where it has not changed."""
        status, path = _stat(document.path), _stored(document.path)
        known = next(iter(self.rows(f"SELECT * FROM file WHERE path = {TEXT}", [path])), None)
        current = known is not None and (not encoding or known["lineage"] == lineage)
        if known and current and (known["size"], known["mtime"]) == (status.st_size, status.st_mtime_ns):
            done.unchanged += 1
            return None
        sha256 = _digest(document.path)
        if known and current and known["sha256"] == sha256:
            with self.writing():
                self._db.execute("UPDATE file SET mtime = ? WHERE id = ?", [status.st_mtime_ns, known["id"]])
            done.unchanged += 1
            return None
        passages = read_passages(document.path, done.problems)
        first = list(itertools.islice(passages, BATCH))
        if not first:
            raise SkippedFileError("it holds no text")
        return _Read(document, status, sha256, known is not None, first, passages)

    def _write(self, files: Sequence[_Read], encode: Encode | None, lineage: str, done: Added) -> None:
        """Encode the passages of all files at once, then write each file in a transaction of its own."""
        blobs = iter(_encoded([passage for file in files for passage in file.first], encode))
        for file in files:
            vectors = list(itertools.islice(blobs, len(file.first)))
            try:
                self._write_file(file, vectors, encode, lineage)
            except DataError as error:  # it breaks off further on
                done.skipped.append((file.document.path, str(error)))
                continue
            done.added += not file.known
            done.updated += file.known

    def _write_file(self, file: _Read, vectors: list[bytes | None], encode: Encode | None, lineage: str) -> None:
        path = _stored(file.document.path)
        with self.writing():
            # A new id, so that passages in the order of their files stay in the order of their ids.
            self._db.execute(f"DELETE FROM file WHERE path = {TEXT}", [path])
            row = self._db.execute(
                f"INSERT INTO file(path, name, size, mtime, sha256, lineage, added)"
                f" VALUES ({TEXT}, {TEXT}, ?, ?, ?, {TEXT}, ?)",
                [
                    path,
                    as_bytes(file.document.name),
                    file.status.st_size,
                    file.status.st_mtime_ns,
                    file.sha256,
                    as_bytes(lineage),
                    time.time(),
                ],
            )
            number, batch = int(row.lastrowid or 0), file.first
            while batch:
                self._write_passages(number, batch, vectors)
                batch = list(itertools.islice(file.rest, BATCH))
                vectors = _encoded(batch, encode)
            self._writes += 1

    def _write_passages(self, file: int, batch: Sequence[DocumentPassage], vectors: Sequence[bytes | None]) -> None:
        self._db.executemany(
            f"INSERT INTO passage(file, line, heading, text, vector) VALUES (?, ?, {TEXT}, {TEXT}, ?)",
            [
                (file, p.line, as_bytes(p.heading), as_bytes(p.text), vector)
                for p, vector in zip(batch, vectors, strict=True)
            ],
        )

    def _forget(self, gone: Sequence[Path]) -> int:
        if not gone:
            return 0
        with self.writing():
            query = f"DELETE FROM file WHERE path = {TEXT}"
            removed = sum(self._db.execute(query, [_stored(path)]).rowcount for path in gone)
            self._writes += 1
        return removed

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


@dataclasses.dataclass(frozen=True)
class _Read:
    """A file that is new or has changed, with as many of its passages as are encoded at a time."""

    document: Document
    status: os.stat_result
    sha256: str
    known: bool
    first: list[DocumentPassage]
    rest: Iterator[DocumentPassage]


def _encoded(passages: Sequence[DocumentPassage], encode: Encode | None) -> list[bytes | None]:
    if encode is None or not passages:
        return [None] * len(passages)
    return [*_blobs(encode([passage.indexed for passage in passages]), len(passages))]


def _blobs(vectors: np.ndarray, count: int) -> list[bytes]:
    """Each row of (count, K) as float16 of unit norm."""
    if vectors.ndim != 2 or len(vectors) != count or not np.isfinite(vectors).all():
        raise ValueError(f"encode must return finite vectors ({count}, K), got shape {vectors.shape}")
    norms = np.linalg.norm(vectors.astype(np.float32), axis=1, keepdims=True)
    return [row.tobytes() for row in (vectors / np.maximum(norms, 1e-12)).astype(np.float16)]


def _inside(path: Path, places: Sequence[Path]) -> bool:
    return any(path == place or place in path.parents for place in places)


def _stored(path: Path) -> bytes:
    return as_bytes(str(path))  # a name that is no UTF-8 holds lone surrogates


def _stat(path: Path) -> os.stat_result:
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):  # reading a pipe would wait for ever
        raise SkippedFileError(f"{path} is no file: a pipe, socket or device")
    return found


def _digest(path: Path) -> str:
    if path.is_dir():
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
