from __future__ import annotations

import json

import numpy as np
import pytest

from chatkit.confidence.familiarity import Familiarity
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
    home = [[known.surprise(*text(rng, 0, 20)) for _ in range(5)] for _ in range(200)]
    alien = [[known.surprise(*text(rng, 40, 60)) for _ in range(3)] for _ in range(50)]
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
