"""Exposure: exact ranks over all codes, no memory where there is none, memory where there is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.data.batching import record_ids
from chatkit.text.views import CONVERSATION
from chatkit.training.auditing import audit
from chatkit.training.canaries import Canary, Exposure, draw_canaries, expose, sequence_nats, summary
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run


def test_the_tree_gives_each_sequence_its_own_nats(assistant: Assistant) -> None:
    texts = ["the code is 12", "the code is 13", "the door is red, isn't it", "12", "a"]
    rows = [
        record_ids(assistant.tokenizer, {"turns": [{"speaker": "user", "text": text}]}, "text", CONVERSATION, 0)
        for text in texts
    ]
    found = sequence_nats(assistant, rows)
    with torch.no_grad():
        for row, nats in zip(rows, found.tolist(), strict=True):
            states, _ = assistant.backbone.encoder(torch.tensor([row[:-1]]))
            alone = torch.nn.functional.cross_entropy(
                assistant.backbone.softmax(states[0]), torch.tensor(row[1:]), reduction="sum"
            )
            assert nats == pytest.approx(float(alone), rel=1e-4)


def test_what_was_never_told_is_ranked_anywhere(assistant: Assistant) -> None:
    found = [expose(assistant, canary) for canary in draw_canaries([0], 12, digits=2, seed=1)]
    assert all(1 <= e.rank <= 100 and e.rank != e.control_rank for e in found)
    assert statistics.fmean(e.exposure for e in found) < 3.5  # of 6.6 bits; 1.44 is expected


def test_summary() -> None:
    told = [Exposure(Canary("a", "1", "2", 4), 1, 512, 1024), Exposure(Canary("b", "1", "2", 4), 2, 256, 1024)]
    (row,) = summary(told)
    assert (row["exposure"], row["control"], row["extracted"]) == (9.5, 1.5, 0.5)
    assert row["most"] == 10
    assert 0 < row["p"] < 0.2
    assert math.isfinite(row["p"])


def test_canaries_are_different_and_told_as_often_as_is_said() -> None:
    canaries = draw_canaries([1, 4], 5, digits=3, seed=3)
    assert len({canary.opening for canary in canaries}) == 10
    assert [len(canary.records()) for canary in canaries] == [1] * 5 + [4] * 5
    assert all(canary.code != canary.control for canary in canaries)
    with pytest.raises(ValueError, match="sentences"):
        draw_canaries([1], 1000, digits=3, seed=3)


@pytest.mark.slow
def test_what_was_told_often_is_remembered(micro: Callable[..., Recipe], tmp_path: Path) -> None:
    recipe = micro(
        "train.steps=250",
        "train.learning_rate=1e-2",
        "encoder.hidden=64",
        "encoder.embedding=32",
        "encoder.dropout=0.0",
    )
    rows = audit(recipe, tmp_path / "out", Progress(quiet=True), each=4, digits=2)["canaries"]
    assert [row["repeats"] for row in rows] == [1, 4, 16]
    assert rows[2]["exposure"] > rows[2]["control"] + 1


@pytest.mark.slow
def test_an_assistant_is_audited_by_going_on_from_it(micro: Callable[..., Recipe], tmp_path: Path) -> None:
    begin = micro("train.steps=20", "encoder.dropout=0.0")
    run = Run(begin, tmp_path / "model", Progress(quiet=True), device="cpu")
    run.start()
    run.train(finish=False)
    run.save_assistant()
    data = 'heads.generation.data=["corpora:english/dialogue"]'
    recipe = micro("train.steps=60", "encoder.dropout=0.0", "train.learning_rate=2e-2", data)
    found = audit(recipe, tmp_path / "audit", Progress(quiet=True), each=2, digits=2, model=tmp_path / "model")
    assert found["steps"] == 60
    assert 0.9 < found["epochs"] < 1.2  # of so many dialogues as the steps have room for
    assert [row["repeats"] for row in found["canaries"]] == [1, 4, 16]
    assert found["model"] == str(tmp_path / "model")
    assert "does not say what it kept of its own training text" in found["means"]
