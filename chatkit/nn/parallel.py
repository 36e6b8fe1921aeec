"""How many cores and threads to use; and batches without gradient over all cores, one thread a batch.

The kernels let go of Python's lock, so that batches that know nothing of each other scale better this way than by the
threads within each kernel, and share one copy of the weights.
"""

from __future__ import annotations

import collections
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import torch

Item = TypeVar("Item")
Out = TypeVar("Out")


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def threads(asked: int = 0, processes: int = 1) -> int:
    """Threads of torch for a training step.

    Args:
        asked: By the user; 0 takes ``OMP_NUM_THREADS`` where that is set, else the share of the cores. torchrun sets
            that variable itself, so that it says nothing in one process of several.
        processes: On this machine, that train together.
    """
    said = os.environ.get("OMP_NUM_THREADS", "") if processes == 1 else ""
    return asked or (int(said) if said.isdigit() else 0) or max(1, cores() // processes)


def are_taken(wanted: int) -> bool:
    """Whether other programs hold so many cores that threads of a step would wait for each other.

    A step is thousands of small products, and at the end of each the threads meet: with both of two cores taken by
    others, a step of a small model took 10 s with two threads and 0.1 s with one.
    """
    free = cores() - os.getloadavg()[0] if hasattr(os, "getloadavg") else cores()
    return wanted > 1 and wanted > free + cores() / 2


def in_parallel(function: Callable[[Item], Out], items: Iterable[Item], *, workers: int) -> Iterator[Out]:
    """Results in the order of the items, of which few more than ``workers`` are under way at any time.

    Args:
        function: Called in a thread; torch's modes (inference, autocast) are not inherited there.
        items: Taken as they are needed.
        workers: Threads; 1 calls the function here.
    """
    if workers <= 1:
        yield from map(function, items)
        return
    waiting: collections.deque[Future[Out]] = collections.deque()
    with ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(1,)) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(function, item))
                if len(waiting) > 2 * workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
