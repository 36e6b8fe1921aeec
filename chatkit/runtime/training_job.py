"""A training run in a process of its own, as the chat sees it: started, read from its files, stopped, resumed.

It outlives the app that started it: ``FOLDER/job.json`` says which process it is, and the run's own logs say how it
goes. Imports no torch.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

from chatkit import paths, sealed
from chatkit.checkpoint import read_json, write_json
from chatkit.errors import DataError, StorageError
from chatkit.runtime import owner

COMMAND = (sys.executable, "-P", "-m", "chatkit")
JobState = Literal["running", "finished", "stopped", "failed"]
_STEP = ("step", "seconds", "rate", "gradient_norm")


class Rows:
    """A growing CSV file, read on from where the last look ended.

    Args:
        path: The file; it may not be there yet.
    """

    def __init__(self, path: Path) -> None:
        self._path, self._offset, self._header = path, 0, []  # type: Path, int, list[str]

    def more(self) -> list[dict[str, str]]:
        """The whole rows that were added since the last look; None of them twice."""
        try:
            with self._path.open("rb") as file:
                if os.fstat(file.fileno()).st_size < self._offset:  # a resumed run has cut it
                    self._offset = 0
                file.seek(self._offset)
                data = file.read()
        except OSError:
            return []
        whole = data[: data.rfind(b"\n") + 1]
        lines = list(csv.reader(whole.decode("utf-8", "replace").splitlines()))
        if self._offset == 0 and lines:
            self._header = lines.pop(0)
        self._offset += len(whole)
        return [dict(zip(self._header, line, strict=True)) for line in lines if len(line) == len(self._header)]


class TrainingJob:
    """One run.

    Args:
        folder: Of the run and of the assistant.
        config: The TOML file, or ``corpora:NAME.toml``.
    """

    def __init__(self, folder: Path, config: str) -> None:
        self.folder, self.config = folder, config
        self.losses: dict[str, list[tuple[int, float]]] = {}
        self.readings: list[dict[str, str]] = []  # rows of objectives.csv
        self.step, self.seconds = 0, 0.0
        self._began = (0, 0.0)
        self._log, self._objectives = Rows(folder / "run" / "log.csv"), Rows(folder / "run" / "objectives.csv")
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls, config: str, folder: Path | None = None) -> TrainingJob:
        """Start a run in a folder of its own below the user's.

        Raises:
            DataError: If there is no such config.
            StorageError: If the folder cannot be written.
        """
        file = paths.user_path(config)
        if not config.startswith("corpora:") and not os.path.isfile(file):
            raise DataError(f"{config}: no such file", hint="/train corpora:english.toml trains on what ships")
        given = config if config.startswith("corpora:") else str(file.resolve())
        job = cls(folder or _free_folder(config), given)
        job._run()
        return job

    @classmethod
    def latest(cls) -> TrainingJob | None:
        """The run that was started last, by this app or an earlier one."""
        found = sorted(paths.runs_folder().glob("*/job.json"), key=lambda path: path.stat().st_mtime)
        for file in reversed(found):
            with contextlib.suppress(Exception):  # a damaged note is no reason to show none
                return cls(file.parent, str(read_json(file)["config"]))
        return None

    @property
    def state(self) -> JobState:
        """Whether it runs, and how it ended."""
        if self._process is not None and self._process.poll() is None:
            return "running"
        note = self._note()
        if self._process is None and owner.is_alive(str(note.get("owner", "")), float(note.get("started", 0.0))):
            return "running"
        code = self._process.returncode if self._process is not None else None
        if code == 0 or (code is None and self.share >= 1 and (self.folder / "assistant.toml").is_file()):
            return "finished"
        return "stopped" if (self.folder / "run" / "checkpoint.safetensors").is_file() else "failed"

    @property
    def steps(self) -> int:
        """Steps of the whole run; 0 while that is not known."""
        with contextlib.suppress(Exception):
            return int(read_json(self.folder / "run" / "recipe.json")["train"]["steps"])
        return 0

    @property
    def share(self) -> float:
        """Share of the run that is done, 0 to 1."""
        return min(self.step / self.steps, 1.0) if self.steps else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Seconds until its end at its present speed; None while that is not known."""
        steps, seconds = self.step - self._began[0], self.seconds - self._began[1]
        return seconds / steps * (self.steps - self.step) if steps > 1 and self.steps else None

    @property
    def trouble(self) -> str:
        """The last line that it said."""
        with contextlib.suppress(OSError):
            lines = (self.folder / "train.log").read_text(encoding="utf-8", errors="replace").split("\n")
            return next((line.strip() for line in reversed(lines) if line.strip()), "")
        return ""

    @property
    def has_assistant(self) -> bool:
        """Whether there is an assistant to load."""
        return (self.folder / "assistant.toml").is_file()

    def look(self) -> None:
        """Read what the run has written since the last look."""
        for row in self._log.more():
            with contextlib.suppress(ValueError):
                self._take(row)
        self.readings += self._objectives.more()

    def stop(self) -> None:
        """Ask it to save and end; it can be resumed."""
        pid = self._process.pid if self._process is not None else int(self._note().get("pid", 0))
        if self.state == "running" and pid:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGINT)

    def resume(self) -> None:
        """Go on from its last checkpoint.

        Raises:
            RuntimeError: If it runs.
        """
        if self.state == "running":
            raise RuntimeError("it runs")
        self._run("--resume")

    def _run(self, *more: str) -> None:
        command = [*COMMAND, "train", self.config, "--out", str(self.folder), *more]
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with (self.folder / "train.log").open("ab") as log:
                self._process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                    env=sealed.environment(paths.history_file()) if self._wants_history() else None,
                )
        except OSError as error:
            raise StorageError(f"{self.folder}: cannot train there: {error.strerror or error}") from None
        self._began = (self.step, self.seconds)
        note = {"config": self.config, "pid": self._process.pid, "started": time.time()}
        write_json(self.folder / "job.json", {**note, "owner": owner.owner_of(self._process.pid)})

    def _wants_history(self) -> bool:
        """Whether the config names the chats, which may be encrypted; a config of chatkit's own does not."""
        with contextlib.suppress(OSError):
            return b"history:" in Path(self.config).read_bytes()
        return False

    def _note(self) -> dict[str, Any]:
        with contextlib.suppress(OSError, ValueError):
            found = json.loads((self.folder / "job.json").read_text(encoding="utf-8"))
            return found if isinstance(found, dict) else {}
        return {}

    def _take(self, row: dict[str, str]) -> None:
        step = int(row["step"])
        if step <= self.step:  # a run that was killed goes on from its checkpoint
            for points in self.losses.values():
                points[:] = [point for point in points if point[0] < step]
        self.step, self.seconds = step, float(row["seconds"])
        for name, value in row.items():
            if name not in _STEP and value:
                self.losses.setdefault(name, []).append((step, float(value)))


def _free_folder(config: str) -> Path:
    stem = re.sub(r"[^\w-]+", "-", Path(config.rpartition(":")[2]).stem) or "run"
    folder, number = paths.runs_folder() / stem, 1
    while folder.exists():
        number += 1
        folder = paths.runs_folder() / f"{stem}-{number}"
    return folder
