"""Start of ``llm`` and ``elia``, for ``start.py --peers``: each in an environment made for it and thrown away.

Neither holds a model of its own (they call a service), so there is nothing to compare "ready" with: their help, and the
first frame of elia, are.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

PACKAGES = {"llm": "llm", "elia": "elia-chat"}
_FRAME = b"Enter your message"
_CODES = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")  # colours: an underlined letter cuts the words in two
_PATIENCE = 120.0


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def install(folder: Path) -> dict[str, str]:
    """Commands of the peers that could be installed, by name; the others are named."""
    out = {}
    for name, package in PACKAGES.items():
        home = folder / name
        try:
            subprocess.run([sys.executable, "-m", "venv", home], check=True, capture_output=True)
            subprocess.run([home / "bin" / "pip", "install", "-q", package], check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"{name}: left out, it cannot be installed here: {error}", file=sys.stderr)
            continue
        out[name] = str(home / "bin" / name)
    return out


def help_seconds(command: str) -> float:
    """Wall seconds of ``COMMAND --help``."""
    start = time.perf_counter()
    subprocess.run([command, "--help"], check=True, stdout=subprocess.DEVNULL, env=_alone(tempfile.gettempdir()))
    return time.perf_counter() - start


def elia_frame(command: str) -> float:
    """CPU seconds of elia's process until its prompt is on the screen."""
    with tempfile.TemporaryDirectory() as home:
        pid, terminal = pty.fork()
        if pid == 0:
            os.execve(command, [command], _alone(home))
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 34, 110, 0, 0))
        seen, end = b"", time.monotonic() + _PATIENCE
        try:
            while _FRAME not in _CODES.sub(b"", seen):
                left = end - time.monotonic()  # its cursor blinks for ever
                if left <= 0 or not select.select([terminal], [], [], left)[0]:
                    raise TimeoutError(f"elia showed no prompt in {_PATIENCE:.0f} s; last: {seen[-300:]!r}")
                seen += os.read(terminal, 1 << 16)
            return cpu_seconds(pid)
        finally:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(terminal)


def measure(runs: int) -> dict[str, list[float]]:
    """Figures of the peers, warmed up once, in turn."""
    out: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        commands = install(Path(folder))
        for number in range(runs + 1):
            for name, command in commands.items():
                found = {f"{name} --help, wall s": help_seconds(command)}
                if name == "elia":
                    found["elia first frame, CPU s"] = elia_frame(command)
                for key, value in found.items() if number else ():  # the first round makes their byte code
                    out.setdefault(key, []).append(value)
    return out


def _alone(home: str) -> dict[str, str]:
    places = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LLM_USER_PATH"), home)
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "VIRTUAL_ENV"))}
    return kept | places | {"TERM": "xterm-256color"}
