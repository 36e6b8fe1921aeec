"""What may stand in the way of a chat: each check says what it found, and what to mend.

The user's data stay as they are: history and index are opened read-only, and not made where there are none.
"""

from __future__ import annotations

import contextlib
import dataclasses
import locale
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from chatkit import paths, sealed
from chatkit.errors import ChatkitError

State = Literal["ok", "note", "bad"]
_ROOM = 200 * 2**20  # bytes that a long history and an index may want
_BAD_HEADS = ("broken", "stale", "duplicate", "incompatible")


@dataclasses.dataclass(frozen=True)
class Finding:
    """What one check found.

    Args:
        about: What was looked at.
        state: "ok"; "note" where something is worth knowing; "bad" where something does not work.
        what: What was found, one line.
        way_out: What to do about it; "" where nothing is wrong.
    """

    about: str
    state: State
    what: str
    way_out: str = ""


def examine(model: str | None = None) -> Iterator[Finding]:
    """All findings, the cheap ones first.

    Args:
        model: Folder of the assistant; None for the shipped one.
    """
    checks: list[tuple[str, Callable[[], Iterator[Finding]]]] = [
        ("terminal", _terminal),
        ("folder", _folder),
        ("history", lambda: _database("history", paths.history_file(), "sessions")),
        ("index", lambda: _database("index", paths.index_file(), "documents")),
        ("heads", _heads),
        ("torch", _torch),
        ("model", lambda: _model(model)),
    ]
    for about, check in checks:
        try:
            yield from check()
        except ChatkitError as error:
            yield Finding(about, "bad", error.message, error.hint)
        except Exception as error:  # a doctor that dies of what it finds is no use
            yield Finding(about, "bad", f"{type(error).__name__}: {error}")


def _terminal() -> Iterator[Finding]:
    if not sys.stdout.isatty():
        yield Finding("terminal", "note", "standard output is no terminal: chatkit would speak line by line")
        return
    size, kind = shutil.get_terminal_size(), os.environ.get("TERM", "")
    if kind in ("", "dumb"):
        yield Finding("terminal", "note", f"TERM={kind or 'unset'}: chatkit speaks line by line", "set TERM")
    elif size.columns < 40 or size.lines < 12:
        yield Finding("terminal", "note", f"{size.columns} x {size.lines} is small", "40 x 12 or more shows all")
    else:
        yield Finding("terminal", "ok", f"{kind}, {size.columns} x {size.lines}")
    encoding = (sys.stdout.encoding or locale.getpreferredencoding(False)).lower().replace("-", "")
    if encoding != "utf8":
        yield Finding("terminal", "note", f"its encoding is {sys.stdout.encoding}, not UTF-8", "export LANG=C.UTF-8")


def _folder() -> Iterator[Finding]:
    home = paths.home()
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if not there.is_dir():
        yield Finding("folder", "bad", f"{there} is a file", "move it away, or set CHATKIT_HOME to a folder")
        return
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        way_out = "check its permissions, or set CHATKIT_HOME to another folder"
        yield Finding("folder", "bad", f"{home} cannot be written: {error.strerror}; chats are not saved", way_out)
        return
    free = shutil.disk_usage(there).free
    if free < _ROOM:
        yield Finding("folder", "note", f"{home}: {free >> 20} MB are free", "make room on the disk")
    else:
        yield Finding("folder", "ok", f"{home}, {free / 2**30:.1f} GB free")


def _database(about: str, file: Path, holds: str) -> Iterator[Finding]:
    if not file.exists():
        yield Finding(about, "ok", f"none yet: {file}")
        return
    size, verdict = f"{file.stat().st_size / 2**20:.1f} MB of {holds}", "ok"
    hidden = sealed.is_encrypted(file)
    if hidden:
        sealed.cipher(file)
    try:
        if not hidden or sealed.is_unlocked(file):
            with contextlib.closing(sealed.connect(file, read_only=True)) as db:
                (verdict,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    except sealed.errors() as error:
        yield Finding(about, "bad", f"{file}: {error}", "move the file away to start afresh; nothing reads it as it is")
        return
    if verdict != "ok":
        yield Finding(about, "bad", f"{file}: {verdict}", "export what can be read, then move the file away")
        return
    unseen = ", encrypted" + ("" if sealed.is_unlocked(file) else ": not looked into") if hidden else ""
    yield Finding(about, "ok", f"{file}, {size}{unseen}")
    if os.name == "posix" and file.stat().st_mode & 0o077:
        yield Finding(about, "note", f"{file} can be read by others on this machine", f"chmod 600 {file}")


def _heads() -> Iterator[Finding]:
    from chatkit.registry import Registry

    registry = Registry()
    entries = registry.entries()
    for entry in entries:
        if entry.state in _BAD_HEADS:
            yield Finding(f"head {entry.name}", "bad", f"{entry.state}: {entry.why}", entry.way_out)
        elif entry.state == "unconfirmed":
            yield Finding(f"head {entry.name}", "note", f"{entry.state}: {entry.why}", entry.way_out)
    usable = [entry.name for entry in entries if entry.usable]
    yield Finding("heads", "ok" if usable else "bad", ", ".join(usable) or "none can be used", registry.problem)


def _torch() -> Iterator[Finding]:
    import torch

    from chatkit.nn.step import best_precision

    device = "CUDA" if torch.cuda.is_available() else f"{os.cpu_count()} cores"
    precision = best_precision()
    what = f"{torch.__version__}, {device}, replies are computed in {precision}"
    if precision == "int8":
        yield Finding("torch", "ok", what)
    else:
        yield Finding("torch", "note", f"{what}: this processor or build has no int8 kernel that is right; slower")


def _model(model: str | None) -> Iterator[Finding]:
    from chatkit.runtime.loading import load

    loaded = load(model)
    assistant = loaded.assistant
    yield Finding("model", "ok", f"{assistant.name}, {assistant.lineage[:8]}, heads: {', '.join(assistant.heads)}")
    for state in loaded.heads:
        if state.state in _BAD_HEADS:
            yield Finding(f"head {state.name}", "bad", f"{state.state}: {state.why}")
