"""Rows on disk are the rows that were written, or an error; nothing half-written is ever taken for whole."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.data import ragged
from chatkit.data.ragged import Ragged
from chatkit.data.stored import StoredPieces, StoredRecords, lengths_of
from chatkit.errors import ModelError, StorageError


@settings(max_examples=25)
@given(st.lists(st.binary(max_size=9), max_size=12), st.integers(1, 5))
def test_rows_survive(tmp_path_factory: pytest.TempPathFactory, rows: list[bytes], flush: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ragged, "_FLUSH", flush)
        written = Ragged.write(tmp_path_factory.mktemp("rows") / "here", iter(rows), {"key": "x"})
    again = Ragged(written.folder)
    assert [again[i] for i in range(len(again))] == rows
    assert again.about == {"key": "x", "count": len(rows)}


def test_records_and_pieces_are_sequences_in_an_order(tmp_path: Path) -> None:
    records = [{"text": f"n {i} \u2028 \ud800", "turns": [{"a": 1.5}]} for i in range(5)]
    stored = StoredRecords.write(tmp_path / "records", iter(records), {"key": "k"})
    assert list(stored) == records
    assert stored[-1] == records[-1]
    assert list(stored.ordered(np.array([3, 3, 0]))[1:]) == [records[3], records[0]]
    with pytest.raises(IndexError):
        stored[5]
    rows = [[1, 2, 3], [], [70_000]]
    pieces = StoredPieces.write(tmp_path / "pieces", iter(rows), {}).ordered(np.array([2, 1, 0]))
    assert [row.tolist() for row in pieces] == rows[::-1]
    assert lengths_of(pieces).tolist() == lengths_of(rows)[::-1].tolist() == [1, 0, 3]


def test_what_was_cut_off_is_not_there(tmp_path: Path) -> None:
    def rows() -> Iterator[bytes]:
        yield b"one"
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Ragged.write(tmp_path / "rows", rows(), {})
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ModelError):
        Ragged(tmp_path / "rows")


def test_of_two_writers_the_first_stays(tmp_path: Path) -> None:
    def rows() -> Iterator[bytes]:
        Ragged.write(tmp_path / "rows", [b"a", b"b"], {})  # another process, meanwhile
        yield from (b"a", b"b")

    assert len(Ragged.write(tmp_path / "rows", rows(), {})) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]


@pytest.mark.parametrize("name", ["rows", "offsets"])
def test_damage_is_said(tmp_path: Path, name: str) -> None:
    folder = Ragged.write(tmp_path / "rows", [b"aaaa", b"bb"], {}).folder
    os.truncate(folder / name, 3)
    with pytest.raises(StorageError, match=r"rows: (cut short|cannot be read).*delete it"):
        Ragged(folder)
