"""Asks for the passphrase of an encrypted history: on the terminal, never in an argument."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from chatkit import sealed
from chatkit.errors import StorageError


def use() -> None:
    """From now on the passphrase is asked for, once, when a file is opened that needs it."""
    sealed.take_environment()
    sealed.ask = lambda path: _asked(f"Passphrase of {path}: ", path)


def new_passphrase(path: Path, *, changed: bool) -> str:
    """A new passphrase: typed twice, or from the environment where no old one stands there.

    Args:
        path: What it is for.
        changed: Whether the file has one already; then the environment holds that one.
    Raises:
        StorageError: If it is too short, the two differ, or there is no terminal to ask on.
    """
    found = "" if changed else sealed.from_environment()
    if not found:
        found = sealed.normal(_asked("New passphrase: ", path))
        if sealed.normal(_asked("Again: ", path)) != found:
            raise StorageError("the two passphrases differ", hint="nothing was changed")
    if len(found) < sealed.LEAST:
        raise StorageError(f"a passphrase of less than {sealed.LEAST} characters is soon guessed", hint="take words")
    return found


def _asked(prompt: str, path: Path) -> str:
    if not _somebody_there():
        raise StorageError(
            f"{path} is encrypted, and there is no terminal to ask for a passphrase",
            hint=f"set {sealed.FILE_VARIABLE} to a file that holds it",
        )
    import getpass

    try:
        return getpass.getpass(prompt, stream=None)
    except EOFError:
        raise StorageError("no passphrase was given") from None


def _somebody_there() -> bool:
    """Whether there is a terminal, also where standard input is a pipe."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
        return True
    except OSError:
        return sys.stdin.isatty()
