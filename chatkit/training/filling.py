"""What heads take in once the training is done: counts and tables that no gradient trains."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import torch

from chatkit.assistant import Assistant
from chatkit.data.batching import record_ids
from chatkit.data.records import Problems
from chatkit.head.filling import Filling
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Fields, Head, Record
from chatkit.training.evaluator import encoded_batches
from chatkit.training.reading import each_once, read_records
from chatkit.training.recipe import Recipe


def fill_heads(assistant: Assistant, recipe: Recipe, say: Callable[[str], None]) -> list[str]:
    """Let each head that has something to take in do so.

    Args:
        assistant: Buffers of its heads are changed.
        recipe: Names the data of the heads; heads without are passed over, as are objectives of the training alone.
        say: Told how it goes.
    Returns:
        Names of the heads that took something in.
    Raises:
        HeadError: If a head fails.
        DataError: If its data cannot be read.
    """
    filled = []
    for name, config in recipe.heads.items():
        head = assistant.heads.get(name)
        if head is None or config.training_only or not head.fills():
            continue
        filling, asked = _noting(filling_of(assistant, head, recipe, say))
        fill_head(assistant, head, filling)
        if asked:
            filled.append(name)
    return filled


def _noting(filling: Filling) -> tuple[Filling, list[bool]]:
    """The same, and a list that is empty until the head asks for its records."""
    asked: list[bool] = []

    def train() -> Iterable[Record]:
        asked.append(True)
        return filling.train()

    return dataclasses.replace(filling, train=train), asked


def fill_head(assistant: Assistant, head: Head, filling: Filling) -> None:
    """Let one head take in what it is handed.

    Raises:
        HeadError: If it fails.
    """
    assistant.eval()
    with torch.no_grad(), guard(head.name, source_file(type(head)), stage="fill"):
        head.fill(filling)


def filling_of(assistant: Assistant, head: Head, recipe: Recipe, say: Callable[[str], None]) -> Filling:
    """What a head is handed of the data that a config names for it."""
    config, kind = recipe.heads[head.name], type(head)

    def train() -> Iterator[Record]:
        return each_once(kind, config, recipe)

    def dev() -> dict[str, list[Record]]:
        paths = [Path(source.path) for source in config.sources]
        return {"/".join(path.parts[-2:]): read_records(kind, path, "dev", Problems()) for path in paths}

    return filling_from(assistant, head, train, dev, say, recipe.seed)


def filling_from(
    assistant: Assistant,
    head: Head,
    train: Callable[[], Iterable[Record]],
    dev: Callable[[], Mapping[str, Sequence[Record]]],
    say: Callable[[str], None],
    seed: int,
) -> Filling:
    """What a head is handed of records from anywhere; see ``Filling``."""
    field = head.fields[0]

    def ids(record: Record) -> list[int]:
        return record_ids(assistant.tokenizer, record, field, head.view_of(field, record), 0)

    def encode(records: Sequence[Record]) -> Iterator[Fields]:
        return (fields for fields, _ in encoded_batches(assistant, head, records))

    return Filling(train, dev, ids, encode, say, seed)
