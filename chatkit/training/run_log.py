"""The logs of a run: a line a step, one for each reading of conflict; cut back to the checkpoint when it goes on.

DIR/run/log.csv          step, seconds, rate, gradient norm, loss of each head
DIR/run/objectives.csv   weights, conflict and predicted change (chatkit.training.objectives_log)
"""

from __future__ import annotations

import contextlib
import csv
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from chatkit.checkpoint import storage_errors, write_aside
from chatkit.training.objectives_log import FILE as OBJECTIVES
from chatkit.training.objectives_log import ObjectivesLog
from chatkit.training.progress import Progress
from chatkit.training.trainer import StepResult, Trainer
from chatkit.training.watch import Watch

LOG = "log.csv"
COLUMNS = ("step", "seconds", "rate", "gradient_norm")


class RunLog:
    """Writes and cuts the logs.

    Args:
        folder: ``DIR/run``.
        names: The heads.
        progress: Shown each step too.
        watch: Told of each step too.
        active: Whether this process writes; the others of a job do not.
    """

    def __init__(
        self, folder: Path, names: Sequence[str], progress: Progress, watch: Watch, *, active: bool = True
    ) -> None:
        self._folder, self._names, self._active = folder, list(names), active
        self._progress, self._watch = progress, watch

    @contextlib.contextmanager
    def writing(self, trainer: Trainer) -> Iterator[Callable[[StepResult, float], None]]:
        """Takes each step's result and the seconds that it took.

        Raises:
            StorageError: If it cannot be written.
        """
        if not self._active:
            yield lambda result, took: None
            return
        path, objectives = self._folder / LOG, ObjectivesLog(self._folder, self._names)
        self._watch.begin(trainer)
        header = not path.exists()
        with path.open("a", newline="", encoding="utf-8", buffering=1) as file:  # kill -9 loses no whole line
            writer = csv.writer(file)
            if header:
                writer.writerow([*COLUMNS, *self._names])

            def write(result: StepResult, took: float) -> None:
                losses = result.losses
                self._progress.update(trainer.step, trainer.progress, losses, result.tokens, took, trainer.seconds)
                row = [f"{losses[name]:.5f}" if name in losses else "" for name in self._names]
                figures = [f"{trainer.seconds:.2f}", f"{result.rate:.3g}", f"{result.gradient_norm:.4f}"]
                with storage_errors(path):
                    writer.writerow([trainer.step, *figures, *row])
                self._watch.stepped(trainer, result, took)
                if result.reading is not None:
                    objectives.write(trainer.step, result.weights, result.reading)

            yield write

    def cut(self, step: int) -> None:
        """Drop what was written after a step: by a run that ended before its next checkpoint."""
        if not self._active:
            return
        for path in (self._folder / LOG, self._folder / OBJECTIVES):
            if not path.exists():
                continue
            header, *rows = path.read_text(encoding="utf-8").splitlines() or [""]
            whole = [row for row in rows if row.count(",") == header.count(",") and row.split(",")[0].isdigit()]
            kept = [row for row in whole if int(row.split(",")[0]) <= step]
            write_aside(path, ("\n".join([header, *kept]) + "\n").encode("utf-8"))
