"""How the table of matters is stored: their names and replies as they are, their cues in numbers, ready to be searched.

M = matters, R = replies, K = sections
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chatkit_generation.cues import Cue
from chatkit_generation.finding import Compiled, Finder, compiled
from chatkit_generation.rows import Stored

_MARK = b"matters\x02"
_OLD = b"{"  # it was JSON once
_KINDS: Final = {size: np.dtype(f"<u{size}") for size in (1, 2, 4)}
_WORDS, _TEXTS, _NESTED, _COUNTS = range(4)  # sections; behind them sizes and numbers of cues, parts, phrases and sets
_SECTIONS = 12
_END = b"\0"  # behind a text
FILL: Final = "fill it anew with: python docs/recipes/default/matters.py MODEL"


class Given(NamedTuple):
    """A matter as it is given.

    Args:
        name: Its name.
        cues: Its cues.
        unless: Cues that rule it out.
        lines: Replies under each key.
    """

    name: str
    cues: Sequence[Cue]
    unless: Sequence[Cue]
    lines: Sequence[Sequence[str]]


@dataclasses.dataclass(frozen=True)
class Opened:
    """What a table holds.

    Args:
        finder: Finds its cues.
        of: (C,) the matter of each cue.
        rules_out: (C,) whether it rules its matter out.
        texts: Names of all matters and then replies of all, each with a 0 behind it.
        ends: (M + R,) where the 0 behind each stands.
        counts: (M, keys) how many replies a matter has under each key; ``first``: (M,) which is its first one.
    """

    finder: Finder
    of: NDArray[np.int32]
    rules_out: NDArray[np.bool_]
    texts: NDArray[np.uint8]
    ends: NDArray[np.int32]
    counts: NDArray[np.int32]
    first: NDArray[np.int32]

    def name(self, matter: int) -> str:
        """Name of a matter."""
        return self._text(matter)

    def lines(self, matter: int) -> list[list[str]]:
        """Its replies under each key."""
        out, place = list[list[str]](), len(self.first) + int(self.first[matter])
        for count in self.counts[matter].tolist():
            out.append([self._text(each) for each in range(place, place + count)])
            place += count
        return out

    def of_line(self, reply: str) -> int | None:
        """The last matter that has a reply; None where none has it."""
        wanted, matters = reply.encode("utf-8", "replace"), len(self.first)
        sizes = np.diff(self.ends[matters - 1 :]) - 1 if matters else self.ends
        for place in np.flatnonzero(sizes == len(wanted))[::-1].tolist():
            if self._bytes(matters + place) == wanted:
                return int(np.searchsorted(self.first, place, "right")) - 1
        return None

    def _text(self, place: int) -> str:
        return self._bytes(place).decode()

    def _bytes(self, place: int) -> bytes:
        return self.texts[int(self.ends[place - 1]) + 1 if place else 0 : int(self.ends[place])].tobytes()


def stored(matters: Sequence[Given]) -> bytes:
    """Matters as they are stored.

    Raises:
        ValueError: If a text holds a 0, or a word of a cue is too long.
    """
    cues = compiled([cue for each in matters for cue in (*each.cues, *each.unless)])
    texts = [each.name for each in matters] + [line for each in matters for key in each.lines for line in key]
    if wrong := next((text for text in texts if "\0" in text), None):
        raise ValueError(f"a text must hold no character 0, got {wrong!r}")
    counts = [[len(each.cues), len(each.unless), *map(len, each.lines)] for each in matters]
    rows = (part for row in (cues.cues, cues.parts, cues.phrases, cues.sets) for part in row)
    sections = (_bytes_of(cues.words), _bytes_of(text.encode() for text in texts), cues.nested, np.array(counts), *rows)
    small = [np.ravel(section).astype(_kind(section)) for section in sections]
    body = np.array([(each.itemsize, len(each)) for each in small], "<u4").tobytes()
    body += b"".join(each.tobytes() for each in small)
    return _MARK + zlib.crc32(body).to_bytes(4, "little") + body


def open_table(table: NDArray[np.uint8], keys: int) -> Opened:
    """What was stored; nothing where all is 0.

    Args:
        table: Bytes, and 0 behind them.
        keys: Under how many keys a matter has replies.
    Raises:
        ValueError: If it is damaged, of another layout, or none of matters.
    """
    if not table.any():
        table = np.frombuffer(stored([]), np.uint8)
    if table[:1].tobytes() == _OLD:
        raise ValueError(f"the table of matters is of an old layout; {FILL}")
    try:
        return _opened(table, keys)
    except (ValueError, MemoryError) as error:
        raise ValueError(f"the table of matters is damaged, or none: {error}; {FILL}") from error


def _opened(table: NDArray[np.uint8], keys: int) -> Opened:
    words, texts, nested, counts, *rows = _sections(table)
    all_rows = [Stored(*rows[at : at + 2]) for at in range(0, len(rows), 2)]
    of_cues, of_parts, of_phrases, of_sets = all_rows
    ends = np.flatnonzero(texts == 0).astype(np.int32)
    _check_texts(texts, ends)
    finder = Finder(Compiled(words.tobytes().split(_END)[:-1], of_sets, of_phrases, of_parts, of_cues, nested != 0))
    if len(counts) % (2 + keys):
        raise ValueError("its matters have other keys")
    counts = counts.reshape(-1, 2 + keys).astype(np.int64)
    lines = counts[:, 2:].sum(1)
    if counts[:, :2].sum() != len(finder) or len(counts) + lines.sum() != len(ends):
        raise ValueError("its matters and their cues or replies disagree")
    owners = np.repeat(np.arange(counts[:, :2].size), counts[:, :2].ravel())  # each matter has cues of two kinds
    first = np.cumsum(lines) - lines
    return Opened(
        finder, (owners // 2).astype(np.int32), owners % 2 == 1, texts, ends,
        counts[:, 2:].astype(np.int32), first.astype(np.int32),
    )  # fmt: skip


def _sections(table: NDArray[np.uint8]) -> list[NDArray[Any]]:
    """The sections of a table, checked."""
    start = len(_MARK) + 4
    if table[: len(_MARK)].tobytes() != _MARK:
        raise ValueError("it does not begin as one")
    place = start + 8 * _SECTIONS
    if len(table) < place:
        raise ValueError("it ends too early")
    header = np.frombuffer(table[start:place].tobytes(), "<u4").reshape(-1, 2).tolist()
    out = []
    for size, count in header:
        if size not in _KINDS or place + size * count > len(table):
            raise ValueError("it ends too early")
        out.append(table[place : place + size * count].view(_KINDS[size]))
        place += size * count
    if zlib.crc32(table[start:place].data) != int.from_bytes(table[len(_MARK) : start].tobytes(), "little"):
        raise ValueError("its checksum is another one")
    return out


def _check_texts(texts: NDArray[np.uint8], ends: NDArray[np.int32]) -> None:
    """Check that texts are UTF-8, some at a time: whole they would be the largest of all that is opened."""
    for first in range(0, len(ends), 1000):
        last = min(first + 1000, len(ends)) - 1
        texts[int(ends[first - 1]) + 1 if first else 0 : int(ends[last])].tobytes().decode()
    if len(texts) != (int(ends[-1]) + 1 if len(ends) else 0):
        raise ValueError("its last text does not end")


def _bytes_of(texts: Iterable[bytes]) -> NDArray[np.uint8]:
    return np.frombuffer(b"".join(text + _END for text in texts), np.uint8)


def _kind(section: NDArray[Any]) -> np.dtype[Any]:
    """The smallest kind of number that a section fits."""
    most = int(section.max(initial=0))
    return next(kind for kind in _KINDS.values() if most <= np.iinfo(kind).max)
