"""Rows of bytes of any length in two files: written once, in bounded memory, then read through a memory map.

FOLDER/rows      all rows behind one another
FOLDER/offsets   int64, where each starts, and the end of the last
FOLDER/about.json  what the rows were made from

N = rows
"""

from __future__ import annotations

import contextlib
import json
import mmap
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatkit.checkpoint import read_json, storage_errors, write_json
from chatkit.errors import StorageError

_FLUSH = 1 << 16  # offsets that are held before they are written


class Ragged:
    """Rows in a folder that ``write`` filled.

    Args:
        folder: The folder.
    Raises:
        StorageError: If it holds no such rows.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.about: dict[str, Any] = read_json(folder / "about.json")
        try:
            with (folder / "rows").open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                self._rows = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if size else b""
            self.offsets: NDArray[np.int64] = np.memmap(folder / "offsets", dtype=np.int64, mode="r")
        except (OSError, ValueError) as error:
            raise StorageError(f"{folder}: cannot be read: {error}", hint="delete it: it is made again") from None
        if len(self.offsets) != self.about.get("count", -2) + 1 or int(self.offsets[-1]) != size:
            raise StorageError(f"{folder}: cut short", hint="delete it: it is made again")

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def __getitem__(self, index: int) -> bytes:
        return self._rows[int(self.offsets[index]) : int(self.offsets[index + 1])]

    @classmethod
    def write(cls, folder: Path, rows: Iterable[bytes], about: Mapping[str, Any]) -> Ragged:
        """Write rows aside, then rename the folder into place; one of another process that was faster is taken.

        Args:
            folder: The folder; made.
            rows: Taken one by one.
            about: What is to be known of them, plain data; taken when all rows are written.
        Raises:
            StorageError: If it cannot be written.
        """
        with storage_errors(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            aside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))
            try:
                count = _write(aside, rows)
                write_json(aside / "about.json", {**about, "count": count})
                with contextlib.suppress(OSError):  # another process made it meanwhile, of the same rows
                    os.rename(aside, folder)
            finally:
                shutil.rmtree(aside, ignore_errors=True)
        return cls(folder)


def _write(folder: Path, rows: Iterable[bytes]) -> int:
    count = end = 0
    waiting = [0]
    with (folder / "rows").open("wb") as data, (folder / "offsets").open("wb") as offsets:
        for row in rows:
            data.write(row)
            end += len(row)
            count += 1
            waiting.append(end)
            if len(waiting) >= _FLUSH:
                offsets.write(np.array(waiting, dtype=np.int64).tobytes())
                waiting.clear()
        offsets.write(np.array(waiting, dtype=np.int64).tobytes())
        for file in (data, offsets):
            file.flush()
            os.fsync(file.fileno())
    return count


def as_json(record: Mapping[str, Any]) -> bytes:
    """A record as a row.

    Raises:
        TypeError: If it is no plain data.
    """
    return json.dumps(record, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
