"""Where a head's code stood when the engine ended or had to be killed: a file that the engine's last breath goes into.

A crash in native code, ``os._exit`` and a hang leave no Python error; ``faulthandler`` writes the stack all the same.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import signal
import tempfile
from pathlib import Path
from typing import Any

VARIABLE = "CHATKIT_BLACK_BOX"
_FRAME = re.compile(r'^  File "(.*)", line (\d+) in ', re.MULTILINE)
_CHATKIT = str(Path(__file__).parents[1]) + os.sep


class BlackBox:
    """The app's side of it: one file for one run of the engine."""

    def __init__(self) -> None:
        self._path: Path | None = None

    def open(self) -> dict[str, str]:
        """Make the file; the variables that tell the engine of it, none where there can be no file."""
        self.close()
        try:
            descriptor, name = tempfile.mkstemp(prefix="chatkit-engine-")
        except OSError:
            return {}
        os.close(descriptor)
        self._path = Path(name)
        return {VARIABLE: name}

    def place(self) -> str:
        """``file:line`` of the head's code that ran at the end, "" if none did."""
        text = ""
        if self._path is not None:
            with contextlib.suppress(OSError):
                text = self._path.read_text(encoding="utf-8", errors="replace")
        return next(filter(None, map(_culprit, re.split(r"^(?=\S)", text, flags=re.MULTILINE))), "")

    def close(self) -> None:
        """Remove the file."""
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()
            self._path = None


def ask_where(pid: int) -> bool:
    """Ask a process that hangs to write down where; whether it could be asked."""
    if not hasattr(signal, "SIGUSR1"):
        return False
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGUSR1)
        return True
    return False


def record() -> None:
    """The engine's side: from now on the stack is written at a crash, at ``os._exit`` and when asked for."""
    path = os.environ.pop(VARIABLE, "")
    if not path:
        return
    try:
        out = open(path, "w", encoding="utf-8")  # noqa: SIM115  # as long as the process
    except OSError:
        return
    faulthandler.enable(out)
    if hasattr(faulthandler, "register"):
        faulthandler.register(signal.SIGUSR1, out)
    end = os._exit

    def told_exit(status: int) -> Any:
        faulthandler.dump_traceback(out, all_threads=False)
        end(status)

    os._exit = told_exit


def _culprit(stack: str) -> str:
    """The innermost line of the file that chatkit called; a stack is written from the innermost frame outwards."""
    frames = [(match[1], match[2]) for match in _FRAME.finditer(stack)]
    frames = frames[1:] if frames and frames[0][0] == __file__ else frames  # told_exit
    own = next((i for i, (file, _) in enumerate(frames) if file.startswith(_CHATKIT)), 0)
    outer = frames[own - 1][0] if own else ""
    return next((f"{Path(file).name}:{line}" for file, line in frames if outer and file == outer), "")
