"""The user's key file: ``keys.toml`` in chatkit's folder says which keys do what; see ``docs/keys.md``.

    [chat]
    sessions = "f5"
    new = ["ctrl+n", "f6"]

The file counts as a whole or not at all: with half of it the other half might be out of reach.
"""

from __future__ import annotations

import difflib
import itertools
import string
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from textual.keys import KEY_NAME_REPLACEMENTS, Keys, key_to_character

from chatkit.config import read_toml
from chatkit.errors import ConfigError
from chatkit.tui.bindings import CHAT, EVERYWHERE, GROUPS, Group

MODIFIERS = frozenset({"ctrl", "alt", "shift", "super", "meta", "hyper"})
SAME_TO_A_TERMINAL = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+left_square_bracket": "escape", "ctrl+[": "escape"}
_CHARACTERS = frozenset({"space", *KEY_NAME_REPLACEMENTS.values()})  # names of what is typed, beside Unicode's own
_NAMED = frozenset(key.value for key in Keys) | _CHARACTERS


def read(path: Path) -> dict[str, str]:
    """The keys that a file binds: id of each binding -> its keys, with commas between; {} where there is no file.

    Raises:
        ConfigError: If the file cannot be read, or something in it cannot be: file, key and the way out in one line.
    """
    if not path.exists():
        return {}
    known = {binding.id: group for group in GROUPS for binding in group.bindings if binding.id}
    found: dict[str, str] = {}
    for name, value in _flat(read_toml(path)):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}?" if near else "docs/keys.md lists them"
            raise ConfigError(f"{path}: unknown key {name}", hint=hint)
        keys = [value] if isinstance(value, str) else value
        if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
            raise ConfigError(f'{path}: {name} must be a key such as "f5", or a list of keys, got {value!r}')
        keys = [_spelled(key) for part in keys for key in (part.split(",") if part != "," else [part])]
        for key in keys:
            if problem := _problem(key, types=known[name].types):
                raise ConfigError(f"{path}: {name}: {problem}")
        found[name] = ",".join(keys)
    _check_clashes(path, found)
    return found


def _flat(table: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in table.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            yield from _flat(value, f"{name}.")
        else:
            yield name, value


def _spelled(key: str) -> str:
    """A key as Textual spells it: "," and "+" by name, for they stand between keys."""
    key = key.strip()
    if key == ",":
        return "comma"
    return f"{key[:-1]}plus" if key == "+" or key.endswith("++") else key


def _problem(key: str, *, types: bool) -> str:
    """What is wrong with a key; "" if nothing is."""
    *modifiers, base = key.split("+")
    if not base or not set(modifiers) <= MODIFIERS or not _is_key(base):
        near = difflib.get_close_matches(key, _NAMED, n=1, cutoff=0.7)
        return f"there is no key {key!r}" + (f"; did you mean {near[0]}?" if near else "")
    if key in SAME_TO_A_TERMINAL:
        return f"a terminal cannot tell {key} from {SAME_TO_A_TERMINAL[key]}"
    if types and not set(modifiers) - {"shift"} and _is_typed(base):
        return f"{key} could no longer be typed; take a key with ctrl or alt, or a function key"
    return ""


def _is_typed(base: str) -> bool:
    return base in _CHARACTERS or (key_to_character(base) or "\0").isprintable()


def _is_key(base: str) -> bool:
    character = key_to_character(base)
    if character is not None:
        return len(base) > 1 or base in string.punctuation or base.isalnum()
    return base in _NAMED


def _check_clashes(path: Path, found: Mapping[str, str]) -> None:
    """Two things that can be done at one time must not be on one key."""
    for group in GROUPS:
        beside = {group.title, *(CHAT if group.on_chat else EVERYWHERE)}
        taken: dict[str, str] = {}
        for name, key in itertools.chain.from_iterable(_bound(g, found) for g in GROUPS if g.title in beside):
            other = taken.setdefault(key, name)
            if other != name and (name in found or other in found):
                raise ConfigError(f"{path}: {other} and {name} are both on {key}", hint="give one of them another key")


def _bound(group: Group, found: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for binding in group.bindings:
        name = binding.id or f"{group.title}: {binding.description or binding.action}"
        for key in found[name].split(",") if name in found else [binding.key]:
            yield name, key
