"""The line on stderr that says how far a sweep is."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import Any, TextIO


class Board:
    """Counts runs: a line for each that ends, and on a terminal one more that is redrawn.

    Args:
        out: Where to; stderr by default.
        quiet: Say nothing.
    """

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out, self._quiet = out or sys.stderr, quiet
        self._live = self._out.isatty() and not quiet
        self._total = self._count = self._skipped = self._failed = self._width = 0
        self._running: dict[str, float] = {}
        self._began, self._drawn = time.monotonic(), 0.0

    def expect(self, total: int) -> None:
        """So many runs there are in all."""
        self._total = total

    def skip(self, count: int) -> None:
        """So many were done before."""
        self._count, self._skipped = self._count + count, self._skipped + count
        if count:
            self.note(f"{count} runs were done before")

    def update(self, name: str, message: Mapping[str, Any]) -> None:
        """A run is so far."""
        self._running[name] = float(message["share"])
        self._redraw()

    def done(self, name: str, losses: Mapping[str, float]) -> None:
        """A run is done."""
        self._ended(name)
        shown = "  ".join(f"{head} {loss:.3f}" for head, loss in losses.items())
        self.note(f"{self._count}/{self._total}  {name}  dev loss: {shown}{self._left()}")

    def failed(self, name: str, line: str) -> None:
        """A run has failed."""
        self._ended(name)
        self._failed += 1
        self.note(f"{self._count}/{self._total}  {name}  FAILED: {line}")

    def note(self, text: str) -> None:
        """A line that stays."""
        self.close()
        if not self._quiet:
            print(text, file=self._out, flush=True)

    def close(self) -> None:
        """Leave the terminal clean."""
        if self._width:
            print("\r" + " " * self._width + "\r", end="", file=self._out, flush=True)
            self._width = 0

    def _ended(self, name: str) -> None:
        self._running.pop(name, None)
        self._count += 1

    def _left(self) -> str:
        done = self._count - self._skipped + sum(self._running.values())
        if done <= 0 or self._count >= self._total:
            return ""
        seconds = (time.monotonic() - self._began) * (self._total - self._skipped - done) / done
        return f"  about {seconds / 60:.0f} min left" if seconds >= 60 else "  less than a minute left"

    def _redraw(self) -> None:
        now = time.monotonic()
        if not self._live or now - self._drawn < 0.2:
            return
        self._drawn = now
        self.close()
        running = ", ".join(f"{name} {share:.0%}" for name, share in sorted(self._running.items()))
        line = f"{self._count}/{self._total} runs, {self._failed} failed; {running}{self._left()}"[:118]
        self._width = len(line)
        print(line, end="", file=self._out, flush=True)
