"""An adaptation in a process of its own, as the chat sees it: started, followed, stopped.

FOLDER/model         the adapted assistant; the one before stays where it is
FOLDER/adapt.json    figures before and after, as ``chatkit adapt --json`` prints them
FOLDER/adapt.log     what the process says
FOLDER/job.json      what it reads, the assistant before, and which process it is

Imports no torch.
"""

from __future__ import annotations

import contextlib
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
from chatkit.checkpoint import write_json
from chatkit.errors import DataError, StorageError
from chatkit.runtime import owner

COMMAND = (sys.executable, "-P", "-m", "chatkit")
PREFIX = "adapt-"
AdaptState = Literal["running", "finished", "failed"]


class AdaptJob:
    """One adaptation.

    Args:
        folder: Its folder, which holds ``job.json``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        note = _read(folder / "job.json")
        self.on, self.before = str(note.get("on", "")), str(note.get("before", ""))
        self._owner, self._started = str(note.get("owner", "")), float(note.get("started", 0.0))
        self._pid = int(note.get("pid", 0))
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def start(cls, on: str | int, before: str, *, minutes: float = 5.0, command: tuple[str, ...] = COMMAND) -> AdaptJob:
        """Start one in a new folder below the user's.

        Args:
            on: A file or folder of text, or the number of a session.
            before: Folder of the assistant that is adapted.
            minutes: Longest time of training.
            command: Program and arguments that stand for ``chatkit``.
        Raises:
            DataError: If there is no such file or folder.
            StorageError: If nothing can be written.
        """
        if isinstance(on, str):
            file = paths.user_path(on)
            if not os.path.exists(file):
                raise DataError(f"{on}: no such file or folder", hint="/adapt PATH, or /adapt session")
            name, given = file.name, ["--on", str(file.resolve())]
        else:
            name, given = f"session {on}", ["--session", str(on)]
        folder = _free_folder(name)
        arguments = [
            "adapt",
            *given,
            "--out",
            str(folder / "model"),
            "--minutes",
            str(minutes),
            "--json",
            "--model",
            before,
        ]
        try:
            folder.mkdir(parents=True)
            with (folder / "adapt.log").open("wb") as log, (folder / "adapt.json").open("wb") as out:
                process = subprocess.Popen(
                    [*command, *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=log,
                    start_new_session=True,
                    env=None if isinstance(on, str) else sealed.environment(paths.history_file()),
                )
        except OSError as error:
            raise StorageError(f"{folder}: cannot adapt there: {error.strerror or error}") from None
        note = {"on": name, "before": before, "pid": process.pid, "started": time.time()}
        write_json(folder / "job.json", {**note, "owner": owner.owner_of(process.pid)})
        job = cls(folder)
        job._process = process
        return job

    @classmethod
    def latest(cls) -> AdaptJob | None:
        """The one that was started last, by this app or an earlier one."""
        found = sorted(paths.runs_folder().glob(f"{PREFIX}*/job.json"), key=lambda path: path.stat().st_mtime)
        return cls(found[-1].parent) if found else None

    @property
    def state(self) -> AdaptState:
        """Whether it runs, and how it ended."""
        running = self._process.poll() is None if self._process else owner.is_alive(self._owner, self._started)
        if running:
            return "running"
        return "finished" if self.result and (self.model / "assistant.toml").is_file() else "failed"

    @property
    def model(self) -> Path:
        """Folder of the adapted assistant."""
        return self.folder / "model"

    @property
    def result(self) -> dict[str, Any]:
        """Figures before and after; {} while there are none."""
        return _read(self.folder / "adapt.json")

    @property
    def said(self) -> list[str]:
        """What it has said so far, the latest line last."""
        with contextlib.suppress(OSError):
            text = (self.folder / "adapt.log").read_text(encoding="utf-8", errors="replace")
            return [line.strip().removeprefix("chatkit: ") for line in re.split(r"[\r\n]+", text) if line.strip()]
        return []

    def stop(self) -> None:
        """End it; nothing is kept."""
        if self.state == "running" and self._pid:
            with contextlib.suppress(OSError):
                os.kill(self._pid, signal.SIGTERM)


def figures(result: dict[str, Any]) -> list[tuple[str, str]]:
    """What was measured before and after, a line each: of what, and the figures."""
    model = result.get("language_model") or {}
    lines = []
    for side, name in (("target", "this text"), ("old", "the text that it was trained on")):
        row = model.get(side) or {}
        if row:
            change = f"{row['before']:.3f} -> {row['after']:.3f} bits per byte ({row['change']:+.1%})"
            lines.append((name, change))
    for head, metrics in (result.get("heads") or {}).items():
        lines += [(f"{head} {metric}", str(change.get("text", ""))) for metric, change in metrics.items()]
    untested = result.get("untested") or []
    return lines + ([("not measured", f"{', '.join(untested)}: no dev data at hand")] if untested else [])


def _read(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if isinstance(found, dict) else {}
    return {}


def _free_folder(name: str) -> Path:
    stem = PREFIX + (re.sub(r"[^\w-]+", "-", Path(name).stem).strip("-") or "text")
    folder, number = paths.runs_folder() / stem, 1
    while folder.exists():
        number += 1
        folder = paths.runs_folder() / f"{stem}-{number}"
    return folder
