"""Keys: bindings of a widget as the user has bound them, and Alt+Enter where the terminal hides it.

Terminals without the Kitty keyboard protocol send ESC CR for it, which Textual 8 takes for a plain Enter; its table of
sequences has no public way in, so an entry is added where the table is found, and nothing else changes where it is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

from textual.binding import Binding
from textual.widget import Widget

from chatkit import paths

_NAMES = {"shift+\r": "shift+enter", "alt+\r": "alt+enter"}  # from terminals that report modified keys


def teach_alt_enter() -> None:
    """Make ESC CR the key ``alt+enter``."""
    with suppress(ImportError):
        from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

        table: Any = ANSI_SEQUENCES_KEYS
        table.setdefault("\x1b\r", (SimpleNamespace(value="alt+enter"),))


def own_keys() -> dict[str, str]:
    """The keys that the user's key file binds.

    Raises:
        ConfigError: If something in it cannot be.
    """
    path = paths.keys_file()
    if not path.exists():
        return {}
    from chatkit.tui import keyfile  # it knows all screens, which the first frame does without

    return keyfile.read(path)


def own_bindings(widget: Widget, key: str) -> Sequence[Binding]:
    """Bindings of the widget itself for a key, as the user's key file has them.

    Textual looks for bindings only after a key has bubbled up to the app; letters typed meanwhile would overtake it, so
    that a fast "a, Enter, b" sends "ab". A widget that runs these in its ``_on_key`` keeps the order.
    """
    bindings = widget._bindings
    if keymap := widget.app._keymap:
        bindings = bindings.copy()
        bindings.apply_keymap(keymap)
    return bindings.key_to_bindings.get(_NAMES.get(key, key), ())
