"""A body of text: messages out of a file or a folder of almost any layout, with labels and documents where it has them.

Folders in the layouts of chatkit's data sets give their dev part (else test, else train; retrieval sets their queries);
any other folder gives every text file in it, each file a document.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatkit.data.discover import beir_file, existing, find_part, splits, suffix_of
from chatkit.data.records import LABEL_KEYS, TEXT_KEYS, Problems, Report
from chatkit.data.rows import json_rows, table_rows, text_lines
from chatkit.errors import DataError
from chatkit.text.chunk import chunk

MOST = 1000
PARTS = ("dev", "test", "train")
_TEXT_SUFFIXES = (".txt", ".md", ".rst")
_ROW_SUFFIXES = (".jsonl", ".csv", ".tsv")
_MORE_KEYS = ("query", "src")
_DOCUMENT_KEYS = ("document", "doc_id", "source", "session")


@dataclasses.dataclass(frozen=True)
class Message:
    """One text of a body.

    Args:
        text: The text.
        document: What it is a part of; messages of one document are not independent.
        label: Its label, or "".
    """

    text: str
    document: str = ""
    label: str = ""


@dataclasses.dataclass(frozen=True)
class Body:
    """A body of text.

    Args:
        name: What a report calls it.
        messages: At most ``MOST`` of its messages, drawn at random.
        total: How many it has.
        read: Files that were read, in words.
        path: Where it comes from, None for a chat.
    """

    name: str
    messages: Sequence[Message]
    total: int
    read: str
    path: Path | None = None

    @property
    def texts(self) -> list[str]:
        """The texts alone."""
        return [message.text for message in self.messages]

    @property
    def labelled(self) -> list[Message]:
        """Messages that have a label."""
        return [message for message in self.messages if message.label]


def read_body(path: Path, *, most: int = MOST, seed: int = 0, parts: Sequence[str] = PARTS) -> Body:
    """Read a body of text.

    Args:
        path: File or folder.
        most: At most so many messages, drawn with the seed.
        seed: Seed of the draw.
        parts: Which part of a folder in chatkit's layouts is wanted, the preferred one first.
    Raises:
        DataError: If there is no text.
    """
    files = _files(existing(path), parts)
    messages = [message for file in files for message in _messages(file) if message.text.strip()]
    read = files[0].name if len(files) == 1 else f"{len(files)} files"
    return make_body(path.name or str(path), messages, read=read, path=path, most=most, seed=seed)


def make_body(
    name: str, messages: Sequence[Message], *, read: str, path: Path | None = None, most: int = MOST, seed: int = 0
) -> Body:
    """A body out of messages that are there.

    Raises:
        DataError: If there is none.
    """
    if not messages:
        raise DataError(
            f"{path or name}: no text in it", hint="give a file or folder of .txt, .md, .jsonl, .csv or .tsv"
        )
    keep = np.sort(np.random.default_rng(seed).permutation(len(messages))[:most])
    return Body(name, [messages[i] for i in keep], len(messages), read, path)


def _files(path: Path, parts: Sequence[str]) -> list[Path]:
    if path.is_file():
        return [path]
    if (path / "qrels").is_dir():
        return [beir_file(path, "queries.jsonl")]
    for part in parts:
        if part in splits(path):
            return [find_part(path, part, (*_ROW_SUFFIXES, ".txt"))]
    known = (*_TEXT_SUFFIXES, *_ROW_SUFFIXES)
    return sorted(p for p in path.rglob("*") if p.is_file() and suffix_of(p) in known and not p.name.startswith("."))


def _messages(file: Path) -> Iterator[Message]:
    report = Report(file, "skip", Problems())
    suffix = suffix_of(file)
    if suffix not in _ROW_SUFFIXES:
        whole = "\n".join(line for _, line in text_lines(file, report))
        if "\n\n" in whole.strip():
            yield from (Message(passage.text, file.name) for passage in chunk(whole))
        else:
            yield from (Message(line.strip(), file.name) for line in whole.split("\n"))
        return
    for number, row in (json_rows if suffix == ".jsonl" else table_rows)(file, report):
        if isinstance(row, dict):
            yield from _of_row(row, f"{file.name}:{number}")


def _of_row(row: dict[str, Any], place: str) -> Iterator[Message]:
    if isinstance(row.get("turns"), list):
        turns = [turn for turn in row["turns"] if isinstance(turn, dict) and isinstance(turn.get("text"), str)]
        yield from (Message(turn["text"], place) for turn in turns)
        return
    text = next((row[key] for key in (*TEXT_KEYS, *_MORE_KEYS) if isinstance(row.get(key), str)), None)
    if text is not None:
        label = next((row[key] for key in LABEL_KEYS if isinstance(row.get(key), str)), "")
        document = next((str(row[key]) for key in _DOCUMENT_KEYS if row.get(key)), place)
        yield Message(text, document, label.strip())
