"""Batches over threads: order, bounds, errors."""

from __future__ import annotations

import threading

import pytest
import torch

from chatkit.nn import parallel
from chatkit.nn.parallel import are_taken, cores, in_parallel


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_the_order_of_the_items(workers: int) -> None:
    assert list(in_parallel(lambda i: i * i, range(50), workers=workers)) == [i * i for i in range(50)]


def test_few_items_are_taken_ahead() -> None:
    taken = 0

    def items() -> object:
        nonlocal taken
        for i in range(100):
            taken += 1
            yield i

    results = in_parallel(lambda i: i, items(), workers=2)
    assert next(results) == 0
    assert taken <= 6


def test_workers_are_other_threads_with_one_thread_of_torch() -> None:
    def where(_: int) -> tuple[int, int]:
        return threading.get_ident(), torch.get_num_threads()

    seen = list(in_parallel(where, range(20), workers=2))
    assert threading.get_ident() not in {thread for thread, _ in seen}
    assert {threads for _, threads in seen} == {1}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_ends_it(workers: int) -> None:
    with pytest.raises(ZeroDivisionError):
        list(in_parallel(lambda i: 1 / (i - 3), range(10), workers=workers))


def test_there_is_a_core() -> None:
    assert cores() >= 1


@pytest.mark.parametrize(
    ("asked", "said", "processes", "expected"),
    [
        (0, "", 1, 8),
        (3, "1", 1, 3),
        (0, "1", 1, 1),
        (0, "many", 1, 8),
        (0, "0", 1, 8),
        (0, "1", 4, 2),  # torchrun's own
        (0, "", 16, 1),
    ],
)
def test_threads_are_those_asked_for_then_those_of_the_environment_then_a_share_of_the_cores(
    asked: int, said: str, processes: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "cores", lambda: 8)
    monkeypatch.setenv("OMP_NUM_THREADS", said)
    assert parallel.threads(asked, processes) == expected


@pytest.mark.parametrize(
    ("threads", "load", "expected"), [(2, 0.1, False), (2, 1.0, False), (2, 2.0, True), (1, 9.0, False)]
)
def test_cores_that_others_hold_are_seen(
    threads: int, load: float, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parallel, "cores", lambda: 2)
    monkeypatch.setattr(parallel.os, "getloadavg", lambda: (load, 0.0, 0.0))
    assert are_taken(threads) is expected
