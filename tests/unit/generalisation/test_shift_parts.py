from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from chatkit.confidence.conformal import Conformal, Quantiles
from chatkit.confidence.record import Domain, HeadConfidence
from chatkit.errors import DataError
from chatkit.generalisation.bodies import read_body
from chatkit.generalisation.intervals import bootstrap_difference, bootstrap_mean, plan_labels
from chatkit.generalisation.lexical import compare_words, jensen_shannon
from chatkit.generalisation.predicted import predict_accuracy
from chatkit.generalisation.two_sample import two_sample_test

# Words


def test_divergence_of_known_tables() -> None:
    assert jensen_shannon(np.array([1.0, 1]), np.array([10.0, 10])) == pytest.approx(0)
    assert jensen_shannon(np.array([5.0, 0]), np.array([0.0, 3])) == pytest.approx(1)
    assert jensen_shannon(np.array([1.0, 0]), np.array([1.0, 1])) == pytest.approx(0.3112781, abs=1e-6)
    assert jensen_shannon(np.zeros(2), np.ones(2)) == 0


def test_words_of_one_kind_differ_by_chance_only_and_marks_are_found() -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(list("abcdefgh"), 12)) for _ in range(200)]
    same = compare_words(texts[:100], texts[100:])
    assert same.divergence == pytest.approx(same.by_chance, abs=0.003)
    other = compare_words(texts[:100], [text + " zebra zebra" for text in texts[100:]])
    assert other.more_in_target[0] == "zebra"
    assert other.divergence > 3 * other.by_chance


# Features


def test_two_samples_of_one_kind_are_not_told_apart() -> None:
    rng = np.random.default_rng(1)
    values = [two_sample_test(rng.normal(0, 1, (150, 20)), rng.normal(0, 1, (150, 20)), seed=s) for s in range(8)]
    assert np.mean([test.p_value < 0.05 for test in values if test]) <= 0.25
    apart = two_sample_test(rng.normal(0, 1, (150, 20)), rng.normal(0.8, 1, (150, 20)))
    assert apart is not None
    assert apart.p_value < 1e-6
    assert 1 < apart.a_distance <= 2
    assert two_sample_test(np.zeros((5, 3)), np.zeros((50, 3))) is None


# Accuracy without labels


def head(domains: tuple[Domain, ...] = ()) -> HeadConfidence:
    figures = {"accuracy": 0.8, "confidence": 0.85, "atc": 0.5}
    return HeadConfidence(1.0, Conformal(Quantiles((), 0)), 0.4, figures, domains)


def test_regression_finds_the_line_and_knows_its_error() -> None:
    domains = tuple(Domain(f"d{i}", 500, 2 * c - 0.9, c) for i, c in enumerate((0.7, 0.8, 0.85, 0.9)))
    best, difference, thresholded = predict_accuracy(head(domains), [0.6, 0.9])
    assert best.method == "regression over domains"
    assert best.accuracy == pytest.approx(0.6)
    assert best.error == pytest.approx(0, abs=1e-9)
    assert difference.accuracy == pytest.approx(0.7)
    assert difference.error is not None
    assert difference.error > 0.05
    assert thresholded.accuracy == pytest.approx(1.0)


def test_errors_are_those_on_foreign_domains_where_there_are_any() -> None:
    own = tuple(Domain(f"o{i}", 500, c, c, trained=True) for i, c in enumerate((0.7, 0.8, 0.9)))
    (best, *_) = predict_accuracy(head((*own, Domain("away", 300, 0.4, 0.7))), [0.7])
    assert best.domains == 1
    assert best.error == pytest.approx(0.3, abs=0.01)


def test_the_estimator_that_errs_least_on_domains_left_out_comes_first() -> None:
    own = tuple(Domain(f"o{i}", 500, c, c, trained=True) for i, c in enumerate((0.7, 0.8, 0.9)))
    steep = tuple(Domain(f"a{i}", 500, 2 * c - 0.8, c) for i, c in enumerate((0.5, 0.55, 0.6)))  # a line of their own
    assert predict_accuracy(head(steep), [0.52])[0].method == "regression over domains"
    level = tuple(Domain(f"l{i}", 500, a, c) for i, (c, a) in enumerate(((0.60, 0.74), (0.61, 0.70), (0.62, 0.71))))
    best, second, *_ = predict_accuracy(head((*own, *level)), [0.6])
    assert best.error is not None
    assert second.error is not None
    assert best.error <= second.error


def test_what_all_domains_abroad_lose_is_expected_of_the_next_one() -> None:
    own = tuple(Domain(f"o{i}", 500, c, c, trained=True) for i, c in enumerate((0.7, 0.8, 0.9)))
    lost = tuple(Domain(f"a{i}", 500, c - 0.15, c) for i, c in enumerate((0.72, 0.8, 0.75)))
    (best, *rest) = predict_accuracy(head((*own, *lost)), [0.85])
    assert best.method == "regression, abroad at a level of its own"
    assert best.accuracy == pytest.approx(0.7)
    assert best.error == pytest.approx(0, abs=1e-9)
    assert all(other.error is None or other.error > 0.01 for other in rest)
    alone = [p.method for p in predict_accuracy(head((*own, lost[0])), [0.85])]
    assert "regression, abroad at a level of its own" not in alone  # nothing would be left to check it on


def test_two_domains_are_too_few_for_a_regression() -> None:
    found = predict_accuracy(head((Domain("a", 100, 0.8, 0.8), Domain("b", 100, 0.7, 0.8))), [0.9])
    assert [p.method for p in found] == ["difference of confidences", "average thresholded confidence"]
    assert found[0].error is None


# Intervals


def test_intervals_cover_and_documents_widen_them() -> None:
    rng = np.random.default_rng(2)
    covered = []
    for seed in range(60):
        values = (rng.random(80) < 0.7).astype(float)
        interval = bootstrap_mean(values.tolist(), [str(i) for i in range(80)], seed=seed)
        covered.append(interval.low <= 0.7 <= interval.high)
    assert np.mean(covered) > 0.85
    values = np.repeat((rng.random(20) < 0.5).astype(float), 10).tolist()
    alone = bootstrap_mean(values, [str(i) for i in range(200)])
    grouped = bootstrap_mean(values, [str(i // 10) for i in range(200)])
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_difference_of_groups() -> None:
    gap = bootstrap_difference([0.0] * 30 + [1.0] * 30, list("ab") * 30, [1.0] * 60, list("cd") * 30)
    assert gap.mean == pytest.approx(-0.5)
    many = bootstrap_mean([1.0, 0.0] * 400, [str(i) for i in range(800)])
    assert many.low < 0.5 < many.high


def test_labels_are_asked_where_they_tell_most_and_estimate_without_bias() -> None:
    rng = np.random.default_rng(3)
    sure = np.concatenate([rng.uniform(0.95, 1, 500), rng.uniform(0.4, 0.6, 500)])
    right = rng.random(1000) < sure
    estimates, plain = [], []
    for seed in range(80):
        plan = plan_labels(sure.tolist(), 50, seed=seed)
        estimates.append(plan.estimate([bool(right[i]) for i in plan.chosen]).mean)
        plain.append(right[rng.permutation(1000)[:50]].mean())
    assert np.mean(np.array(plan.chosen) >= 500) > 0.6
    assert np.mean(estimates) == pytest.approx(right.mean(), abs=0.02)
    assert np.std(estimates) < np.std(plain)
    assert len(set(plan.chosen)) == 50
    assert len(plan_labels([0.5, 0.9], 10).chosen) == 2


# Bodies


def test_bodies_of_many_layouts(tmp_path: Path) -> None:
    (tmp_path / "own" / "sub").mkdir(parents=True)
    (tmp_path / "own" / "a.txt").write_text("one line\nanother line\n", encoding="utf-8")
    (tmp_path / "own" / "sub" / "b.md").write_text("# Title\n\nA paragraph.\n\nMore of it.\n", encoding="utf-8")
    (tmp_path / "own" / "c.jsonl").write_text('{"text": "row", "label": "x", "source": "s"}\n', encoding="utf-8")
    body = read_body(tmp_path / "own")
    assert body.read == "3 files"
    assert {"one line", "another line", "row"} <= set(body.texts)
    assert [(m.text, m.document) for m in body.labelled] == [("row", "s")]
    (tmp_path / "set").mkdir()
    for part in ("train", "test"):
        rows = [{"turns": [{"speaker": "A", "text": part}, {"speaker": "B", "text": "yes"}]}]
        (tmp_path / "set" / f"{part}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert read_body(tmp_path / "set").texts == ["test", "yes"]
    (tmp_path / "empty.txt").write_text("\n \n", encoding="utf-8")
    with pytest.raises(DataError, match="no text"):
        read_body(tmp_path / "empty.txt")
    with pytest.raises(DataError, match="no such"):
        read_body(tmp_path / "nothing")
