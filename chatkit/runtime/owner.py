"""Which process writes a message, and whether it lives: only the leavings of a dead one are tidied up.

A process id alone may have been given to another process since; with the time at which the process started it
is unique on one machine.
"""

from __future__ import annotations

import functools
import os
import platform
import subprocess
import time
from pathlib import Path

FAR_OFF_SECONDS = 600.0  # an owner that cannot be asked (another machine) counts as dead after so long a silence


@functools.cache
def owner_of(pid: int) -> str:
    """Name of a running process: ``host/pid/start``, for machines may share a home folder."""
    return f"{platform.node()}/{pid}/{_start_of(pid)}"


def is_alive(owner: str, changed: float) -> bool:
    """Whether the process behind an owner still runs.

    Args:
        owner: What ``owner_of`` gave.
        changed: When it last wrote, seconds since the epoch.
    """
    host, _, rest = owner.partition("/")
    pid, _, start = rest.partition("/")
    if host != platform.node() or not pid.isdigit():
        return bool(owner) and time.time() - changed < FAR_OFF_SECONDS
    now = _start_of(int(pid))
    if now is None:
        return time.time() - changed < FAR_OFF_SECONDS
    return now == start != ""


def _start_of(pid: int) -> str | None:
    """When a process started, in the system's unit; "" if there is none, None if it cannot be known."""
    if Path("/proc/self/stat").exists():
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""
        fields = stat.rpartition(")")[2].split()
        return "" if fields[0] == "Z" else fields[19]  # a zombie has ended
    if os.name != "posix":
        return None
    try:
        found = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return found.stdout.strip().replace("/", "-")
