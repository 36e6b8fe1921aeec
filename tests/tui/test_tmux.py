"""End to end in a real terminal: the app in tmux, driven by keys alone, with its engine and the shipped assistant."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]
PATIENCE = 90.0  # seconds; a loaded machine takes its time


class Terminal:
    """A tmux server of its own with one window.

    Args:
        folder: Where the shell stands; also holds chatkit's home.
        size: Columns and rows.
    """

    def __init__(self, folder: Path, size: tuple[int, int] = (100, 32)) -> None:
        self._name = f"chatkit-{uuid.uuid4().hex[:8]}"
        home = str(folder / "home")
        keep = {key: os.environ[key] for key in ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH") if key in os.environ}
        self._environment = {**keep, "HOME": str(folder), "CHATKIT_HOME": home, "TERM": "xterm-256color"}
        self._environment |= {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}
        self._environment.setdefault("LANG", "C.UTF-8")
        columns, rows = map(str, size)
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", columns, "-y", rows, "-c", str(folder), "sh")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-u", "-L", self._name, *arguments]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=30, check=True)
        return done.stdout

    def start(self, *arguments: str) -> None:
        """Run chatkit."""
        self.type(shlex.join([sys.executable, "-m", "chatkit", *arguments]), "Enter")

    def type(self, text: str, *keys: str) -> None:
        """Type a text, then keys by tmux's names."""
        if text:
            self._tmux("send-keys", "-l", text)
        for key in keys:
            self._tmux("send-keys", key)

    @property
    def text(self) -> str:
        """What the screen shows."""
        return self._tmux("capture-pane", "-p")

    def until(self, *wanted: str, gone: str = "") -> str:
        """Wait until the screen shows all of these, and not ``gone``."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            shown = self.text
            if all(part in shown for part in wanted) and not (gone and gone in shown):
                return shown
            time.sleep(0.1)
        raise AssertionError(f"not shown within {PATIENCE:.0f} s: {wanted}, without {gone!r}\n{self.text}")

    def programs(self) -> list[int]:
        """Process ids of what runs in the shell."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        found = subprocess.run(["ps", "-o", "pid=", "--ppid", shell], capture_output=True, text=True)
        return [int(line) for line in found.stdout.split()]

    def ended(self) -> None:
        """Wait until the shell is alone again."""
        end = time.monotonic() + PATIENCE
        while self.programs():
            assert time.monotonic() < end, f"still running after {PATIENCE:.0f} s\n{self.text}"
            time.sleep(0.1)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the window."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def close(self) -> None:
        """End tmux and all in it."""
        command = ["tmux", "-L", self._name, "kill-server"]
        subprocess.run(command, env=self._environment, capture_output=True, timeout=30)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    terminal = Terminal(tmp_path)
    yield terminal
    terminal.close()


def test_a_first_chat_from_start_to_quit_and_on_again(terminal: Terminal) -> None:
    terminal.start()
    terminal.until("Three things to try", "ready")
    terminal.type("I love this place, thank you", "Enter")
    shown = terminal.until("sentiment", "positive", "generation", "ready")
    assert "I love this place, thank you" in shown
    terminal.type("/se")
    terminal.until("/search", "/sentiment")
    terminal.type("", "Escape")
    terminal.type("", "BSpace", "BSpace", "BSpace")
    terminal.type("@sentiment what an awful waste of money", "Enter")
    terminal.until("Say something", "what an awful waste of money", "ready")
    terminal.type("", "C-q")
    terminal.ended()
    terminal.start("--continue")
    terminal.until("I love this place, thank you", "what an awful waste of money", "ready")
    terminal.resize(44, 14)
    terminal.until("ready", gone="Three things to try")
    terminal.type("", "C-q")
    terminal.ended()


def test_a_killed_app_has_lost_nothing_that_was_sent(terminal: Terminal) -> None:
    terminal.start()
    terminal.until("ready")
    terminal.type("remember the whale of 1851", "Enter")
    terminal.until("remember the whale of 1851", "generation")
    os.kill(terminal.programs()[0], 9)
    terminal.ended()
    terminal.type("stty sane", "C-j")  # what was killed has left the terminal raw
    terminal.start("--continue")
    terminal.until("remember the whale of 1851", "ready")
