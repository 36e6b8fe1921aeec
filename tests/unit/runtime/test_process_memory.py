"""A bound on memory, and freed memory given back; in a process of their own, for they are of the whole process."""

from __future__ import annotations

import linecache
import subprocess
import sys
from pathlib import Path

import pytest

from chatkit.runtime.process_memory import forget_sources

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="of glibc")

AVX512 = "avx512" in (Path("/proc/cpuinfo").read_text() if Path("/proc/cpuinfo").is_file() else "")
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
SHAPES = """
from pathlib import Path
from chatkit.runtime.process_memory import few_primitives, give_back_freed, stay_small
stay_small()
{first}
import torch
torch.set_num_threads(1)
weights = torch.zeros(64, 64, dtype=torch.bfloat16)
def multiply(lengths):
    for length in lengths:
        torch.nn.functional.linear(torch.zeros(length, 64, dtype=torch.bfloat16), weights)
    give_back_freed()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 >> 10
print(-multiply(range(1, 30)) + multiply(range(30, 330)))
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


@pytest.mark.skipif(not AVX512, reason="elsewhere oneDNN compiles nothing for products in bfloat16")
def test_the_code_of_past_shapes_is_not_kept() -> None:
    kept, few = (int(run(SHAPES.format(first=first))) for first in ("", "few_primitives()"))
    assert few < 0.75 * kept


def test_lines_of_source_files_go_and_a_traceback_has_them_again() -> None:
    lines = linecache.getlines(__file__)
    forget_sources()
    assert __file__ not in linecache.cache
    assert linecache.getlines(__file__) == lines
