"""The line on stderr that says how far training is: redrawn on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TextIO

_SMOOTHING = 0.95


class Progress:
    """Shows smoothed loss per head, tokens/s and time left.

    Args:
        out: Where to; stderr by default.
        quiet: Say nothing but notes.
    """

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out = out or sys.stderr
        self._live = self._out.isatty()
        self._quiet = quiet
        self._losses: dict[str, float] = {}
        self._rate = 0.0
        self._last = 0.0
        self._width = 0

    @property
    def losses(self) -> Mapping[str, float]:
        """Smoothed loss of each head, nats per target."""
        return self._losses

    @property
    def tokens_per_second(self) -> float:
        """Smoothed rate of real tokens."""
        return self._rate

    def update(
        self, step: int, share: float, losses: Mapping[str, float], tokens: int, seconds: float, elapsed: float
    ) -> None:
        """Take in one step and redraw when it is time.

        Args:
            step: Steps done.
            share: Share of the run that is done.
            losses: Losses of this step.
            tokens: Real tokens of this step.
            seconds: Duration of this step.
            elapsed: Duration of the run.
        """
        for name, loss in losses.items():
            self._losses[name] = _SMOOTHING * self._losses.get(name, loss) + (1 - _SMOOTHING) * loss
        rate = tokens / max(seconds, 1e-9)
        self._rate = _SMOOTHING * (self._rate or rate) + (1 - _SMOOTHING) * rate
        now = time.monotonic()
        if self._quiet or now - self._last < (0.2 if self._live else 10.0):
            return
        self._last = now
        left = elapsed * (1 - share) / max(share, 1e-9)
        shown = "  ".join(f"{name} {loss:.3f}" for name, loss in self._losses.items())
        self._draw(f"{share:4.0%}  step {step}  {shown}  {self._rate:,.0f} tokens/s  {_clock(left)} left")

    def note(self, text: str) -> None:
        """A line that stays."""
        self._clear()
        print(text, file=self._out, flush=True)

    def close(self) -> None:
        """Leave the terminal clean."""
        self._clear()

    def _draw(self, line: str) -> None:
        if not self._live:
            print(line, file=self._out, flush=True)
            return
        self._clear()
        self._width = len(line)
        print(line, end="", file=self._out, flush=True)

    def _clear(self) -> None:
        if self._live and self._width:
            print("\r" + " " * self._width + "\r", end="", file=self._out, flush=True)
            self._width = 0


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
