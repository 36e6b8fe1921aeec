"""Differential privacy: what is clipped, drawn and added, what is spent, and what is refused."""

from __future__ import annotations

import builtins
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from chatkit.checkpoint import load_tensors
from chatkit.data.batching import Batch
from chatkit.data.poisson import PoissonBatches
from chatkit.errors import ConfigError
from chatkit.training.privacy_budget import DPConfig, epsilon_of, sigma_for
from chatkit.training.private import PrivateGradients, one_of
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run

Micro = Callable[..., Recipe]
NO_OPACUS = "needs the extra: pip install 'chatkit-tui[dp]'"


def batches(count: int, size: int, window: int = 0) -> PoissonBatches:
    records = [{"text": str(i)} for i in range(count)]
    ids = {"text": [[i, *range(1, 1 + i % 7)] for i in range(count)]}
    return PoissonBatches(records, ids, batch_size=size, pad_id=0, window=window)


class Toy:
    """Two shared weights and one of the head's own; a record i has the gradient given for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, sigma: float) -> None:
        monkeypatch.setattr("chatkit.training.private.sigma_for", lambda *figures: sigma)
        self.shared, self.own = torch.nn.Parameter(torch.zeros(2)), torch.nn.Parameter(torch.zeros(1))
        self.source = batches(40, 10)
        self.private = PrivateGradients(
            DPConfig(8.0, clip=2.0),
            {"toy": 5},
            {"toy": self.source},
            records={"toy": 40},
            shared=[self.shared],
            own={"toy": [self.own]},
            weights={"toy": 3.0},
        )

    def gradient(self, batch: Batch, table: dict[str, list[float]]) -> torch.Tensor:
        """What is in ``grad`` after the batch, shared and own, per record of the average batch, unweighted."""
        self.shared.grad = self.own.grad = None

        def loss(name: str, one: Batch) -> torch.Tensor:
            (record,) = one.records
            row = torch.tensor(table[record["text"]])
            return (self.shared * row[:2]).sum() + (self.own * row[2:]).sum()

        self.private.backward("toy", batch, loss)
        assert self.shared.grad is not None
        assert self.own.grad is not None
        return torch.cat((self.shared.grad / 3.0, self.own.grad)) * 10


def test_each_record_is_clipped_alone_and_the_sum_is_divided_by_the_average_batch(monkeypatch) -> None:
    toy = Toy(monkeypatch, sigma=0.0)
    batch = next(toy.source)
    rng = np.random.default_rng(0)
    table = {r["text"]: (rng.normal(size=3) * 5).tolist() for r in batch.records}
    rows = torch.tensor(list(table.values()), dtype=torch.float32)
    clipped = rows * (2.0 / rows.norm(dim=1).clamp(min=2.0))[:, None]
    assert torch.allclose(toy.gradient(batch, table), clipped.sum(0), atol=1e-4)


@pytest.mark.parametrize("much", [1.0, 1e6, float("nan"), float("inf")])
def test_no_record_moves_the_sum_by_more_than_the_bound(monkeypatch, much: float) -> None:
    _bounded(Toy(monkeypatch, sigma=0.0), much)


def _bounded(toy: Toy, much: float) -> None:
    batch = next(toy.source)
    table = {r["text"]: [0.1, -0.1, 0.2] for r in batch.records}
    before = toy.gradient(batch, table)
    table[batch.records[0]["text"]] = [much, -much, much]
    moved = float((toy.gradient(batch, table) - before).norm())
    assert moved <= 2.0 + 0.5  # its own clipped gradient in, 0.25 of what it had been out


def test_the_noise_is_as_large_as_it_must_be(monkeypatch) -> None:
    _noisy(Toy(monkeypatch, sigma=1.5))


def _noisy(toy: Toy) -> None:
    empty = Batch([], next(toy.source).fields)
    draws = torch.stack([toy.gradient(empty, {}) for _ in range(4000)])
    assert draws.std(0).tolist() == pytest.approx([3.0] * 3, rel=0.06)  # sigma x clip
    assert draws.mean(0).abs().max() < 0.2


@pytest.mark.parametrize("fault", ["not clipped", "no noise"])
def test_a_step_that_breaks_the_promise_is_found(monkeypatch, fault: str) -> None:
    """The two checks above fail where records are not clipped, and where there is no noise."""
    toy = Toy(monkeypatch, sigma=0.0)
    if fault == "not clipped":
        toy.private._config = DPConfig(8.0, clip=1e12)
        with pytest.raises(AssertionError):
            _bounded(toy, 1e6)
    else:
        with pytest.raises(AssertionError):
            _noisy(toy)


def test_records_are_drawn_each_by_itself_and_never_by_the_seed() -> None:
    source, other = batches(200, 20), batches(200, 20)
    sizes, counts = [], np.zeros(200)
    different = False
    for _ in range(600):
        batch, beside = next(source), next(other)
        different |= [r["text"] for r in batch.records] != [r["text"] for r in beside.records]
        sizes.append(len(batch.records))
        counts[[int(r["text"]) for r in batch.records]] += 1
    assert different
    assert np.mean(sizes) == pytest.approx(20, rel=0.05)
    assert np.var(sizes) == pytest.approx(200 * 0.1 * 0.9, rel=0.3)
    assert counts.min() > 25
    assert source.state() == {"steps": 600}
    assert source.epochs == pytest.approx(60)


def test_a_long_text_is_cut_and_a_record_alone_has_no_padding() -> None:
    batch = next(batches(50, 50, window=3))
    assert batch.fields["text"].ids.shape == (50, 3)
    for row in range(50):
        one = one_of(batch, row)
        padded = one.fields["text"]
        assert padded.ids.shape[1] == padded.lengths[0] == min(1 + row % 7, 3)
        assert one.records == [batch.records[row]]


def test_the_accountant_and_the_search_for_noise() -> None:
    pytest.importorskip("opacus", reason=NO_OPACUS)
    assert epsilon_of(1.0, 1.0, 1, 1e-5) == pytest.approx(4.73, abs=0.5)  # one Gaussian mechanism: at most 4.75
    assert epsilon_of(1.1, 256 / 60000, 14062, 1e-5) == pytest.approx(2.6, abs=0.4)  # MNIST, 60 epochs: known as 2.92
    for epsilon in (0.5, 8.0):
        sigma = sigma_for(epsilon, 0.05, 300, 1e-5)
        assert epsilon * 0.97 < epsilon_of(sigma, 0.05, 300, 1e-5) <= epsilon
        assert epsilon_of(sigma * 0.9, 0.05, 300, 1e-5) > epsilon
    with pytest.raises(ConfigError, match="out of reach"):
        sigma_for(1e-4, 1.0, 10_000, 1e-5)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("train.sampler=proportional", "train.sampler = proportional"),
        ("objectives.weighting=famo", "objectives.weighting = famo"),
        ("train.accumulate=2", "train.accumulate = 2"),
        ("objectives.dial={}", "objectives.dial"),
        ('heads.sentiment.domains="dro"', "heads.sentiment.domains"),
        ("heads.sentiment.augment.typo=0.1", "heads.sentiment.augment"),
        ('heads.sentiment.data=[{path="corpora:english/sentiment", repeat=2}]', "heads.sentiment.data"),
        ('heads={retrieval={data=["corpora:english/retrieval"]}}', "head retrieval"),
        ("tokenizer={vocab_size=700}", "a tokenizer of the same text"),
    ],
)
def test_what_would_break_the_promise_is_refused(micro: Micro, tmp_path: Path, change: str, why: str) -> None:
    with pytest.raises(ConfigError, match="train.dp does not go with " + why):
        Run(micro("train.dp={epsilon=8}", change), tmp_path / "out", Progress(quiet=True), device="cpu")
    assert not (tmp_path / "out").exists()


def test_bad_numbers_and_a_missing_extra_are_one_clear_line(
    micro: Micro, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("epsilon=0", "epsilon=8, delta=2", "epsilon=8, clip=-1"):
        with pytest.raises(ConfigError, match=r"train\.dp"):
            micro(f"train.dp={{{key}}}")
    original = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.startswith("opacus"):
            raise ImportError(name)
        return original(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ConfigError, match=r"needs the package opacus \(pip install 'chatkit-tui\[dp\]'\)"):
        Run(micro("train.dp={epsilon=8}"), tmp_path / "out", Progress(quiet=True), device="cpu")


@pytest.mark.slow
def test_a_private_run_says_what_it_spent_and_fits_nothing_on_the_text(micro: Micro, tmp_path: Path) -> None:
    pytest.importorskip("opacus", reason=NO_OPACUS)
    recipe = micro("train.dp={epsilon=8}", "heads.sentiment.every=2")
    runs = []
    for name in ("a", "b"):
        run = Run(recipe, tmp_path / name, Progress(quiet=True), device="cpu")
        run.start()
        step = run.trainer.train_step

        def counted(run: Run = run, step: Callable[[], Any] = step) -> Any:
            result = step()
            if run.trainer.step == 5:
                run._interrupt()
            return result

        run.trainer.train_step = counted  # type: ignore[method-assign]
        assert run.train() is False
        assert 0 < run.report()["training"]["dp"]["generation"]["epsilon"] < 8
        run = Run(recipe, tmp_path / name, Progress(quiet=True), device="cpu")
        run.resume()
        assert run.train()
        runs.append(run)
        spent = json.loads((tmp_path / name / "report.json").read_text())["training"]["dp"]
        assert (spent["generation"]["steps"], spent["sentiment"]["steps"]) == (12, 6)
        assert all(7 < row["epsilon"] <= 8 and row["delta"] <= 1e-5 for row in spent.values())
        assert not list((tmp_path / name).glob("confidence*"))
    first, second = (load_tensors(tmp_path / n / "encoder.safetensors")[0] for n in ("a", "b"))
    assert any(not torch.equal(tensor, second[key]) for key, tensor in first.items())  # the seed does not give it away
    with pytest.raises(ConfigError, match="24 steps would spend epsilon"):
        Run(micro("train.dp={epsilon=8}", "heads.sentiment.every=2", "train.steps=24"), tmp_path / "a",
            Progress(quiet=True), device="cpu").resume()  # fmt: skip
