"""A batch in parts teaches what the whole batch teaches, and two heads are compared on one batch where labels allow."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from chatkit.data.batching import Batch, pad, take_rows
from chatkit.errors import ConfigError
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run

Micro = Callable[..., Recipe]
STILL = ("encoder.dropout=0", "heads.sentiment.options.dropout=0.0", "train.precision=float32")


def begun(recipe: Recipe, folder: Path) -> Run:
    run = Run(recipe, folder, Progress(quiet=True), device="cpu")
    run.start()
    return run


def test_some_rows_are_padded_no_further_than_they_need() -> None:
    batch = Batch([{"n": 0}, {"n": 1}, {"n": 2}], {"text": pad([[1, 2, 3, 4], [5], [6, 7]], 0)})
    part = take_rows(batch, np.array([1, 2]))
    assert [record["n"] for record in part.records] == [1, 2]
    assert part.fields["text"].ids.tolist() == [[5, 0], [6, 7]]
    assert part.fields["text"].next_ids.tolist() == [[-1, -1], [7, -1]]


@pytest.mark.parametrize("weighting", ["static", "pcgrad"])
def test_parts_give_the_gradient_of_the_whole_batch(micro: Micro, tmp_path: Path, weighting: str) -> None:
    keys = (*STILL, "train.steps=4", f"objectives.weighting={weighting}", "objectives.conflict_every=2")
    whole = begun(micro(*keys), tmp_path / "whole")
    parts = begun(micro(*keys, "train.accumulate=4"), tmp_path / "parts")  # batches of 6: parts of 2, 2, 1, 1
    for _ in range(4):  # the states that dialogues carry and the optimiser's own go along
        a, b = whole.trainer.train_step(), parts.trainer.train_step()
        assert b.losses == pytest.approx(dict(a.losses), rel=1e-4)
        assert b.gradient_norm == pytest.approx(a.gradient_norm, rel=1e-3)
        assert (a.reading is None) == (b.reading is None)
        if a.reading and b.reading:
            assert b.reading.probes == pytest.approx(dict(a.reading.probes), abs=1e-3)
            assert b.reading.cosines == pytest.approx(dict(a.reading.cosines), abs=1e-3)


def test_one_gradient_is_equal_to_rounding(micro: Micro, tmp_path: Path) -> None:
    run = begun(micro(*STILL, "train.accumulate=4"), tmp_path / "out")
    losses, shared = run.trainer.losses, list(run.assistant.backbone.parameters())
    for name in ("generation", "sentiment"):
        batch, carried = next(run.trainer.batches[name]), dict(losses.carried)
        losses.mean(name, batch)[0].backward(inputs=shared)
        wanted = torch.cat([p.grad.flatten() for p in shared if p.grad is not None])
        run.assistant.backbone.zero_grad()
        losses.carried = carried
        _, scale = losses.descend(name, batch, shared)
        found = torch.cat([p.grad.flatten() for p in shared if p.grad is not None]) * scale
        run.assistant.backbone.zero_grad()
        assert float((found - wanted).norm() / wanted.norm()) < 1e-5


def test_targets_are_counted_over_all_parts(micro: Micro, tmp_path: Path) -> None:
    """Short parts must not weigh as much as long ones: a mean of means would be another gradient."""
    run = begun(micro(*STILL, "train.accumulate=3"), tmp_path / "out")
    losses, batch = run.trainer.losses, next(run.trainer.batches["generation"])
    mean, _ = losses.descend("generation", batch)
    losses.carried = {}
    parts = [take_rows(batch, rows) for rows in np.array_split(np.arange(len(batch.records)), 3)]
    means = [losses.mean("generation", part)[1] for part in parts if losses.carried.clear() is None]
    counts = [int((part.fields["text"].next_ids >= 0).sum()) for part in parts]
    assert mean == pytest.approx(float(np.average(means, weights=counts)), rel=1e-5)


def test_resuming_in_parts_is_exact(micro: Micro, tmp_path: Path) -> None:
    recipe = micro("train.accumulate=2", "train.steps=4", "objectives.conflict_every=2")
    whole = begun(recipe, tmp_path / "whole")
    for _ in range(4):
        whole.trainer.train_step()
    cut = begun(recipe, tmp_path / "cut")  # the random numbers are the process's own: one after the other
    for _ in range(2):
        cut.trainer.train_step()
    cut.checkpoint()
    again = Run(recipe, tmp_path / "cut", Progress(quiet=True), device="cpu")
    again.resume()
    for _ in range(2):
        again.trainer.train_step()
    wanted = whole.trainer.tensors()
    assert [n for n, tensor in again.trainer.tensors().items() if not torch.equal(tensor, wanted[n])] == []


def test_parts_below_one_are_refused(micro: Micro) -> None:
    with pytest.raises(ConfigError, match=r"train\.accumulate must be above 0"):
        micro("train.accumulate=0")


LENGTH = """
from chatkit.plugin_api import Classifier

class Length(Classifier):
    name = "length"
    labels = ("short", "long")
    examples = [{"text": "good", "label": "short"}, {"text": "good fun for all of us", "label": "long"}]

    def loss(self, encoded, examples):
        own = [{**row, "label": "short" if len(row["text"]) < 40 else "long"} for row in examples]
        return super().loss(encoded, own)
"""


def test_two_heads_of_the_same_texts_are_compared_on_one_batch(micro: Micro, tmp_path: Path) -> None:
    data = tmp_path / "texts"
    data.mkdir()
    texts = [{"text": "good " * n, "label": "positive" if n % 3 else "negative"} for n in range(1, 41)]
    for split in ("train", "dev"):
        (data / f"{split}.jsonl").write_text("\n".join(json.dumps(row) for row in texts))
    (tmp_path / "length.py").write_text(LENGTH)
    heads = (
        f'heads.sentiment={{data=["{data}"], batch=6}}',
        f'heads.length={{data=["{data}"], head="{tmp_path / "length.py"}", batch=6}}',
        "objectives.conflict_every=1",
    )
    run = begun(micro(*heads, "train.steps=4", "objectives.noise_every=2"), tmp_path / "out")
    first, second = run.trainer.train_step().reading, run.trainer.train_step().reading
    assert first is not None
    assert second is not None
    (pair,) = first.shared
    assert set(pair) == {"sentiment", "length"}
    assert not second.shared  # only in the steps in which the noise floor is measured
    summary = run.trainer.shared.summary()["pairs"]
    assert summary["sentiment/length"]["shared_cosine"] == pytest.approx(first.shared[pair], rel=1e-4)
    assert summary["generation/sentiment"]["shared_cosine"] is None
    looked = run.trainer.weights()
    plain = begun(micro(*heads, "train.steps=4", "objectives.noise_every=0"), tmp_path / "plain")
    for _ in range(2):
        plain.trainer.train_step()
    wanted = plain.trainer.weights()  # looking changes nothing
    assert all(torch.equal(tensor, wanted[name]) for name, tensor in looked.items())
