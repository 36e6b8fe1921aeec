"""The words of WikiText-2 for ``wikitext2.py``: ``<unk>`` is a word, and so is one end of line per line."""

from __future__ import annotations

import gzip
from pathlib import Path

import torch
from torch import Tensor

END = "\n"


def read_lines(folder: Path, split: str) -> list[list[str]]:
    """Words of each line of a split, without the end of the line; blank lines hold none."""
    path = folder / f"{split}.txt"
    data = path.read_bytes() if path.exists() else gzip.decompress(Path(f"{path}.gz").read_bytes())
    return [line.split() for line in data.decode("utf-8").removesuffix("\n").split("\n")]


def words_of(lines: list[list[str]]) -> list[str]:
    """All words with the ends of lines."""
    return [word for line in lines for word in [*line, END]]


def word_ids(parts: dict[str, list[list[str]]]) -> tuple[dict[str, Tensor], int]:
    """Ids of every part over the words of all of them, and how many words there are.

    The words of dev and test are all in train but for their order, as it is in WikiText: rare ones are ``<unk>`` there.
    """
    ids: dict[str, int] = {}
    out = {}
    for name, lines in parts.items():
        out[name] = torch.tensor([ids.setdefault(word, len(ids)) for word in words_of(lines)])
    return out, len(ids)
