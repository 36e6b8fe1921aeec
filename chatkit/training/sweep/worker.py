"""A process that trains one run after the other: JSON lines in and out, plain data only.

In: {"recipe", "folder", "examples", "keep"}.
Out: {"share", "losses"} on the way; then {"done": figures}, {"failed": line} or {"stopped": true}.
It ends at once when its input ends: then the sweep has died, and another may take over the run.
"""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TextIO

from chatkit.config import from_table
from chatkit.errors import ChatkitError
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.sweep.trial import run_trial

_EVERY = 0.5  # seconds between reports


class _Reporter(Progress):
    """Sends how far the run is; what is noted goes to the log."""

    def __init__(self, out: TextIO) -> None:
        super().__init__(sys.stderr, quiet=True)
        self._channel, self._sent = out, 0.0

    def update(
        self, step: int, share: float, losses: Mapping[str, float], tokens: int, seconds: float, elapsed: float
    ) -> None:
        super().update(step, share, losses, tokens, seconds, elapsed)
        now = time.monotonic()
        if now - self._sent >= _EVERY:
            self._sent = now
            _send(self._channel, {"share": share, "losses": dict(self.losses)})


def main() -> None:
    """Serve until the input ends."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a head prints must not be taken for a message
    jobs: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(jobs,), daemon=True).start()
    while True:
        _send(channel, _serve(json.loads(jobs.get()), channel))


def _read(jobs: queue.SimpleQueue[str]) -> None:
    for line in sys.stdin:
        jobs.put(line)
    os._exit(0)  # files are written aside: nothing is left half-written


def _serve(job: dict[str, Any], channel: TextIO) -> dict[str, Any]:
    try:
        recipe = from_table(Recipe, job["recipe"], where=job["folder"])
        reporter = _Reporter(channel)
        done = run_trial(recipe, Path(job["folder"]), reporter, examples=job["examples"], keep=job["keep"])
        return {"stopped": True} if done is None else {"done": done}
    except ChatkitError as error:
        return {"failed": str(error)}
    except Exception as error:
        traceback.print_exc()
        return {"failed": f"{type(error).__name__}: {error}"}


def _send(channel: TextIO, message: dict[str, Any]) -> None:
    channel.write(json.dumps(message) + "\n")
    channel.flush()
