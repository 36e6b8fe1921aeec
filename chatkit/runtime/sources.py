"""What the user's index holds and what has become of it since, for who shows it; never makes an index."""

from __future__ import annotations

import contextlib
import dataclasses
import stat
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, TypeVar

from chatkit import paths
from chatkit.errors import DataError, StorageError
from chatkit.head.answer import Hit
from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.index_tables import Entry
from chatkit.runtime.indexing import digest, inside

COMPARED_BYTES = 64 * 2**20  # a larger file with another time of change counts as changed

_T = TypeVar("_T")


State = Literal["as read", "changed", "gone"]


@dataclasses.dataclass(frozen=True)
class Source:
    """A place that the user has named, a file or a folder, as it stands in the index and on the disk.

    Args:
        path: The place.
        files: The files that were read there, each with its state.
        read: When it was last read to its end, seconds since 1970; None where that was broken off.
        there: Whether there still is such a place.
    """

    path: Path
    files: Sequence[tuple[Entry, State]]
    read: float | None
    there: bool

    @property
    def passages(self) -> int:
        """Passages of all its files."""
        return sum(entry.passages for entry, _ in self.files)

    @property
    def changes(self) -> str:
        """What is different now, such as "2 changed, 1 gone"; "" where nothing is."""
        if not self.there:
            return "gone"
        count = Counter(state for _, state in self.files)
        told = [f"{count[state]} {state}" for state in ("changed", "gone") if count[state]]
        return ", ".join([*told, *(["not read to its end"] if self.read is None else [])])


def sources(index: DocumentIndex) -> list[Source]:
    """The places of an index, by name; looks at each of its files."""
    entries = [(entry, state_of(entry)) for entry in index.entries()]
    return [
        Source(place, [found for found in entries if inside(found[0].path, [place])], read, place.exists())
        for place, read in index.places().items()
    ]


def listed(index: Path | None = None) -> list[Source]:
    """The places of the index at a path, None for the user's own; none where there is no index.

    Raises:
        StorageError: If the index cannot be read.
    """
    file = index or paths.index_file()
    if not file.is_file():
        return []
    with contextlib.closing(DocumentIndex(file)) as opened:
        return sources(opened)


def removed(place: Path, index: Path | None = None) -> int:
    """Take a place out of the index at a path, None for the user's own; how many files these were.

    Raises:
        DataError: If nothing of the place is indexed.
        StorageError: If the index cannot be written.
    """
    with contextlib.closing(DocumentIndex(index or paths.index_file())) as opened:
        return opened.remove(place)


def state_of(entry: Entry) -> State:
    """What has become of an indexed file; one that was only touched is as it was read."""
    try:
        found = entry.path.stat()
    except (OSError, ValueError):
        return "gone"
    if (found.st_size, found.st_mtime_ns) == (entry.size, entry.mtime):
        return "as read"
    if found.st_size != entry.size or found.st_size > COMPARED_BYTES or not stat.S_ISREG(found.st_mode):
        return "changed"
    with contextlib.suppress(DataError):
        return "as read" if digest(entry.path) == entry.sha256 else "changed"
    return "changed"


def known_state(path: str, index: Path | None = None) -> tuple[int, int] | None:
    """Size and time of change (ns) that a file had when it was indexed; None where that is not known.

    Args:
        path: The file.
        index: File of the index; None for the user's own.
    """
    return _asked(index, lambda opened: opened.state_of(Path(path)))


def placed(hit: Hit, index: Path | None = None) -> Hit:
    """A passage of an older chat with its file, where the index still holds it; else as it is."""
    return _asked(index, lambda opened: opened.placed(hit)) or hit


def _asked(index: Path | None, ask: Callable[[DocumentIndex], _T]) -> _T | None:
    """What the index answers; None where there is none that can be read."""
    file = index or paths.index_file()
    with contextlib.suppress(StorageError):
        if file.is_file():
            with contextlib.closing(DocumentIndex(file)) as opened:
                return ask(opened)
    return None
