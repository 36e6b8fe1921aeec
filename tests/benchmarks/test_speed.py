"""Each speed benchmark at a size that proves only that it runs, so that none rots."""

from __future__ import annotations

import json

import pytest
import speed
from frame import Result, Target, interleaved, machine, markdown


def test_ratios_are_taken_within_a_round() -> None:
    result = Result("x", "things", "wall", "b", {"a": [2.0, 40.0, 6.0], "b": [1.0, 10.0, 2.0]})
    assert result.ratios("a") == [2.0, 3.0, 4.0]
    assert result.ratio("a") == 3.0
    assert result.ratio("b", "a") == pytest.approx(1 / 3)


def test_every_peer_is_called_in_every_round_and_once_before() -> None:
    calls: list[str] = []
    peers = {name: (lambda name=name: calls.append(name)) for name in "abc"}
    rates = interleaved(peers, 5, rounds=4, clock="wall")
    assert {name: calls.count(name) for name in "abc"} == dict.fromkeys("abc", 5)
    assert {name: len(row) for name, row in rates.items()} == dict.fromkeys("abc", 4)
    firsts = {tuple(calls[i : i + 3]) for i in range(0, 15, 3)}
    assert len(firsts) > 1  # the order changes


def test_a_miss_is_named_as_a_miss() -> None:
    least, most = Target("fast", 0.8, 0.9, why="slow"), Target("small", 0.8, 0.9, at_most=True)
    table = markdown([Result("x", "", "cpu", "", {}, {"fact": 0.5}, [least, most])], machine())
    assert "| fast | 0.8 | ≥ 0.9 | missed: slow |" in table
    assert "| small | 0.8 | ≤ 0.9 | met |" in table
    assert "- fact: 0.5" in table


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", speed.NAMES)
def test_the_benchmark_runs(name: str) -> None:
    results = speed.run([name], smoke=True)
    assert results
    for result in results:
        data = json.loads(json.dumps(result.as_json()))
        assert all(peer["median"] > 0 for peer in data["peers"].values())
        assert data["peers"] or data["facts"]
