"""What is remembered of heads between runs: confirmed files, disabled names, the last load of each."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chatkit.checkpoint import write_json
from chatkit.errors import StorageError

_MOST_LOADS = 500


class Memory:
    """A JSON file, read again before each change and replaced as a whole: several chatkits may run at once.

    Args:
        path: The file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.problem = ""
        self._data = self._read()

    def refresh(self) -> None:
        """Read the file again."""
        self._data = self._read()

    def confirmed(self, key: str) -> bool:
        """Whether the user has agreed to load the file of this sha256."""
        return key in self._data["confirmed"]

    def disabled(self, name: str) -> bool:
        """Whether the user has switched this head off."""
        return name in self._data["disabled"]

    def last_load(self, key: str) -> Mapping[str, Any]:
        """What the last load of this sha256 found; empty if it was never loaded."""
        found = self._data["loads"].get(key, {})
        return found if isinstance(found, dict) else {}

    def confirm(self, key: str, file: Path) -> None:
        """Remember the user's agreement.

        Raises:
            StorageError: If it cannot be written.
        """
        self.refresh()
        self._data["confirmed"][key] = str(file)
        self._write()

    def set_disabled(self, name: str, disabled: bool) -> None:
        """Switch a head off or on.

        Raises:
            StorageError: If it cannot be written.
        """
        self.refresh()
        names = set(self._data["disabled"])
        if (name in names) != disabled:
            self._data["disabled"] = sorted(names ^ {name})
            self._write()

    def note_load(self, key: str, **found: Any) -> None:
        """Remember what a load found; only a convenience, so a full or read-only disk is no error."""
        self.refresh()
        loads = self._data["loads"]
        new = {**({} if "why" in found else self.last_load(key)), **found}
        if "why" not in found:
            for gone in ("why", "state", "place", "way_out"):
                new.pop(gone, None)
        if key and loads.get(key) != new:
            loads.pop(key, None)
            loads[key] = new
            while len(loads) > _MOST_LOADS:
                loads.pop(next(iter(loads)))
            with contextlib.suppress(StorageError):
                self._write()

    def _read(self) -> dict[str, Any]:
        empty: dict[str, Any] = {"confirmed": {}, "disabled": [], "loads": {}}
        try:
            data = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return empty
        except (OSError, ValueError, RecursionError) as error:
            self.problem = f"{self._path}: cannot be read, so no drop-in file counts as confirmed: {error}"
            return empty
        if not isinstance(data, dict) or any(not isinstance(data.get(k, v), type(v)) for k, v in empty.items()):
            self.problem = f"{self._path}: malformed, so no drop-in file counts as confirmed"
            return empty
        self.problem = ""
        return {**empty, **data}

    def _write(self) -> None:
        write_json(self._path, self._data)
