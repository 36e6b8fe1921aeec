"""Batches over threads: order, bounds, errors."""

from __future__ import annotations

import threading

import pytest
import torch

from chatkit.nn.parallel import cores, in_parallel


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
