"""Bounds that are kept on data that nobody has seen, and exchange rates by hand."""

from __future__ import annotations

import math
import random
import statistics

import pytest

from chatkit.objectives.constraint import Bound, Sample, exchange_rates, keep, parse_bounds

F1 = Bound("mood", "macro_f1", ">=", 0.7)


def test_bounds_are_read() -> None:
    assert parse_bounds({"mood.macro_f1": ">= 0.70", "lm.word_perplexity": " <=1e2 "}) == [
        F1,
        Bound("lm", "word_perplexity", "<=", 100.0),
    ]
    assert parse_bounds({"ranker.mrr@10": ">=.5"})[0].metric == "mrr@10"
    for key, text in (("mood", ">= 1"), ("mood.f1", "> 1"), ("mood.f1", ">= x"), ("mood.f1", "0.7"), (".f1", ">= 1")):
        with pytest.raises(ValueError, match="keep must be like"):
            parse_bounds({key: text})


def test_the_best_at_the_rest_among_those_that_keep_it() -> None:
    measured = {
        "all for the reply": {str(F1): Sample([0.5, 0.52, 0.48], 1000)},
        "a little for the mood": {str(F1): Sample([0.78, 0.8, 0.79], 1000)},
        "all for the mood": {str(F1): Sample([0.85, 0.86, 0.84], 1000)},
    }
    rest = {"all for the reply": 1.0, "a little for the mood": 1.2, "all for the mood": 3.0}
    found = keep([F1], measured, rest)
    assert (found.name, found.sure) == ("a little for the mood", True)
    mean, margin = found.values[str(F1)]
    assert mean == pytest.approx(0.79)
    assert 0.02 < margin < 0.09
    tight = Bound("mood", "macro_f1", ">=", 0.785)
    named = {name: {str(tight): samples[str(F1)]} for name, samples in measured.items()}
    assert keep([tight], named, rest).name == "all for the mood"  # 0.79 keeps it on average only
    high = Bound("mood", "macro_f1", ">=", 0.84)
    named = {name: {str(high): samples[str(F1)]} for name, samples in measured.items()}
    assert (keep([high], named, rest).name, keep([high], named, rest).sure) == ("all for the mood", False)
    out_of_reach = Bound("mood", "macro_f1", ">=", 0.95)
    named = {name: {str(out_of_reach): samples[str(F1)]} for name, samples in measured.items()}
    found = keep([out_of_reach], named, rest)
    assert (found.name, found.closest) == (None, "all for the mood")


def test_a_bound_from_above_and_two_at_once() -> None:
    low = Bound("lm", "word_perplexity", "<=", 100.0)
    measured = {
        name: {str(F1): Sample([f, f + 0.001], 5000), str(low): Sample([p, p + 0.1])}
        for name, f, p in (("a", 0.9, 150.0), ("b", 0.8, 90.0), ("c", 0.5, 60.0))
    }
    assert keep([F1, low], measured, {"a": 0, "b": 1, "c": 0}).name == "b"


def test_one_seed_has_a_margin_of_the_examples_alone() -> None:
    assert Sample([0.7], 100).reach(0.9) == pytest.approx(1.2816 * 2 * math.sqrt(2 * 0.21 / 100), rel=1e-3)
    assert Sample([80.0], 100).reach(0.9) == math.inf
    assert Sample([0.7]).reach(0.9) == math.inf


def test_with_the_margin_the_next_model_keeps_the_bound_on_other_texts() -> None:
    """Ways whose true quality rises as the rest gets dearer; dev and test of 200 texts, noise between seeds."""
    draw = random.Random(4)

    def measure(quality: float) -> float:
        model = min(max(quality + draw.gauss(0, 0.01), 0.0), 1.0)
        return sum(draw.random() < model for _ in range(200)) / 200

    kept = {"with": [], "without": []}
    ways = {f"{quality:.2f}": quality for quality in (0.6, 0.66, 0.7, 0.72, 0.74, 0.78, 0.82)}
    for _ in range(120):
        measured = {name: {str(F1): Sample([measure(q) for _ in range(3)], 200)} for name, q in ways.items()}
        found = keep([F1], measured, ways)
        if found.name is not None and found.sure:
            kept["with"].append(measure(ways[found.name]) >= F1.value)
        good = [name for name, samples in measured.items() if samples[str(F1)].mean >= F1.value]
        kept["without"].append(measure(ways[min(good, key=lambda name: ways[name])]) >= F1.value)
    assert statistics.fmean(kept["with"]) > 0.85
    assert statistics.fmean(kept["with"]) - statistics.fmean(kept["without"]) > 0.1
    assert len(kept["with"]) > 60


def test_exchange_rates_by_hand() -> None:
    points = {"a": (0.6, 100.0), "b": (0.7, 110.0), "c": (0.8, 150.0), "behind": (0.65, 140.0)}
    found = exchange_rates(points, ("higher", "lower"))
    assert [(each.start, each.end) for each in found] == [("a", "b"), ("b", "c")]
    assert [each.rate for each in found] == pytest.approx([100.0, 400.0])
    assert exchange_rates({"a": (1.0, 1.0)}, ("higher", "lower")) == []


def test_misuse_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a bound"):
        keep([], {}, {})
