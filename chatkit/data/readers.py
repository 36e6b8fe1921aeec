"""Readers by name: from a file or folder of one of the known layouts to records.

dialogue     {"turns": [{"speaker", "text"}, ...]} of JSONL; {"text"} of plain text, for language modelling; of a
             chat history {"turns", "session"}
labelled     {"text", "label"} of JSONL, CSV or TSV
retrieval    {"query", "doc", "query_id", "doc_id"} of a BEIR folder; whole corpora: ``read_collection``
translation  {"src", "tgt", "lang"} of JSONL, CSV or TSV
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

from chatkit.data import history
from chatkit.data.discover import find_part, suffix_of
from chatkit.data.records import (
    OnError,
    Problems,
    Record,
    Report,
    RowError,
    check_on_error,
    dialogue,
    labelled,
    translation,
)
from chatkit.data.retrieval import Collection, read_collection, read_pairs
from chatkit.data.rows import json_rows, table_rows, text_blocks
from chatkit.errors import DataError

__all__ = ["READERS", "Collection", "Reader", "read_collection"]

Rows = Iterator[tuple[int, Any]]
_FORMATS: dict[str, Callable[[Path, Report], Rows]] = {
    ".jsonl": json_rows,
    ".csv": table_rows,
    ".tsv": table_rows,
    ".txt": text_blocks,
    history.SUFFIX: history.history_rows,
}


class Reader(Protocol):
    """Makes records of one kind from files."""

    @property
    def name(self) -> str:
        """Name by which a head asks for the reader."""

    def read(self, path: Path, split: str, on_error: OnError, problems: Problems) -> Iterator[Record]:
        """Records of one part of a data set, streamed.

        Args:
            path: A folder in the layout of the reader, or a single file, which is read whole.
            split: ``train``, ``dev`` or ``test``.
            on_error: ``stop`` raises at the first bad row, ``skip`` counts it.
            problems: Where skipped rows are counted.
        Raises:
            DataError: If a file is missing, unreadable or holds no usable row; or at a bad row with ``stop``.
        """


@dataclasses.dataclass(frozen=True)
class RowReader:
    """A reader of files in which each row is a record.

    Args:
        name: Name of the reader.
        suffixes: Formats that it understands, the preferred one first.
        record: From a parsed row and the file it is of to a record; raises RowError.
    """

    name: str
    suffixes: tuple[str, ...]
    record: Callable[[Any, Path], Record]

    def read(self, path: Path, split: str, on_error: OnError, problems: Problems) -> Iterator[Record]:
        """Records of one part of a data set, streamed: see ``Reader.read``."""
        check_on_error(on_error)
        return self._records(find_part(path, split, self.suffixes), on_error, problems)

    def _records(self, file: Path, on_error: OnError, problems: Problems) -> Iterator[Record]:
        report = Report(file, on_error, problems)
        before, usable = problems.count, False
        for line, row in _FORMATS[suffix_of(file)](file, report):
            try:
                record = self.record(row, file)
            except RowError as error:
                report(line, str(error))
                continue
            usable = True
            yield record
        if not usable:
            raise _nothing(file, problems, problems.count - before)


@dataclasses.dataclass(frozen=True)
class PairReader:
    """The reader of training pairs from BEIR folders."""

    name: str = "retrieval"

    def read(self, path: Path, split: str, on_error: OnError, problems: Problems) -> Iterator[Record]:
        """Pairs of a query and a relevant document: see ``Reader.read``."""
        check_on_error(on_error)
        before, usable = problems.count, False
        for record in read_pairs(path, split, on_error, problems):
            usable = True
            yield record
        if not usable:
            raise _nothing(path / "qrels" / f"{split}.tsv", problems, problems.count - before)


def _nothing(file: Path, problems: Problems, bad: int) -> DataError:
    why = f"all of its {bad} rows are bad" if bad else "it is empty"
    return DataError(f"{file} holds no usable row: {why}", hint=f"first: {problems.first[0]}" if problems.first else "")


def language_of(file: Path) -> str:
    """Target language from a name like ``phrases_en_fr``, of the file or its folder; "" if neither tells."""
    for name in (file.name.split(".")[0], file.absolute().parent.name):
        if match := re.search(r"_[a-z]{2,3}_([a-z]{2,3})$", name):
            return match[1]
    return ""


def _dialogue(row: Any, file: Path) -> Record:
    if suffix_of(file) == history.SUFFIX:
        return {**dialogue(row), history.SESSION: row[history.SESSION]}
    return {"text": row} if suffix_of(file) == ".txt" else dialogue(row)


READERS: dict[str, Reader] = {
    reader.name: reader
    for reader in (
        RowReader("dialogue", (".jsonl", ".txt", history.SUFFIX), _dialogue),
        RowReader("labelled", (".jsonl", ".csv", ".tsv"), lambda row, _: labelled(row)),
        PairReader(),
        RowReader("translation", (".jsonl", ".csv", ".tsv"), lambda row, file: translation(row, language_of(file))),
    )
}
