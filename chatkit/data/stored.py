"""Training records and their pieces on disk, as the sequences that batches are made from: larger than memory.

What is held in memory is 8 bytes a row, for the order.

N = rows
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from chatkit.data.ragged import Ragged, as_json

Order = NDArray[np.int64]


class _Ordered:
    """Rows of a file, or some of them, in an order.

    Args:
        rows: Where they are.
        order: Which of them, in which order, (N,); all by default.
    """

    def __init__(self, rows: Ragged, order: Order | None = None) -> None:
        self._rows = rows
        self._order = np.arange(len(rows), dtype=np.int64) if order is None else order

    def __len__(self) -> int:
        return len(self._order)


class StoredRecords(_Ordered, Sequence[Mapping[str, Any]]):
    """Records, parsed when they are asked for."""

    @classmethod
    def write(cls, folder: Path, records: Iterable[Mapping[str, Any]], about: Mapping[str, Any]) -> StoredRecords:
        """Write records one by one; see ``Ragged.write``.

        Raises:
            TypeError: If one is no plain data.
        """
        return cls(Ragged.write(folder, map(as_json, records), about))

    @property
    def about(self) -> Mapping[str, Any]:
        """What they were made from."""
        return self._rows.about

    @property
    def key(self) -> str:
        """Names what they were made from, for a fingerprint."""
        return str(self._rows.about["key"])

    @property
    def order(self) -> Order:
        """Which rows they are, (N,)."""
        return self._order

    def all(self) -> StoredRecords:
        """Every row once."""
        return StoredRecords(self._rows)

    def ordered(self, order: Order) -> StoredRecords:
        """The same rows in another order."""
        return StoredRecords(self._rows, order)

    @overload
    def __getitem__(self, index: int) -> Mapping[str, Any]: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Mapping[str, Any]]: ...
    def __getitem__(self, index: int | slice) -> Mapping[str, Any] | Sequence[Mapping[str, Any]]:
        if isinstance(index, slice):
            return StoredRecords(self._rows, self._order[index])
        record: dict[str, Any] = json.loads(self._rows[int(self._order[index])].decode("utf-8", "surrogatepass"))
        return record

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return (self[index] for index in range(len(self)))


class StoredPieces(_Ordered, Sequence[Any]):
    """Ids of texts, read through a memory map."""

    @classmethod
    def write(cls, folder: Path, rows: Iterable[Sequence[int]], about: Mapping[str, Any]) -> StoredPieces:
        """Write ids row by row; see ``Ragged.write``."""
        return cls(Ragged.write(folder, (np.asarray(row, dtype=np.int32).tobytes() for row in rows), about))

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Number of ids of each row, (N,)."""
        return (np.diff(self._rows.offsets) // 4)[self._order]

    def ordered(self, order: Order) -> StoredPieces:
        """Rows of these, by their places here."""
        return StoredPieces(self._rows, self._order[order])

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return StoredPieces(self._rows, self._order[index])
        return np.frombuffer(self._rows[int(self._order[index])], dtype=np.int32)


def lengths_of(rows: Sequence[Sequence[int]] | StoredPieces) -> NDArray[np.int64]:
    """Number of ids of each row, (N,)."""
    return rows.lengths if isinstance(rows, StoredPieces) else np.array([len(row) for row in rows], dtype=np.int64)
