"""Runs in processes of their own, some at a time: one that crashes takes no other along."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

Outcome = Mapping[str, Any]
_CODE = "from chatkit.training.sweep.worker import main; main()"


class Pool:
    """A few worker processes, each one run at a time.

    Args:
        jobs: So many at once.
        log: File that takes what the workers print.
    """

    def __init__(self, jobs: int, log: Path) -> None:
        self._jobs, self._log = jobs, log
        self._lock = threading.Lock()
        self._workers: set[subprocess.Popen[str]] = set()
        self._stopping = False

    def run(
        self,
        jobs: Iterable[tuple[str, Mapping[str, Any]]],
        finished: Callable[[str, Outcome], None],
        progress: Callable[[str, Outcome], None],
    ) -> bool:
        """Run all; blocks.

        Args:
            jobs: Name and message of each.
            finished: Told the last message of a run; a process that died gives ``{"failed": line}``.
            progress: Told the messages on the way.
        Returns:
            False if it was stopped.
        """
        waiting: queue.SimpleQueue[tuple[str, Mapping[str, Any]]] = queue.SimpleQueue()
        events: queue.SimpleQueue[tuple[str, Outcome] | None] = queue.SimpleQueue()
        for job in jobs:
            waiting.put(job)
        threads = [threading.Thread(target=self._work, args=(waiting, events), daemon=True) for _ in range(self._jobs)]
        for thread in threads:
            thread.start()
        left = len(threads)
        while left:
            try:
                event = events.get()
                if event is None:
                    left -= 1
                elif "share" in event[1]:
                    progress(*event)
                else:
                    finished(*event)
            except KeyboardInterrupt:
                self.stop()
        return not self._stopping

    def stop(self) -> None:
        """Ask every worker to save and end; a second time, end them at once."""
        again, self._stopping = self._stopping, True
        with self._lock:
            for worker in self._workers:
                worker.kill() if again else worker.terminate()  # there is no SIGKILL on Windows

    def _work(
        self,
        waiting: queue.SimpleQueue[tuple[str, Mapping[str, Any]]],
        events: queue.SimpleQueue[tuple[str, Outcome] | None],
    ) -> None:
        worker: subprocess.Popen[str] | None = None
        try:
            while not self._stopping:
                try:
                    name, message = waiting.get_nowait()
                except queue.Empty:
                    break
                worker = worker or self._start()
                if not self._follow(worker, name, message, events):
                    self._end(worker)
                    worker = None
        except Exception as error:  # the sweep must hear of it, not wait for ever
            events.put(("", {"failed": f"the sweep itself: {error!r}"}))
        finally:
            if worker is not None:
                self._end(worker)
            events.put(None)

    def _follow(
        self,
        worker: subprocess.Popen[str],
        name: str,
        message: Mapping[str, Any],
        events: queue.SimpleQueue[tuple[str, Outcome] | None],
    ) -> bool:
        """One run to its end; False if the worker is gone."""
        assert worker.stdin is not None
        assert worker.stdout is not None
        with contextlib.suppress(OSError):
            worker.stdin.write(json.dumps(message) + "\n")
            worker.stdin.flush()
        for line in worker.stdout:
            event = json.loads(line)
            events.put((name, event))
            if "share" not in event:
                return True
        code = worker.wait()
        why = f"was killed by signal {-code} (out of memory?)" if code < 0 else f"ended with code {code}"
        events.put((name, {"stopped": True} if self._stopping else {"failed": f"its process {why}; see {self._log}"}))
        return False

    def _start(self) -> subprocess.Popen[str]:
        with self._log.open("ab") as log, self._lock:
            worker = subprocess.Popen(
                [sys.executable, "-P", "-c", _CODE],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
                env={**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
                start_new_session=True,  # Ctrl-C reaches it once, through ``stop``
            )
            self._workers.add(worker)
        return worker

    def _end(self, worker: subprocess.Popen[str]) -> None:
        with self._lock:
            self._workers.discard(worker)
        for pipe in (worker.stdin, worker.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        worker.wait()
