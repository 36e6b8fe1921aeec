"""The engine as a child process: JSON lines in, JSON lines out, and a sure end.

Knows nothing of turns: ``client`` does. The child leads a process group of its own, so that a Ctrl-C in the
terminal does not reach it, and so that what its heads may have spawned ends with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from chatkit import paths
from chatkit.errors import EngineError
from chatkit.runtime.black_box import BlackBox, ask_where

LINE_LIMIT = 10_000_000  # bytes; a longer line is dropped
LOG_LIMIT = 1_000_000
_LAST_WORD_SECONDS = 0.2
END_SECONDS = 0.4  # grace of each step towards the end: asked, told, killed
COMMAND = (sys.executable, "-P", "-m", "chatkit.runtime.engine")  # -P: a json.py in the folder is not ours


class EngineProcess:
    """One run of the engine.

    Args:
        command: Program and arguments.
        log: File that receives what the engine and its heads write to stderr; None drops it.
    """

    def __init__(self, command: Sequence[str], log: Path | None) -> None:
        self._command = tuple(command)
        self._log = log
        self._process: asyncio.subprocess.Process | None = None
        self._box = BlackBox()
        self.place = ""  # file:line of the head's code that ran when it ended
        self.garbage = 0  # lines that were no event

    async def start(self) -> None:
        """Spawn it.

        Raises:
            EngineError: If the program cannot be started.
        """
        errors = _open_log(self._log)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
                env={**os.environ, "PYTHONFAULTHANDLER": "1", **self._box.open()},
            )
        except OSError as error:
            raise EngineError(f"the engine cannot be started: {error}", hint="install chatkit again") from error
        finally:
            os.close(errors)

    @property
    def running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int | None:
        """Its process id, None before the start."""
        return self._process.pid if self._process else None

    def send(self, command: dict[str, Any]) -> None:
        """Hand it a command; silently nothing when it is dead, for its end is reported by ``events``.

        Never waits: an engine that does not read must not hold up the screen.
        """
        if self._process is None or self._process.stdin is None or self._process.stdin.is_closing():
            return
        with contextlib.suppress(OSError, RuntimeError):
            self._process.stdin.write(json.dumps(command).encode("ascii") + b"\n")

    async def events(self) -> AsyncIterator[dict[str, Any]]:
        """Its events until it closes its output. A line that is no event is logged, never an error."""
        assert self._process is not None
        assert self._process.stdout is not None
        buffer, dropping = bytearray(), False
        while chunk := await self._process.stdout.read(1 << 16):
            *lines, rest = chunk.split(b"\n")
            for line in lines:
                whole, buffer = bytes(buffer) + line, bytearray()
                if not dropping and (event := self._parse(whole)) is not None:
                    yield event
                dropping = False
            buffer += rest
            if len(buffer) > LINE_LIMIT:
                self._note(f"a line of more than {LINE_LIMIT} bytes was dropped")
                buffer, dropping = bytearray(), True

    def _parse(self, line: bytes) -> dict[str, Any] | None:
        if not line.strip():
            return None
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            event = None
        if isinstance(event, dict) and isinstance(event.get("event"), str):
            return event
        self._note(f"not an event: {line[:200]!r}")
        return None

    def _note(self, text: str) -> None:
        self.garbage += 1
        if self._log:
            with contextlib.suppress(OSError), self._log.open("a", encoding="utf-8") as log:
                log.write(f"chatkit: {text}\n")

    async def wait(self) -> str:
        """Wait for its end; how it ended, as in "crashed the engine (signal 11)"."""
        assert self._process is not None
        code = await self._process.wait()
        self._kill_group()  # a child of a head would hold the pipe open
        self._look()
        if code < 0:
            return f"crashed the engine (signal {-code})"
        return f"ended the engine (exit {code})"

    async def kill(self, *, hung: bool = False) -> None:
        """End it at once; one that hangs is asked first where."""
        if self._process is not None:
            if hung and self.running and ask_where(self._process.pid):
                await asyncio.sleep(_LAST_WORD_SECONDS)
            self._kill_group()
            await self._process.wait()
            self._look()

    def _look(self) -> None:
        self.place = self.place or self._box.place()
        self._box.close()

    async def close(self) -> None:
        """Ask it to quit, close its input, and kill it if it stays."""
        if self._process is None:
            return
        self.send({"do": "quit"})
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(asyncio.TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
        await self.kill()

    def _kill_group(self) -> None:
        assert self._process is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self._process.pid, signal.SIGKILL)
            elif self._process.returncode is None:
                self._process.kill()


def default_log() -> Path:
    """Where the engine's stderr goes."""
    return paths.home() / "logs" / "engine.log"


def _open_log(path: Path | None) -> int:
    """A file descriptor for stderr; the null device where the log cannot be written."""
    if path is not None:
        with contextlib.suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            full = path.exists() and path.stat().st_size > LOG_LIMIT
            return os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | (os.O_TRUNC if full else 0), 0o600)
    return os.open(os.devnull, os.O_WRONLY)
