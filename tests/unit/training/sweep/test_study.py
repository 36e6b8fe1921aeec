"""What a sweep found, on runs whose figures are known."""

from __future__ import annotations

from typing import Any

import pytest

from chatkit.training.sweep.config import SweepConfig
from chatkit.training.sweep.results import Result
from chatkit.training.sweep.study import study

NOISE = (0.0, 0.02, -0.01, 0.01, -0.02)


def run(candidate: str, kind: Any, seed: int, weights: dict[str, float], **figures: tuple[float, float]) -> Result:
    """figures: head -> (dev loss, test metric)."""
    metric = {"lm": ("word_perplexity", "lower"), "mood": ("macro_f1", "higher")}
    table = {
        head: {"loss": loss, "metrics": {metric[head][0]: {"value": value, "better": metric[head][1]}}}
        for head, (loss, value) in figures.items()
    }
    more = {"cpu_seconds_per_step": 0.01, "row_bytes": 8, "data": {"lm": ["x"]}, "records": {"lm": 3}}
    data = {"dev": table, "test": table, **more}
    return Result(f"{candidate}.t.seed{seed}", candidate, kind, weights, "t", seed, data)


def results(method_gain: float = 0.0, seeds: int = 5) -> list[Result]:
    out = []
    for seed, noise in list(enumerate(NOISE))[:seeds]:
        both = {"lm": 1.0, "mood": 1.0}
        n = 1 + noise
        out += [
            run("single-lm", "single", seed, {"lm": 1.0}, lm=(3.0 * n, 100.0 * n)),
            run("single-mood", "single", seed, {"mood": 1.0}, mood=(0.5 * n, 0.8 * n)),
            run("static", "sum", seed, both, lm=(3.2 * n, 110.0 * n), mood=(0.55 * n, 0.76 * n)),
            run("sum-1-0", "sum", seed, {"lm": 2.0, "mood": 0.0}, lm=(3.0 * n, 101.0 * n), mood=(1.0 * n, 0.5 * n)),
            run("sum-0-1", "sum", seed, {"lm": 0.0, "mood": 2.0}, lm=(5.0 * n, 300.0 * n), mood=(0.5 * n, 0.79 * n)),
            run("sum-bad", "sum", seed, both, lm=(3.3 * n, 120.0 * n), mood=(0.6 * n, 0.7 * n)),
            run(
                "famo",
                "method",
                seed,
                both,
                lm=((3.2 - method_gain + 0.001 * (seed % 2)) * n, (110.0 - 20 * method_gain) * n),
                mood=((0.55 - 0.1 * method_gain) * n, 0.76 * n),
            ),
        ]
    return out


def test_front_scale_knee_and_what_was_given_up() -> None:
    found = study(results(), SweepConfig(), 0)
    assert found is not None
    assert found.objectives == ["lm", "mood"]
    assert found.metrics == {"lm": ("word_perplexity", "lower"), "mood": ("macro_f1", "higher")}
    assert {row.name for row in found.rows if row.on_front} == {"static", "sum-1-0", "sum-0-1"}
    assert found.ideal == pytest.approx({"lm": 3.0, "mood": 0.5})
    assert found.nadir == pytest.approx({"lm": 5.0, "mood": 1.0})
    # on the scale: static (0.1, 0.1), ends (0, 1) and (1, 0), reference 1.1
    assert found.hypervolume["sums"] == pytest.approx(1.0**2 + 2 * 0.1 * 0.1)
    assert found.knee == "static"
    static = found.row("static")
    assert static is not None
    assert static.delta_m is not None
    assert static.delta_m.mean == pytest.approx((10 + 5) / 2)
    assert static.regret == pytest.approx({"lm": 0.2, "mood": 0.05})
    gave = found.gave_up["static"]["mood"]
    assert (gave.joint, gave.alone) == pytest.approx((0.76, 0.8))
    assert gave.difference.high < 0
    assert found.ranges["lm"].mean == pytest.approx(2.0)
    assert found.ranges["lm"].low > 0


def test_no_better_than_the_sum_can_be_a_finding() -> None:
    found = study(results(), SweepConfig(equivalence=1.0), 0)
    assert found is not None
    (comparison,) = found.comparisons
    assert comparison.name == "famo"
    assert comparison.p_same < 0.001
    assert comparison.p_holm > 0.9
    assert comparison.standing.dominated > 0.9


def test_a_better_method_is_found() -> None:
    found = study(results(method_gain=0.1), SweepConfig(equivalence=0.5), 0)
    assert found is not None
    (comparison,) = found.comparisons
    assert comparison.difference.high < 0
    assert comparison.p_holm < 0.01
    assert comparison.p_same > 0.5
    assert comparison.standing.dominates == 1


def test_one_seed_and_missing_parts_say_nothing_that_they_cannot() -> None:
    found = study(results(seeds=1), SweepConfig(), 0)
    assert found is not None
    assert found.comparisons[0].p_same == 1
    assert found.comparisons[0].difference.low == float("-inf")
    assert all(row.losses["lm"].deviation is None for row in found.rows)
    only = study([each for each in results() if each.candidate in ("static", "single-lm")], SweepConfig(), 0)
    assert only is not None
    assert only.hypervolume == {}
    assert only.rows[0].delta_m is None
    assert only.nadir == {}
    assert study([each for each in results() if each.kind == "single"], SweepConfig(), 0) is None
    assert study([], SweepConfig(), 0) is None
