"""Errors that a user can cause, and what to do about each.

    ChatkitError
    ├── ConfigError      a config file or a --set: file, key, nearest known key
    ├── DataError        a data file: file, line, what is wrong with the row
    ├── ModelError       a model folder: missing, half-written, of a newer format
    ├── HeadError        a head that cannot be found, loaded or called
    ├── StorageError     history, index or checkpoint that cannot be read or written
    └── EngineError      the engine process died or does not answer

Programmer mistakes raise ``ValueError`` or ``TypeError`` instead.
"""

from __future__ import annotations


class ChatkitError(Exception):
    """Something the user can mend: one line that names the place, and the way out.

    Args:
        message: What is wrong, naming the file, line or key.
        hint: What to do about it, one short sentence.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(ChatkitError):
    """A config file or ``--set`` that cannot be used."""


class DataError(ChatkitError):
    """A data file or row that cannot be used."""


class ModelError(ChatkitError):
    """A model folder that cannot be loaded."""


class HeadError(ChatkitError):
    """A head that cannot be found, loaded or called.

    Args:
        message: What is wrong.
        head: Name of the head at fault.
        place: ``file:line`` of the culprit, if known.
        hint: The way out.
    """

    def __init__(self, message: str, *, head: str = "", place: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.head = head
        self.place = place

    def __str__(self) -> str:
        place = f" at {self.place}" if self.place else ""
        return f"{super().__str__()}{place}"


class StorageError(ChatkitError):
    """History, index or checkpoint that cannot be read or written."""


class EngineError(ChatkitError):
    """The engine process died or does not answer."""
