from __future__ import annotations

import json

import numpy as np
import pytest

from chatkit.confidence.windows import STRANGEST, Limit, Seen, fit_limit

NAMES = ("plain", "odd", "small")


def texts(rng: np.random.Generator, near: int, mean: float, count: int = 300) -> list[Seen]:
    """Texts of a domain of that surprise on average."""
    nats = np.full(len(NAMES), 9.0)
    nats[near] = 5.0
    return [Seen(float(rng.normal(mean)), nats + rng.normal(0, 0.5, len(NAMES))) for _ in range(count)]


def share(limit: Limit, seen: list[Seen], size: int) -> float:
    """Share of windows that warn."""
    windows = [seen[i : i + size] for i in range(0, len(seen) - size, size)]
    return float(np.mean([limit.excess(window, NAMES) > 0 for window in windows]))


@pytest.mark.parametrize("size", [3, 5])
def test_a_domain_of_odd_texts_is_not_warned_of_and_foreign_text_is(size: int) -> None:
    rng = np.random.default_rng(size)
    limit = fit_limit({"plain": texts(rng, 0, 0.0), "odd": texts(rng, 1, 3.0, 200)}, NAMES, size)
    assert share(limit, texts(rng, 0, 0.0, 3000), size) <= 0.07
    assert share(limit, texts(rng, 1, 3.0, 3000), size) <= STRANGEST[size] + 0.06
    foreign = texts(rng, 0, 3.0, 900)  # as strange as the odd domain, and nothing like it
    assert share(limit, foreign, size) > 0.9


def test_one_domain_of_noise_does_not_silence_the_warning() -> None:
    rng = np.random.default_rng(1)
    held_out = {"plain": texts(rng, 0, 0.0), "odd": [*texts(rng, 0, 0.0, 60), *texts(rng, 0, 40.0, 60)]}
    limit = fit_limit(held_out, NAMES, 3)
    assert share(limit, texts(rng, 0, 60.0), 3) == 1.0


def test_a_limit_is_plain_data_and_knows_what_to_do_with_a_new_domain() -> None:
    rng = np.random.default_rng(2)
    limit = fit_limit({"plain": texts(rng, 0, 0.0), "small": texts(rng, 2, 0.0, 5)}, NAMES[:3], 3)
    assert Limit.from_json(json.loads(json.dumps(limit.as_json()))) == limit
    window = [Seen(0.0, np.array([9.0, 9.0, 9.0, 1.0]))] * 3
    assert limit.excess(window, (*NAMES, "new")) == pytest.approx(-limit.otherwise - limit.above)
    assert Limit.from_json(2.5).excess([Seen(3.0, np.zeros(1))], ["any"]) == pytest.approx(0.5)
