"""Schedules and the sampler of heads."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import pytest

from chatkit.training.recipe import TrainConfig
from chatkit.training.schedule import rate_at
from chatkit.training.task_sampler import TaskSampler


def rates(**config: object) -> list[float]:
    return [rate_at(i / 1000, TrainConfig(**config)) for i in range(1001)]  # type: ignore[arg-type]


@pytest.mark.parametrize("schedule", ["constant", "cosine", "linear", "one_cycle"])
def test_rates_are_shares_and_move_smoothly(schedule: str) -> None:
    course = rates(schedule=schedule, warmup=0.1, final=0.05)
    assert max(course) == pytest.approx(1.0)
    assert min(course) >= 0
    assert max(abs(a - b) for a, b in itertools.pairwise(course)) < 0.012
    assert rate_at(-1, TrainConfig()) == rate_at(0, TrainConfig())
    assert rate_at(7, TrainConfig()) == rate_at(1, TrainConfig())


def test_trapezoid_stays_at_the_top_and_falls_at_the_end() -> None:
    config = TrainConfig(schedule="trapezoid", warmup=0.1, decay=0.2, final=0.1)
    assert [rate_at(share, config) for share in (0.05, 0.1, 0.5, 0.8)] == pytest.approx([0.5, 1, 1, 1])
    assert rate_at(0.85, config) == pytest.approx(1 - 0.9 * 0.5)
    assert rate_at(1.0, config) == pytest.approx(0.1)
    with pytest.raises(ValueError, match=r"train\.decay"):
        TrainConfig(schedule="trapezoid", warmup=0.5, decay=0.6)


def test_known_values() -> None:
    cosine = rates(schedule="cosine", warmup=0.1, final=0.2)
    assert cosine[0] == 0
    assert cosine[50] == pytest.approx(0.5)  # half of the warm-up
    assert cosine[100] == pytest.approx(1.0)
    assert cosine[550] == pytest.approx(0.6)  # half-way between 1 and 0.2
    assert cosine[1000] == pytest.approx(0.2)
    linear = rates(schedule="linear", warmup=0.0, final=0.0)
    assert linear[250] == pytest.approx(0.75)
    assert rates(schedule="constant", warmup=0.0) == [1.0] * 1001
    one_cycle = rates(schedule="one_cycle", final=0.0)
    assert one_cycle[0] == pytest.approx(1 / 25)
    assert one_cycle[300] == pytest.approx(1.0)
    assert one_cycle[650] == pytest.approx((1 + math.cos(math.pi / 2)) / 2)


SIZES = {"a": 900, "b": 90, "c": 10}
ONE = dict.fromkeys(SIZES, 1)


def drawn(sampler: TaskSampler, steps: int = 1500) -> Counter[str]:
    return Counter(name for step in range(steps) for name in sampler.heads(step))


def test_all_takes_every_head_in_its_turn() -> None:
    sampler = TaskSampler(SIZES, {"a": 1, "b": 2, "c": 5}, TrainConfig(sampler="all"), 0)
    assert drawn(sampler, 100) == {"a": 100, "b": 50, "c": 20}
    lonely = TaskSampler({"a": 1}, {"a": 3}, TrainConfig(sampler="all"), 0)
    assert all(lonely.heads(step) == ["a"] for step in range(7))  # a step without a head would be none


def test_proportional_and_temperature_shares() -> None:
    proportional = TaskSampler(SIZES, ONE, TrainConfig(sampler="proportional"), 0)
    counts = drawn(proportional)
    assert [counts[n] / 1500 for n in SIZES] == pytest.approx([0.9, 0.09, 0.01], abs=0.03)
    flat = TaskSampler(SIZES, ONE, TrainConfig(sampler="temperature", temperature=2.0), 0)
    roots = [math.sqrt(n) for n in SIZES.values()]
    assert [flat.shares[n] for n in SIZES] == pytest.approx([r / sum(roots) for r in roots])
    assert [drawn(flat)[n] / 1500 for n in SIZES] == pytest.approx([r / sum(roots) for r in roots], abs=0.05)


def test_round_robin_takes_turns() -> None:
    sampler = TaskSampler(SIZES, ONE, TrainConfig(sampler="round_robin"), 0)
    assert [*sampler.heads(0), *sampler.heads(1), *sampler.heads(2), *sampler.heads(3)] == ["a", "b", "c", "a"]


def test_the_draw_depends_on_seed_and_step_alone() -> None:
    config = TrainConfig(sampler="proportional")
    one, two, other = (TaskSampler(SIZES, ONE, config, seed) for seed in (3, 3, 4))
    backwards = {step: two.heads(step) for step in reversed(range(300))}
    assert all(one.heads(step) == backwards[step] for step in range(300))
    assert any(one.heads(step) != other.heads(step) for step in range(300))
