"""A bound on memory, and freed memory given back; in a process of their own, for they are of the whole process."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of glibc")

FREED = """
import threading
from pathlib import Path
from chatkit.runtime.process_memory import give_back_freed, stay_small
{first}
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 20
base, blocks, pins = resident(), [], []
def work():
    for size in (50_000, 900_000) * 60:
        blocks.append(bytearray(size)); pins.append(bytearray(2_000))
threads = [threading.Thread(target=work) for _ in range(2)]
[t.start() for t in threads]; [t.join() for t in threads]
full = resident(); blocks.clear()
give_back_freed()
print(base, full, resident())
"""
BOUND = """
from chatkit.runtime.process_memory import limit_memory
assert limit_memory(300 << 20)
try:
    bytearray(400 << 20)
except MemoryError:
    print("bound")
"""


def run(script: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120
    ).stdout


@pytest.mark.parametrize("first", ["", "assert stay_small()"])
def test_what_was_freed_goes_back(first: str) -> None:
    base, full, after = map(int, run(FREED.format(first=first)).split())
    assert full - base > 60
    assert after - base < 20


def test_a_bound_holds() -> None:
    assert run(BOUND).strip() == "bound"
