"""Conflict against gradients whose conflict is known."""

from __future__ import annotations

import json
import math

import pytest
import torch
from objective_inputs import through_json

from chatkit.objectives.conflict import ConflictMeter, Reading, Series, cosines, magnitude_ratios, read

NAMES = ("lm", "mood")


def meter_of(cosine: float, noise: float, steps: int = 60, seed: int = 0) -> ConflictMeter:
    """Readings of two objectives whose true gradients have this cosine, under batch noise of this relative size."""
    generator = torch.Generator().manual_seed(seed)
    width, meter = 200, ConflictMeter(NAMES)
    truth = torch.zeros(2, width)
    truth[0, 0], truth[1, 0], truth[1, 1] = 1, cosine, math.sqrt(1 - cosine**2)

    def batch() -> torch.Tensor:
        return truth + noise / math.sqrt(width) * torch.randn(2, width, generator=generator)

    for step in range(steps):
        rows, other = batch(), batch()
        probes = {}
        if step % 5 == 0:
            probes = dict(zip(NAMES, torch.nn.functional.cosine_similarity(rows, other).tolist(), strict=True))
        meter.add(read(NAMES, rows @ rows.T, -0.1 * rows @ rows.sum(0), probes))
    return meter


def test_cosines_and_ratios_of_a_case_worked_by_hand() -> None:
    rows = torch.tensor([[3.0, 0.0], [-1.0, 1.0], [0.0, 0.0]])
    gramian = rows @ rows.T
    assert cosines(gramian)[0, 1] == pytest.approx(-1 / math.sqrt(2))
    assert cosines(gramian)[0, 2] == 0
    assert magnitude_ratios(gramian)[0, 1] == pytest.approx(3 / math.sqrt(2))


@pytest.mark.parametrize(("cosine", "words"), [(-0.6, "conflict: cosine -"), (0.6, "they help each other: cosine +")])
def test_true_cosines_are_found_under_noise(cosine: float, words: str) -> None:
    meter = meter_of(cosine, noise=3)
    assert meter.verdict(*NAMES).startswith(words)
    pair = meter.summary()["pairs"]["lm/mood"]
    assert abs(pair["cosine"]) < 0.2  # what batches show of it
    assert pair["noise_bound"] == pytest.approx(1 / (1 + 3**2), abs=0.03)  # signal over signal and noise
    assert pair["cosine"] / pair["noise_bound"] == pytest.approx(cosine, abs=0.2)


def test_unrelated_objectives_are_said_to_be_so() -> None:
    verdicts = [meter_of(0.0, noise=3, seed=seed).verdict(*NAMES) for seed in range(20)]
    assert sum(verdict.startswith("no conflict beyond noise") for verdict in verdicts) >= 17


def test_pure_noise_is_said_to_be_noise() -> None:
    meter = meter_of(0.0, noise=30)
    assert meter.summary()["objectives"]["lm"]["self_cosine"] < 0.05
    assert "no conflict beyond noise" in meter.verdict(*NAMES)


def test_few_steps_give_no_verdict() -> None:
    assert meter_of(-0.9, noise=0.1, steps=5).verdict(*NAMES) == "too few steps measured (5) to tell"
    empty = ConflictMeter(NAMES)
    assert empty.verdict(*NAMES) == "too few steps measured (0) to tell"
    assert empty.summary()["pairs"]["lm/mood"]["cosine"] is None


def test_error_allows_for_neighbours_that_go_together() -> None:
    generator = torch.Generator().manual_seed(1)
    means, errors = [], []
    for _ in range(200):
        series, value = Series(), 0.0
        for draw in torch.randn(200, generator=generator).tolist():
            value = 0.8 * value + draw
            series.add(value)
        means.append(series.mean)
        errors.append(series.error)
    spread = float(torch.tensor(means).std())
    assert sum(errors) / len(errors) == pytest.approx(spread, rel=0.25)


def test_figures_of_a_series() -> None:
    series = Series()
    for value in (1.0, -3.0, math.nan, 2.0):
        series.add(value)
    assert (series.count, series.mean, series.share_below) == (3, 0.0, 1 / 3)
    assert Series().error == math.inf


def test_summary_is_plain_data_and_state_resumes() -> None:
    meter = meter_of(-0.5, noise=1)
    json.dumps(meter.summary(), allow_nan=False)
    again = ConflictMeter(NAMES)
    again.restore(through_json(meter.state()))
    assert again.summary() == meter.summary()
    assert meter.summary()["objectives"]["lm"]["share_of_steps_gaining"] > 0.9


def test_the_order_of_a_pair_in_a_step_does_not_matter() -> None:
    rows = torch.tensor([[1.0, 0.0], [-1.0, 2.0]])
    forth, back = ConflictMeter(NAMES), ConflictMeter(NAMES)
    forth.add(read(NAMES, rows @ rows.T, torch.zeros(2), {}))
    back.add(read(NAMES[::-1], rows.flip(0) @ rows.flip(0).T, torch.zeros(2), {}))
    assert forth.summary() == back.summary()


def test_the_noise_scale_is_that_of_gradients_whose_noise_is_known() -> None:
    generator = torch.Generator().manual_seed(3)
    truth = torch.full((50,), 0.2)
    meter = ConflictMeter(["a", "b"])
    for _ in range(400):  # batches of 8 examples, each example's gradient has variance 4 in every coordinate
        one, other = (truth + 2.0 / 8**0.5 * torch.randn(50, generator=generator) for _ in range(2))
        products = {"a": (float(one @ other), float(one @ one + other @ other) / 2)}
        meter.add(Reading({}, {}, {}, {}, products))
    scale = meter.noise_scale("a")
    assert scale is not None
    assert 8 * scale == pytest.approx(4 * 50 / float(truth @ truth), rel=0.15)  # tr(S) / |G|^2 = 100 examples
    assert meter.noise_scale("b") is None
    old = {part: rows for part, rows in meter.state().items() if part not in ("products", "squares")}
    ConflictMeter(["a", "b"]).restore(old)
