"""How fast chatkit starts, measured on the installed command in a pseudo-terminal.

    python tests/benchmarks/start.py [--runs 5] [--peers]

help         wall seconds of ``chatkit --help``
first frame  CPU seconds of the app's process (user + system, interpreter included) until its prompt is on the screen
ready        wall seconds until the status line says that the engine answers
torch        whether torch was in memory in the app's process at the first frame

``--peers`` installs ``llm`` and ``elia`` into environments of their own, thrown away afterwards, and measures them too.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import pty
import select
import shutil
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import start_peers

PROMPT, READY = b"Say something", b"ready"
HELP, FRAME, ANSWERS = "help, wall s", "first frame, CPU s", "ready, wall s"


def help_seconds(command: str) -> float:
    """Wall seconds of ``chatkit --help``."""
    start = time.perf_counter()
    subprocess.run([command, "--help"], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def app_start(command: str, home: str) -> tuple[float, float, bool]:
    """CPU seconds until the first frame, wall seconds until ready, and whether torch was loaded at the first frame."""
    start = time.perf_counter()
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(CHATKIT_HOME=home, TERM="xterm-256color")
        os.execvp(command, [command])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 34, 110, 0, 0))
    seen, cpu, torch = b"", None, False
    try:
        while True:
            if not select.select([terminal], [], [], 120)[0]:
                raise TimeoutError(f"the app showed nothing new for 120 s; last: {seen[-300:]!r}")
            seen += os.read(terminal, 1 << 16)
            if cpu is None and PROMPT in seen:
                cpu, torch = start_peers.cpu_seconds(pid), "torch" in Path(f"/proc/{pid}/maps").read_text()
                seen = b""
            if cpu is not None and READY in seen:
                return cpu, time.perf_counter() - start, torch
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(terminal)


def measure(runs: int, *, peers: bool) -> dict[str, list[float]]:
    """Values of each figure, one a run.

    Raises:
        FileNotFoundError: If the command is not installed.
    """
    command = shutil.which("chatkit", path=str(Path(sys.executable).parent)) or shutil.which("chatkit")
    if command is None:
        raise FileNotFoundError("chatkit is not installed")
    with tempfile.TemporaryDirectory() as home:
        app_start(command, home)  # warm-up: byte code, the index of the shipped pages
        starts = [app_start(command, home) for _ in range(runs)]
    figures = {
        HELP: [help_seconds(command) for _ in range(runs)],
        FRAME: [cpu for cpu, _, _ in starts],
        ANSWERS: [wall for _, wall, _ in starts],
        "torch at first frame": [float(torch) for _, _, torch in starts],
    }
    return figures | (start_peers.measure(runs) if peers else {})


def main() -> None:
    """Print median, least and most of each figure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", action="store_true", help="Measure llm and elia, too.")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    try:
        figures = measure(args.runs, peers=args.peers)
    except FileNotFoundError as error:
        sys.exit(str(error))
    for name, values in figures.items():
        print(f"{name:24} median {statistics.median(values):6.2f}   {min(values):6.2f} to {max(values):6.2f}")
    if args.json:
        args.json.write_text(json.dumps(figures))


if __name__ == "__main__":
    main()
