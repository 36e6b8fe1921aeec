"""Alt+Enter on terminals without the Kitty keyboard protocol.

They send ESC CR, which Textual 8 takes for a plain Enter; its table of sequences has no public way in, so an
entry is added where the table is found, and nothing else changes where it is not.
"""

from __future__ import annotations

from contextlib import suppress
from types import SimpleNamespace
from typing import Any


def teach_alt_enter() -> None:
    """Make ESC CR the key ``alt+enter``."""
    with suppress(ImportError):
        from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

        table: Any = ANSI_SEQUENCES_KEYS
        table.setdefault("\x1b\r", (SimpleNamespace(value="alt+enter"),))
