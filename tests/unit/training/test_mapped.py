"""Data read through memory maps are the data: the same records, batches and weights; prepared once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from chatkit.data.stored import StoredRecords
from chatkit.errors import ConfigError, StorageError
from chatkit.training import mapped as module
from chatkit.training.building import find_head
from chatkit.training.mapped import MappedData, mapped_data
from chatkit.training.prepare import make_batches, make_tokenizer
from chatkit.training.progress import Progress
from chatkit.training.reading import Found, training_records
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run

Micro = Callable[..., Recipe]
ON = "data.mapped=true"


def both(
    recipe: Recipe, folder: Path, name: str
) -> tuple[list[Any], StoredRecords, Found, Found, list[str], list[str]]:
    head, config = find_head(name, None), recipe.heads[name]
    founds: tuple[Found, Found] = ({}, {})
    said: tuple[list[str], list[str]] = ([], [])
    plain = training_records(head, config, recipe, said[0].append, found=founds[0])
    stored = MappedData(folder, recipe).records(head, said[1].append, founds[1])
    return plain, stored, *founds, *said


@pytest.mark.parametrize("name", ["generation", "sentiment"])
@pytest.mark.parametrize(
    "overrides", [(), ("data.duplicates=keep", "data.mask=[]"), ('data.exclude=["corpora:english/dialogue"]',)]
)
def test_records_and_what_is_said_of_them_are_the_same(
    micro: Micro, tmp_path: Path, name: str, overrides: tuple[str, ...]
) -> None:
    recipe = micro(*overrides)
    for _ in range(2):  # made, then opened
        plain, stored, found, again, said, said_again = both(recipe, tmp_path, name)
        assert list(stored) == plain
        assert again == found
        assert said_again == said


def test_drawn_and_repeated_sets_are_the_same(micro: Micro, tmp_path: Path) -> None:
    sets = '[{path="corpora:english/sentiment",most=30,repeat=2},{path="corpora:chinese/sentiment",repeat=3}]'
    plain, stored, *_ = both(micro(f"heads.sentiment.data={sets}"), tmp_path, "sentiment")
    assert list(stored) == plain
    assert len(plain) > 60


@pytest.mark.parametrize("name", ["generation", "sentiment"])
def test_batches_are_the_same(micro: Micro, tmp_path: Path, name: str) -> None:
    recipe = micro()
    plain, stored, *_ = both(recipe, tmp_path, name)
    head, config, tokenizer = find_head(name, None), recipe.heads[name], make_tokenizer(recipe, {name: plain})
    sources = [
        make_batches(head, config, plain, tokenizer, 1),
        make_batches(
            head, config, stored, tokenizer, 1, keep=MappedData(tmp_path, recipe).keep(head, stored, tokenizer)
        ),
    ]
    for _ in range(12):
        ours, theirs = (next(source) for source in sources)
        assert list(ours.records) == list(theirs.records)
        for field in ours.fields:
            for part in ("ids", "lengths", "next_ids", "fresh"):
                a, b = (np.asarray(getattr(batch.fields[field], part)) for batch in (ours, theirs))
                assert np.array_equal(a, b)


def test_a_run_is_the_same_whole_and_in_two_parts_and_prepares_once(
    micro: Micro, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(recipe: Recipe, name: str) -> Run:
        run = Run(recipe, tmp_path / name, Progress(quiet=True), device="cpu")
        run.start()
        return run

    whole = begin(micro(), "whole")
    for _ in range(6):
        whole.trainer.train_step()
    first = begin(micro(ON), "parts")
    for _ in range(3):
        first.trainer.train_step()
    first.checkpoint()

    def never(*_: object) -> Iterator[Any]:
        raise AssertionError("the data were prepared already")

    monkeypatch.setattr(module, "parts_of", never)
    monkeypatch.setattr(module.StoredPieces, "write", never)
    second = Run(micro(ON), tmp_path / "parts", Progress(quiet=True), device="cpu")
    second.resume()
    for _ in range(3):
        second.trainer.train_step()
    for name, tensor in whole.trainer.weights().items():
        assert torch.equal(tensor, second.trainer.weights()[name]), name


def test_changed_data_are_told_on_resuming(micro: Micro, tmp_path: Path) -> None:
    data = tmp_path / "set"
    data.mkdir()
    rows = [{"text": f"good {i}", "label": "positive" if i % 2 else "negative"} for i in range(40)]
    (data / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    recipe = micro(ON, f'heads.sentiment.data=["{data}"]')
    run = Run(recipe, tmp_path / "run", Progress(quiet=True), device="cpu")
    run.start()
    run.trainer.train_step()
    run.checkpoint()
    (data / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows[1:]))
    with pytest.raises(ConfigError, match="training data changed"):
        Run(recipe, tmp_path / "run", Progress(quiet=True), device="cpu").resume()


def test_records_of_a_heads_own_reader_are_made_anew_when_its_file_changes(micro: Micro, tmp_path: Path) -> None:
    source = (
        "from chatkit.plugin_api import Classifier\n\n\nclass Topic(Classifier):\n    name = 'sentiment'\n"
        "    examples = ({'text': 'a', 'label': 'x'}, {'text': 'b', 'label': 'y'})\n\n    @staticmethod\n"
        "    def read(path, split):\n        return [{'text': f'WORD {i}', 'label': 'xy'[i % 2]} for i in range(40)]\n"
    )
    recipe = micro(ON)
    told = []
    for number, word in enumerate(("first", "second")):
        file = tmp_path / f"{number}" / "topic.py"
        file.parent.mkdir()
        file.write_text(source.replace("WORD", word))
        head = find_head("sentiment", str(file))
        told.append(MappedData(tmp_path / "data", recipe).records(head, lambda line: None, {})[0]["text"].split()[0])
    assert told == ["first", "second"]


def test_what_needs_all_records_in_memory_is_refused(micro: Micro, tmp_path: Path) -> None:
    for override, words in (
        ("heads.sentiment.domains=balanced", "domains"),
        ('heads.generation.data=["history:"]', "history"),
        ("train.dp={}", "train.dp"),
    ):
        with pytest.raises(ConfigError, match=words):
            mapped_data(micro(ON, override), tmp_path, planted=False)
    with pytest.raises(ConfigError, match="audit"):
        mapped_data(micro(ON), tmp_path, planted=True)
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="is a file"):
        mapped_data(micro(ON), tmp_path / "file", planted=False)
    assert mapped_data(micro(), tmp_path, planted=True) is None
