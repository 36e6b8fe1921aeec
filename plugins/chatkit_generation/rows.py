"""Rows of numbers of any length, one after the other: an index that takes little memory, and nothing to be parsed.

N = rows, L = numbers of all rows, K = rows that are asked for, T = numbers of these
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key", bound=Hashable)
Ints = NDArray[np.integer[Any]]


class Rows(NamedTuple):
    """Rows of numbers.

    Args:
        starts: (N + 1,) int32, where each row begins, and where the last one ends.
        values: (L,) int32, the numbers.
    """

    starts: NDArray[np.int32]
    values: NDArray[np.int32]

    @property
    def sizes(self) -> NDArray[np.int32]:
        """(N,), how many numbers each row has."""
        return np.diff(self.starts)

    def sizes_of(self, rows: Ints) -> NDArray[np.int32]:
        """(K,), how many numbers some rows have."""
        return self.starts[rows + 1] - self.starts[rows]

    def of(self, rows: Ints) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The numbers (T,) of some rows (K,), and to which of the K each belongs (T,)."""
        first = self.starts[rows].astype(np.int64)
        sizes = self.starts[rows + 1] - first
        which = np.repeat(np.arange(len(rows)), sizes)
        ends = np.cumsum(sizes)
        return which, self.values[np.arange(len(which)) + np.repeat(first - ends + sizes, sizes)]

    def inverse(self, count: int) -> Rows:
        """For each number below a count the rows in which it stands, once for each time, in order."""
        rows = np.repeat(np.arange(len(self.starts) - 1, dtype=np.int32), self.sizes)
        return Rows(_starts(np.bincount(self.values, minlength=count)), rows[np.argsort(self.values, kind="stable")])


class Stored(NamedTuple):
    """Rows as they are stored, where numbers are given out in the order in which they first stand.

    What is new is then 0 each time, and what is known its number and 1: of such rows a packer makes little.

    Args:
        sizes: (N,), how many numbers each row has.
        stream: (L,).
    """

    sizes: Ints
    stream: Ints


def numbered(rows: Iterable[Sequence[Key]]) -> tuple[Stored, list[Key]]:
    """Rows of things as they are stored, and the things by their numbers."""
    numbers: dict[Key, int] = {}
    sizes, stream = list[int](), list[int]()
    for row in rows:
        sizes.append(len(row))
        for key in row:
            new = len(numbers)
            number = numbers.setdefault(key, new)
            stream.append(0 if number == new else number + 1)
    return Stored(np.array(sizes, np.int64), np.array(stream, np.int64)), list(numbers)


def read(stored: Stored) -> tuple[Rows, int]:
    """Rows that were stored, and how many numbers were given out.

    Raises:
        ValueError: If a row is empty, they have more or fewer numbers than there are, or one before it is given out.
    """
    sizes, stream = stored
    if (sizes < 1).any() or int(sizes.sum(dtype=np.int64)) != len(stream):
        raise ValueError("its rows and its numbers disagree")
    new = stream == 0
    seen = np.cumsum(new, dtype=np.uint32)
    values = stream.astype(np.uint32)
    np.copyto(values, seen, where=new)
    if (values > seen).any():
        raise ValueError("it has numbers of nothing")
    values -= 1
    return Rows(_starts(sizes), values.view(np.int32)), int(seen[-1]) if len(seen) else 0


def _starts(sizes: Ints) -> NDArray[np.int32]:
    out = np.zeros(len(sizes) + 1, np.int32)
    np.cumsum(sizes, out=out[1:])
    return out
