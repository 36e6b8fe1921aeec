from __future__ import annotations

import json

import numpy as np
import pytest

from chatkit.confidence.familiarity import CANDIDATES, Familiarity
from chatkit.confidence.pieces import PieceCounts
from chatkit.metrics.calibration import auroc

V = 60


def text(rng: np.random.Generator, low: int, high: int) -> tuple[list[int], int]:
    """A text of a domain whose pieces lie in a range, each mostly followed by the next one."""
    ids = [int(rng.integers(low, high))]
    for _ in range(int(rng.integers(4, 20))):
        follow = low + (ids[-1] - low + 1) % (high - low)
        ids.append(follow if rng.random() < 0.7 else int(rng.integers(low, high)))
    return ids, 4 * len(ids)


@pytest.fixture(scope="module")
def known() -> Familiarity:
    rng = np.random.default_rng(0)
    domains = {"cooking": (0, 20), "travel": (20, 40)}
    train = {name: [text(rng, *span)[0] for _ in range(300)] for name, span in domains.items()}
    held_out = {name: [text(rng, *span) for _ in range(200)] for name, span in domains.items()}
    return Familiarity.fit(PieceCounts.build(train, V), held_out)


def test_tells_training_text_from_other_text(known: Familiarity) -> None:
    rng = np.random.default_rng(1)
    home = [known.read(*text(rng, 0, 20)) for _ in range(150)]
    mixed = [known.read(*text(rng, 0, 40)) for _ in range(150)]  # known pieces, no domain's own
    alien = [known.read(*text(rng, 40, 60)) for _ in range(150)]
    values = [[r.value for r in part if r] for part in (home, mixed, alien)]
    assert auroc(values[0], values[1]) > 0.9
    assert auroc(values[0], values[2]) > 0.98
    assert np.median(values[0]) == pytest.approx(0.9, abs=0.05)
    assert np.mean(np.array(values[0]) < 0.5) < 0.08


def test_names_the_nearest_domain_and_gives_reasons(known: Familiarity) -> None:
    rng = np.random.default_rng(2)
    reading = known.read(*text(rng, 20, 40))
    assert reading is not None
    assert reading.nearest == "travel"
    assert "travel" in reading.sentence
    alien = known.read(list(range(40, 55)), 20)
    assert alien is not None
    assert alien.value < 0.2
    assert "rare or unknown words" in alien.sentence


def test_warns_by_windows_and_seldom_at_home(known: Familiarity) -> None:
    rng = np.random.default_rng(3)
    home = [[known.seen(*text(rng, 0, 20)) for _ in range(5)] for _ in range(200)]
    alien = [[known.seen(*text(rng, 40, 60)) for _ in range(3)] for _ in range(50)]
    assert known.warns(home[0][:2]) is None
    assert np.mean([known.warns(window) for window in home]) <= 0.08
    assert all(known.warns(window) for window in alien)


def test_a_text_without_pieces_has_no_familiarity(known: Familiarity) -> None:
    assert known.read([], 0) is None
    with pytest.raises(ValueError, match="without pieces"):
        known.counts.fit([])


def test_reference_is_plain_data(known: Familiarity) -> None:
    again = Familiarity(known.counts, json.loads(json.dumps(known.reference)))
    assert again.read([1, 2, 3], 12) == known.read([1, 2, 3], 12)


def test_too_little_text_is_said() -> None:
    counts = PieceCounts.build({"a": [[1, 2, 3]]}, V)
    with pytest.raises(ValueError, match="at least 20"):
        Familiarity.fit(counts, {"a": [([1, 2], 5)]})
    with pytest.raises(ValueError, match="no piece"):
        PieceCounts.build({"a": [[]]}, V)


def test_pair_probabilities_sum_to_one() -> None:
    rng = np.random.default_rng(4)
    counts = PieceCounts.build({"a": [text(rng, 0, 20)[0] for _ in range(50)]}, V)
    for before in ([], [3], [59]):  # at the start, after a frequent piece, after one that was never seen
        base = counts.fit(before).pairs if before else 0.0
        total = sum(np.exp(base - counts.fit([*before, i]).pairs) for i in range(V))
        assert total == pytest.approx(1.0, abs=0.06)  # log-probabilities are rounded to 0.1 nats


def test_mixture_lies_between_the_best_domain_and_its_share() -> None:
    counts = PieceCounts.build({"a": [[1, 2, 3] * 20], "b": [[4, 5, 6] * 20]}, V)
    fit = counts.fit([1, 2, 3, 1])
    assert fit.domains.min() <= fit.mixture <= fit.domains.min() + np.log(2) + 1e-9


def test_pairs_of_each_domain_are_probabilities_and_know_their_own() -> None:
    rng = np.random.default_rng(5)
    spans = {"a": (0, 20), "b": (20, 40)}
    counts = PieceCounts.build({n: [text(rng, *s)[0] for _ in range(50)] for n, s in spans.items()}, V, by_domain=True)
    own = counts.fit(text(rng, 20, 40)[0])
    assert own.domain_pairs is not None
    assert int(own.domain_pairs.argmin()) == 1
    assert own.domain_pairs[1] < own.domain_pairs[0]
    assert own.domain_pairs.min() <= own.pair_mixture <= own.domain_pairs.min() + np.log(2) + 1e-9
    for before in ([3], [59]):
        nats = [counts.fit([*before, i]).domain_pairs - counts.fit(before).domain_pairs for i in range(V)]  # type: ignore[operator]
        assert np.exp(-np.array(nats)).sum(0) == pytest.approx([1.0, 1.0], abs=0.06)


def test_pairs_of_a_domain_grow_and_can_be_left_out() -> None:
    rng = np.random.default_rng(6)
    rows = {n: [text(rng, *s)[0] for _ in range(50)] for n, s in {"a": (0, 20), "b": (20, 40), "c": (40, 60)}.items()}
    counts = PieceCounts.build({"a": rows["a"], "b": rows["b"]}, V, by_domain=True)
    grown = counts.extended("c", rows["c"])
    new = grown.fit(text(rng, 40, 60)[0]).domain_pairs
    assert new is not None
    assert int(new.argmin()) == 2
    again = grown.extended("a", rows["a"])  # replaced: it stands last now
    assert again.names == ("b", "c", "a")
    ids = text(rng, 0, 20)[0]
    assert again.fit(ids).domain_pairs == pytest.approx(np.roll(grown.fit(ids).domain_pairs, -1), rel=0.1)
    plain = grown.without_domain_pairs()
    assert plain.fit(ids).domain_pairs is None
    assert plain.fit(ids).pairs == grown.fit(ids).pairs
    assert plain.fit(ids).pair_mixture == plain.fit(ids).pairs


def test_all_figures_tell_mixed_text_better_than_pairs_alone(known: Familiarity) -> None:
    rng = np.random.default_rng(7)
    spans = {"cooking": (0, 20), "travel": (20, 40)}
    train = {n: [text(rng, *s)[0] for _ in range(300)] for n, s in spans.items()}
    held_out = {n: [text(rng, *s) for _ in range(200)] for n, s in spans.items()}
    counts = PieceCounts.build(train, V, by_domain=True)
    both = [text(rng, 0, 20) for _ in range(100)], [text(rng, 0, 40) for _ in range(100)]
    found = {}
    for name, figures in CANDIDATES.items():
        fitted = Familiarity.fit(counts, held_out, figures)
        found[name] = auroc(*([fitted.surprise(*t) for t in part] for part in reversed(both)))
        again = Familiarity(counts, json.loads(json.dumps(fitted.reference)))
        assert again.surprise(*both[0][0]) == fitted.surprise(*both[0][0])
    assert found["pairs + nearest domain + its pairs"] > found["pairs"]


def test_the_first_format_is_read(known: Familiarity) -> None:
    old = {key: value for key, value in known.reference.items() if key != "figures"}
    old["windows"] = {"3": 2.0}
    again = Familiarity(known.counts, old)
    rng = np.random.default_rng(8)
    assert again.warns([known.seen(*text(rng, 40, 60)) for _ in range(3)]) is True
    assert again.warns([known.seen(*text(rng, 0, 20)) for _ in range(3)]) is False
