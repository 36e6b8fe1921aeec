"""Reads files into an index: only what has changed, many small ones encoded together, each written whole or not.

Used through ``DocumentIndex.add``.
"""

# B = passages of a batch, K = width of a vector

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import os
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from chatkit.errors import DataError
from chatkit.runtime.database import TEXT, as_bytes
from chatkit.runtime.documents import Document, DocumentPassage, SkippedFileError, find_documents, read_passages
from chatkit.runtime.index_tables import Added, Step

if TYPE_CHECKING:
    from chatkit.runtime.index import DocumentIndex

Encode = Callable[[list[str]], np.ndarray]
Progress = Callable[[Step], None]

BATCH = 1024  # passages that are encoded and written at a time, of one large file or of many small ones


class Indexing:
    """One run over some places.

    Args:
        index: Where to.
        encode: Vectors (B, K) of up to ``BATCH`` texts; None leaves the new passages without.
        lineage: The encoder that ``encode`` uses.
        progress: Called before each file, after each batch, and at the end.
    """

    def __init__(
        self, index: DocumentIndex, encode: Encode | None, lineage: str, progress: Progress | None = None
    ) -> None:
        self._index, self._encode, self._lineage = index, encode, lineage
        self._progress = progress or (lambda step: None)
        self._done = Added()
        self._step = Step(0, 0, "", 0)

    def run(self, places: Sequence[Path]) -> Added:
        """Read the places, absolute ones.

        Raises:
            DataError: If a place does not exist; nothing is changed then.
            StorageError: If the index cannot be written.
            ValueError: If ``encode`` returns no (B, K).
        """
        documents = {document.path: document for place in places for document in find_documents(place)}
        self._index.begin_places(places)
        read: list[_Read] = []
        for number, document in enumerate(documents.values()):
            self._tell(Step(number - len(read), len(documents), document.name, self._step.passages))
            if (changed := self._changed(document)) is not None:
                read.append(changed)
            if sum(len(file.first) for file in read) >= BATCH:
                self._write(read)
                read = []
        self._write(read)
        gone = [e.path for e in self._index.entries() if e.path not in documents and inside(e.path, places)]
        self._done.removed += self._index.forget(gone)
        self._index.end_places(places)
        self._tell(Step(len(documents), len(documents), "", self._step.passages))
        return self._done

    def _tell(self, step: Step) -> None:
        self._step = step
        self._progress(step)

    def _changed(self, document: Document) -> _Read | None:
        """The first passages of a file; None where it has not changed, or is skipped."""
        try:
            return self._read(document)
        except SkippedFileError as error:
            self._done.removed += self._index.forget([document.path])
            self._done.skipped.append((document.path, str(error)))
        except DataError as error:
            self._done.skipped.append((document.path, str(error)))
        return None

    def _read(self, document: Document) -> _Read | None:
        status, path = _stat(document.path), as_bytes(str(document.path))
        known = next(iter(self._index.rows(f"SELECT * FROM file WHERE path = {TEXT}", [path])), None)
        current = known is not None and (self._encode is None or known["lineage"] == self._lineage)
        if known and current and (known["size"], known["mtime"]) == (status.st_size, status.st_mtime_ns):
            self._done.unchanged += 1
            return None
        sha256 = digest(document.path)
        if known and current and known["sha256"] == sha256:
            with self._index.writing():
                self._index.rows("UPDATE file SET mtime = ? WHERE id = ?", [status.st_mtime_ns, known["id"]])
            self._done.unchanged += 1
            return None
        passages = read_passages(document.path, self._done.problems)
        first = list(itertools.islice(passages, BATCH))
        if not first:
            raise SkippedFileError("it holds no text")
        return _Read(document, status, sha256, known is not None, first, passages)

    def _write(self, files: Sequence[_Read]) -> None:
        """Encode the passages of all files at once, then write each file in a transaction of its own."""
        blobs = iter(_encoded([passage for file in files for passage in file.first], self._encode))
        for file in files:
            vectors = list(itertools.islice(blobs, len(file.first)))
            try:
                self._write_file(file, vectors)
            except DataError as error:  # it breaks off further on
                self._done.skipped.append((file.document.path, str(error)))
                continue
            self._done.added += not file.known
            self._done.updated += file.known

    def _write_file(self, file: _Read, vectors: list[bytes | None]) -> None:
        with self._index.writing_content():
            number = self._insert_file(file)
            batch = file.first
            while batch:
                self._insert_passages(number, batch, vectors)
                self._tell(self._step._replace(passages=self._step.passages + len(batch)))
                batch = list(itertools.islice(file.rest, BATCH))
                vectors = _encoded(batch, self._encode)

    def _insert_file(self, file: _Read) -> int:
        path = as_bytes(str(file.document.path))
        # A new id, so that passages in the order of their files stay in the order of their ids.
        self._index.rows(f"DELETE FROM file WHERE path = {TEXT}", [path])
        [row] = self._index.rows(
            f"INSERT INTO file(path, name, size, mtime, sha256, lineage, added)"
            f" VALUES ({TEXT}, {TEXT}, ?, ?, ?, {TEXT}, ?) RETURNING id",
            [
                path,
                as_bytes(file.document.name),
                file.status.st_size,
                file.status.st_mtime_ns,
                file.sha256,
                as_bytes(self._lineage),
                time.time(),
            ],
        )
        return int(row["id"])

    def _insert_passages(self, file: int, batch: Sequence[DocumentPassage], vectors: Sequence[bytes | None]) -> None:
        self._index.many(
            f"INSERT INTO passage(file, line, heading, text, vector) VALUES (?, ?, {TEXT}, {TEXT}, ?)",
            [
                (file, p.line, as_bytes(p.heading), as_bytes(p.text), vector)
                for p, vector in zip(batch, vectors, strict=True)
            ],
        )


@dataclasses.dataclass(frozen=True)
class _Read:
    """A file that is new or has changed, with as many of its passages as are encoded at a time."""

    document: Document
    status: os.stat_result
    sha256: str
    known: bool
    first: list[DocumentPassage]
    rest: Iterator[DocumentPassage]


def inside(path: Path, places: Sequence[Path]) -> bool:
    """Whether a path is one of the places, or stands below one."""
    return any(path == place or place in path.parents for place in places)


def digest(path: Path) -> str:
    """SHA-256 of a file; "" of a folder.

    Raises:
        DataError: If it cannot be read.
    """
    if path.is_dir():
        return ""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None


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


def _stat(path: Path) -> os.stat_result:
    try:
        found = path.stat()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):  # reading a pipe would wait for ever
        raise SkippedFileError(f"{path} is no file: a pipe, socket or device")
    return found
