"""Indexing in a process of its own, as the chat sees it: started, followed, stopped. Imports no torch.

It runs ``chatkit index add``, so that the chat and the command line do the same. A file that was being read when it is
stopped or killed leaves nothing behind; the next run goes on with it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Literal

from chatkit.runtime.index_tables import Step

COMMAND = (sys.executable, "-P", "-m", "chatkit")
JobState = Literal["running", "finished", "stopped", "failed"]
_PATIENCE = 5.0  # seconds to stop in, before it is killed
_MOST_SKIPPED = 3  # that are named


class IndexJob:
    """One run.

    Args:
        places: Files and folders.
        model: Folder of the assistant whose vectors are made; None for the shipped one.
        index: File of the index; None for the user's own.
        listener: Called, on the event loop, whenever something has changed.
        command: Program and arguments that stand for ``chatkit``; None for itself.
    """

    def __init__(
        self,
        places: Sequence[Path],
        *,
        model: str | None = None,
        index: str | None = None,
        listener: Callable[[IndexJob], None] = lambda job: None,
        command: Sequence[str] | None = None,
    ) -> None:
        self.places = list(places)
        self.state: JobState = "running"
        self.step = Step(0, 0, "", 0)
        self.trouble = ""  # why it failed, in one line
        self.result: dict[str, Any] = {}  # what ``index add --json`` printed
        self._listener = listener
        self._process: asyncio.subprocess.Process | None = None
        self._said = ""
        self._stopping = False
        options = [*(["--model", model] if model else []), *(["--index", index] if index else [])]
        self._command = [
            *(command or COMMAND),
            "index",
            "add",
            "--progress",
            "--json",
            *options,
            "--",
            *map(str, places),
        ]

    async def run(self) -> None:
        """Run to the end; what goes wrong is ``trouble``."""
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            self._end("failed", f"indexing cannot be started: {error.strerror or error}")
            return
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        if self._stopping:  # while it was being started
            self._interrupt()
        try:
            out, _ = await asyncio.gather(self._process.stdout.read(), self._follow(self._process.stderr))
            code = await self._process.wait()
        except asyncio.CancelledError:
            self._kill()
            raise
        with contextlib.suppress(ValueError):
            self.result = json.loads(out) if code == 0 else {}
        if code == 0:
            self._end("finished")
        elif self._stopping:
            self._end("stopped")
        else:
            self._end("failed", self._said or f"indexing ended with {code}")

    def stop(self) -> None:
        """Ask it to end; what was read stays."""
        self._stopping = True
        self._interrupt()

    @property
    def share(self) -> float:
        """Share of the files that are done, 0 to 1."""
        return self.step.done / self.step.total if self.step.total else 0.0

    @property
    def outcome(self) -> str:
        """How it ended, in words."""
        names = ", ".join(place.name or str(place) for place in self.places)
        if self.state == "failed":
            return f"{names} was not indexed: {self.trouble}"
        if self.state == "stopped":
            return f"Indexing {names} was stopped after {self.step.passages:,} new passages; they stay. /index goes on."
        told = [f"{self.result.get(key, 0):,} {key}" for key in ("added", "updated", "unchanged", "removed")]
        skipped = self.result.get("skipped") or []
        few = "; ".join(str(found.get("why")) for found in skipped[:_MOST_SKIPPED])
        more = f" and {len(skipped) - _MOST_SKIPPED:,} more" if len(skipped) > _MOST_SKIPPED else ""
        left = f" Skipped: {few}{more}." if skipped else ""
        return f"Indexed {names}: files {', '.join(told)}; {self.step.passages:,} new passages.{left}"

    async def _follow(self, stream: asyncio.StreamReader) -> None:
        """Take in progress; the last line that is none is what went wrong."""
        async for line in _lines(stream):
            try:
                self.step = Step(**json.loads(line))
            except (ValueError, TypeError):
                self._said = line.strip().removeprefix("chatkit: ") or self._said
                continue
            self._listener(self)

    def _end(self, state: JobState, trouble: str = "") -> None:
        self.state, self.trouble = state, trouble
        self._listener(self)

    def _interrupt(self) -> None:
        process = self._process
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
            asyncio.get_running_loop().call_later(_PATIENCE, self._kill)

    def _kill(self) -> None:
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()


async def _lines(stream: asyncio.StreamReader) -> AsyncIterator[str]:
    """Lines of a stream; one that is too long for its buffer is passed over."""
    while True:
        try:
            line = await stream.readline()
        except ValueError:
            continue
        if not line:
            return
        yield line.decode("utf-8", "replace")
