"""What a head is handed once the training is done, to take in what no gradient trains: counts, tables, a gate."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from chatkit.head.encoded import Encoded


@dataclasses.dataclass(frozen=True)
class Filling:
    """The data of a head and the finished encoder. Nothing is read before it is asked for.

    Args:
        train: Reads the training records one by one, cleaned as for the training, each once.
        dev: Reads the dev records of each data set.
        ids: Pieces of the first field of a record, framed by its view.
        encode: Encodes records batch by batch, each text from the zero state; a conversation comes in windows, and
            then what belongs to the batch is its encoded fields alone.
        say: Told how it goes.
        seed: Of all draws.
    """

    train: Callable[[], Iterable[Mapping[str, Any]]]
    dev: Callable[[], Mapping[str, Sequence[Mapping[str, Any]]]]
    ids: Callable[[Mapping[str, Any]], list[int]]
    encode: Callable[[Sequence[Mapping[str, Any]]], Iterator[Mapping[str, Encoded]]]
    say: Callable[[str], None]
    seed: int
