"""Choosing the next id. V = vocabulary"""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chatkit.nn.decoding import Sampling, choose

FREE = Sampling(temperature=1.0, top_k=0, top_p=1.0, repetition_penalty=1.0)


def setting(**changes: Any) -> Sampling:
    return Sampling(**{"temperature": 1.0, "top_k": 0, "top_p": 1.0, "repetition_penalty": 1.0, **changes})


def draws(logits: torch.Tensor, sampling: Sampling, n: int = 400, **more: Any) -> Counter[int]:
    generator = torch.Generator().manual_seed(0)
    return Counter(choose(logits, sampling, generator=generator, **more) for _ in range(n))


@given(st.lists(st.floats(-50, 50), min_size=1, max_size=40, unique=True))
def test_temperature_zero_takes_the_most_probable(values: list[float]) -> None:
    logits = torch.tensor(values, dtype=torch.float64)
    assert choose(logits, setting(temperature=0.0)) == int(logits.argmax())


@pytest.mark.parametrize("temperature", [1e-60, 1e-40, 1e-6])
def test_a_tiny_temperature_is_as_good_as_zero(temperature: float) -> None:
    assert set(draws(torch.tensor([3.0, 2.9, 50.0, 49.9]), setting(temperature=temperature), 20)) == {2}


@given(st.integers(1, 12), st.integers(0, 50))
def test_top_k_draws_none_but_the_k_best(k: int, seed: int) -> None:
    logits = torch.randn(10, generator=torch.Generator().manual_seed(seed))
    best = set(logits.topk(min(k, 10)).indices.tolist())
    assert set(draws(logits, setting(top_k=k, temperature=3.0), 60)) <= best


def test_top_p_keeps_the_smallest_set_that_reaches_it() -> None:
    logits = torch.tensor([0.5, 0.3, 0.15, 0.05]).log()
    assert set(draws(logits, setting(top_p=0.5))) == {0}
    assert set(draws(logits, setting(top_p=0.51))) == {0, 1}
    assert set(draws(logits, setting(top_p=0.85))) == {0, 1, 2}
    assert set(draws(logits, setting(top_p=1e-9))) == {0}  # never empty


def test_shares_follow_the_probabilities() -> None:
    counts = draws(torch.tensor([0.7, 0.2, 0.1]).log(), FREE, 3000)
    assert [counts[i] / 3000 for i in range(3)] == pytest.approx([0.7, 0.2, 0.1], abs=0.03)


def test_a_low_temperature_sharpens() -> None:
    logits = torch.tensor([1.0, 0.0])
    cold, free, hot = (draws(logits, setting(temperature=t))[0] for t in (0.3, 1.0, 3.0))
    assert cold > free > hot


def test_a_seed_repeats_the_draw() -> None:
    logits = torch.zeros(100)
    one, two = (torch.Generator().manual_seed(9) for _ in range(2))
    first = [choose(logits, FREE, generator=one) for _ in range(30)]
    assert first == [choose(logits, FREE, generator=two) for _ in range(30)]
    assert len(set(first)) > 10


@pytest.mark.parametrize("value", [2.0, -2.0])
def test_a_penalty_makes_repeats_rarer_whatever_their_sign(value: float) -> None:
    logits = torch.full((4,), value)
    penalised = draws(logits, setting(repetition_penalty=1.5), 2000, recent=[1, 1])
    assert penalised[1] < 0.6 * min(penalised[i] for i in (0, 2, 3))
    assert torch.equal(logits, torch.full((4,), value))  # the caller's logits stay
    encouraged = draws(logits, setting(repetition_penalty=0.5), 2000, recent=[1])
    assert encouraged[1] > max(encouraged[i] for i in (0, 2, 3))


@given(st.integers(0, 30), st.sampled_from([0.0, 1.0, 5.0]), st.floats(0.05, 1.0))
def test_banned_ids_are_never_drawn(seed: int, temperature: float, top_p: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(12, generator=generator)
    banned = torch.rand(12, generator=generator) < 0.5
    banned[int(logits.argmax())] = True
    banned[int(logits.argmin())] = False
    sampling = setting(temperature=temperature, top_p=top_p, repetition_penalty=1.3)
    drawn = draws(logits, sampling, 30, banned=banned, recent=range(12))
    assert not any(banned[i] for i in drawn)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("temperature", -0.1),
        ("temperature", float("nan")),
        ("top_k", -1),
        ("top_p", 0.0),
        ("top_p", 1.1),
        ("repetition_penalty", 0.0),
        ("repetition_penalty", float("nan")),
        ("max_tokens", 0),
        ("repetition_window", -1),
    ],
)
def test_settings_out_of_range_are_named(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=name):
        Sampling(**{name: value})
