"""TOML tables into frozen dataclasses: every mistake names its file, key and the nearest known key.

Knows no section by name: each room keeps its own config dataclass beside what it configures.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import sys
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from chatkit.errors import ConfigError

T = TypeVar("T")
MOST_BYTES = 16 * 2**20


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises:
        ConfigError: If it is missing, a folder, unreadable, too large or no valid TOML.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{path}: larger than {MOST_BYTES >> 20} MiB", hint="this is no config")
        return tomllib.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file", hint="give the path of a TOML config") from None
    except IsADirectoryError:
        raise ConfigError(f"{path}: is a folder", hint="give the path of a TOML config") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: nested too deeply") from None


def apply_overrides(table: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """Set ``key.path=value`` pairs (``--set``) in a copy of the table; values are TOML, bare words are strings.

    Raises:
        ConfigError: If a pair has no ``=`` or crosses a key that is no table.
    """
    out = _copy(table)
    for pair in overrides:
        dotted, equals, raw = pair.partition("=")
        if not equals or not dotted.strip():
            raise ConfigError(f"--set {pair}: not of the form KEY=VALUE")
        try:
            value = tomllib.loads(f"value = {raw}")["value"]
        except tomllib.TOMLDecodeError:
            value = raw
        *parents, last = dotted.strip().split(".")
        node = out
        for key in parents:
            node = node.setdefault(key, {})
            if not isinstance(node, dict):
                raise ConfigError(f"--set {pair}: {key} is no table")
        node[last] = value
    return out


def from_table(cls: type[T], table: Mapping[str, Any], *, where: str, prefix: str = "") -> T:
    """Build a config dataclass from a table.

    Args:
        cls: Frozen dataclass; nested dataclasses, ``X | None``, ``tuple[X, ...]``, ``dict[str, X]`` and scalars are
            understood. Its ``__post_init__`` may raise ValueError for values out of range.
        table: The table.
        where: File (or option) to name in errors.
        prefix: Dotted path of the table in that file.
    Raises:
        ConfigError: For an unknown key, a missing one, or a value of the wrong type or range.
    """
    if not isinstance(table, Mapping):
        raise ConfigError(f"{where}: {prefix or 'top level'} must be a table, got {table!r}")
    hints = typing.get_type_hints(cls)
    known = {field.name: field for field in dataclasses.fields(cls) if field.init}  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            raise ConfigError(f"{where}: unknown key {_dotted(prefix, key)}", hint=_nearest(key, known))
    values: dict[str, Any] = {}
    for name, field in known.items():
        if name in table:
            values[name] = _convert(hints[name], table[name], where, _dotted(prefix, name))
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            raise ConfigError(f"{where}: key {_dotted(prefix, name)} is missing")
    try:
        return cls(**values)
    except ValueError as error:
        raise ConfigError(f"{where}: [{prefix or 'top level'}] {error}") from None


def to_table(config: Any) -> dict[str, Any]:
    """A config dataclass as plain data, without keys that are None (TOML has no null)."""
    return {k: _plain(v) for k, v in dataclasses.asdict(config).items() if v is not None}


def dump_toml(table: Mapping[str, Any]) -> str:
    """Write plain nested data as TOML (strings, numbers, booleans, lists, tables)."""
    lines: list[str] = []
    _dump(table, "", lines)
    return "\n".join(lines).strip() + "\n"


def _dump(table: Mapping[str, Any], path: str, lines: list[str]) -> None:
    for key, value in table.items():
        if not isinstance(value, Mapping):
            lines.append(f"{_key(key)} = {_value(value)}")
    for key, value in table.items():
        if isinstance(value, Mapping):
            inner = f"{path}.{_key(key)}" if path else _key(key)
            lines.extend(["", f"[{inner}]"])
            _dump(value, inner, lines)


def _key(key: str) -> str:
    bare = key and all(c.isascii() and (c.isalnum() or c in "_-") for c in key)
    return key if bare else _quote(key)


def _quote(text: str) -> str:
    escaped = "".join(
        f"\\{c}" if c in '"\\' else f"\\u{ord(c):04x}" if ord(c) < 32 or ord(c) == 127 else c for c in text
    )
    return f'"{escaped}"'


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_value(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_key(k)} = {_value(v)}" for k, v in value.items()) + "}"
    raise TypeError(f"no TOML for {type(value).__name__}")


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value


def _copy(table: Mapping[str, Any]) -> dict[str, Any]:
    return {k: _copy(v) if isinstance(v, Mapping) else v for k, v in table.items()}


def _dotted(prefix: str, key: str) -> str:
    return f"{prefix}.{key}" if prefix else key


def _nearest(key: str, known: Mapping[str, Any]) -> str:
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.5)
    return f"did you mean {close[0]}?" if close else f"known keys: {', '.join(sorted(known))}"


def _convert(hint: Any, value: Any, where: str, key: str) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if hint is Any:
        return value
    if origin in (typing.Union, types.UnionType):
        if value is None and type(None) in args:
            return None
        errors = []
        for option in args:
            if option is not type(None):
                try:
                    return _convert(option, value, where, key)
                except ConfigError as error:
                    errors.append(error)
        raise errors[0]
    if dataclasses.is_dataclass(hint):
        return from_table(typing.cast("type[Any]", hint), value, where=where, prefix=key)
    if origin is typing.Literal:
        if value not in args:
            raise ConfigError(f"{where}: {key} must be one of {', '.join(map(str, args))}, got {value!r}")
        return value
    if origin in (tuple, list):
        if not isinstance(value, list | tuple):
            raise ConfigError(f"{where}: {key} must be a list, got {value!r}")
        return origin(_convert(args[0], item, where, f"{key}[{i}]") for i, item in enumerate(value))
    if origin is dict:
        if not isinstance(value, Mapping):
            raise ConfigError(f"{where}: {key} must be a table, got {value!r}")
        return {str(k): _convert(args[1], item, where, _dotted(key, str(k))) for k, item in value.items()}
    return _scalar(hint, value, where, key)


def _scalar(hint: Any, value: Any, where: str, key: str) -> Any:
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        if abs(value) > sys.float_info.max or math.isnan(value):
            raise ConfigError(f"{where}: {key} must be a finite number, got {value!r}")
        return float(value)
    if isinstance(value, hint) and not (hint is int and isinstance(value, bool)):
        return value
    raise ConfigError(f"{where}: {key} must be a {hint.__name__}, got {value!r}")
