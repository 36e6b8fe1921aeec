"""What the user's index knows of a document, for who shows it; never makes an index where there is none."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from chatkit import paths
from chatkit.errors import StorageError
from chatkit.head.answer import Hit
from chatkit.runtime.index import DocumentIndex

_T = TypeVar("_T")


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
