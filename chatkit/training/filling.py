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
from chatkit.training.evaluator import PIECES, encoded_batches
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
    filled: list[str] = []
    if recipe.train.dp is not None:
        return filled  # train.dp promises that only the trained weights know of the data
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
        HeadError: If it fails, changes what was trained, or leaves what cannot be loaded or is no number.
    """
    assistant.eval()
    shapes = {key: tensor.shape for key, tensor in head.state_dict().items()}
    trained = {key: parameter.detach().clone() for key, parameter in head.named_parameters()}
    with torch.no_grad(), guard(head.name, source_file(type(head)), stage="fill"):
        head.fill(filling)
        after = head.state_dict()
        found = {key: tensor.shape for key, tensor in after.items()}
        if other := [key for key in shapes.keys() | found.keys() if found.get(key) != shapes.get(key)]:
            raise ValueError(f"{sorted(other)[0]} is new, gone or of another shape: register buffers in build")
        if moved := [key for key, parameter in head.named_parameters() if not torch.equal(parameter, trained[key])]:
            raise ValueError(f"{moved[0]} was trained and is changed: take in what you count as a buffer")
        if bad := [key for key, tensor in after.items() if tensor.is_floating_point() and not tensor.isfinite().all()]:
            raise ValueError(f"{bad[0]} holds what is no finite number")


def filling_of(assistant: Assistant, head: Head, recipe: Recipe, say: Callable[[str], None]) -> Filling:
    """What a head is handed of the data that a config names for it."""
    config, kind = recipe.heads[head.name], type(head)

    def train() -> Iterator[Record]:
        return each_once(kind, config, recipe)

    def dev() -> dict[str, list[Record]]:
        out: dict[str, list[Record]] = {}
        for path in (Path(source.path) for source in config.sources):
            short = "/".join(path.parts[-2:])
            out[str(path) if short in out else short] = read_records(kind, path, "dev", Problems())
        return out

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
        return record_ids(assistant.tokenizer, record, field, head.view_of(field, record), PIECES)

    def encode(records: Sequence[Record]) -> Iterator[Fields]:
        return (fields for fields, _ in encoded_batches(assistant, head, records))

    return Filling(train, dev, ids, encode, say, seed)
