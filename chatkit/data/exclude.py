"""Texts that training must not see: those of the dev and test parts of data sets, whatever head reads them.

Sets often share texts (one English sentence in several translation pairs, one question in two collections), so each
being cut into parts of its own is not enough. Two texts are the same when they agree after NFKC, case folding and
dropping punctuation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from chatkit.data.discover import beir_file, find_part, splits, suffix_of
from chatkit.data.records import Problems, Report, RowError, dialogue, record_texts
from chatkit.data.retrieval import read_qrels
from chatkit.data.rows import json_rows, table_rows, text_blocks
from chatkit.errors import DataError

_HELD_OUT = ("dev", "test")
_FEWEST_WORDS = 4  # a turn of fewer ("thank you") is said by everybody, and gives nothing away
_NO_LETTER = re.compile(r"[\W_]+")


def text_key(text: str) -> str:
    """What two texts share that count as the same; "" for a text without letters or digits."""
    return _NO_LETTER.sub(" ", unicodedata.normalize("NFKC", text).casefold()).strip()


def held_out_texts(sets: Iterable[Path]) -> frozenset[str]:
    """Keys of all texts in the dev and test parts of data sets of any layout; of a BEIR folder those of the queries.

    Args:
        sets: Folders that have at least one of the two parts.
    Raises:
        DataError: If one is no folder, has neither part, or cannot be read.
    """
    keys: set[str] = set()
    for folder in sets:
        parts = [part for part in _HELD_OUT if part in splits(folder)]
        if not parts:
            raise DataError(f"data.exclude: {folder} has neither a dev nor a test part")
        for part in parts:
            texts = _queries(folder, part) if (folder / "qrels").is_dir() else _texts(folder, part)
            keys.update(map(text_key, texts))
    return frozenset(keys - {""})


def without(record: Mapping[str, Any], keys: Collection[str]) -> list[dict[str, Any]]:
    """What is left of a record without the texts: nothing if a field is one of them, else the record.

    A dialogue is cut at each turn of at least four words that is one of them; what stands between stays.
    """
    if any(text_key(text) in keys for text in record_texts({k: v for k, v in record.items() if k != "turns"})):
        return []
    parts: list[list[Any]] = [[]]
    for turn in record.get("turns", ()):
        key = text_key(turn["text"])
        if key in keys and key.count(" ") >= _FEWEST_WORDS - 1:
            parts.append([])
        else:
            parts[-1].append(turn)
    if len(parts) == 1:
        return [dict(record)]
    return [{**record, "turns": part} for part in parts if part]


def _texts(folder: Path, part: str) -> Iterator[str]:
    file = find_part(folder, part)
    report = Report(file, "skip", Problems())
    if suffix_of(file) == ".txt":
        for _, block in text_blocks(file, report):
            yield from block.splitlines()
        return
    rows = json_rows if suffix_of(file) == ".jsonl" else table_rows
    for _, row in rows(file, report):
        if not isinstance(row, Mapping):
            continue
        try:
            yield from record_texts(dialogue(row) if "turns" in row else row)
        except RowError:  # whoever trains on the set is told of it
            continue


def _queries(folder: Path, part: str) -> Iterator[str]:
    problems = Problems()
    judgements, queries = beir_file(folder, f"qrels/{part}.tsv"), beir_file(folder, "queries.jsonl")
    judged = {query for _, query, _, _ in read_qrels(judgements, Report(judgements, "skip", problems))}
    for _, row in json_rows(queries, Report(queries, "skip", problems)):
        if isinstance(row, Mapping) and row.get("_id") in judged and isinstance(row.get("text"), str):
            yield row["text"]
