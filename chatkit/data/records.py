"""Records: what a row of each format must hold, and the account of rows that do not.

A record is a plain dict of strings, lists and dicts. A function here takes a parsed row and returns the
record, or raises ``RowError`` that says what is wrong with it; it knows nothing of files.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from chatkit.errors import DataError

Record = dict[str, Any]
OnError = Literal["skip", "stop"]

TEXT_KEYS = ("text", "sentence", "review", "message")
LABEL_KEYS = ("label", "sentiment", "class")


class RowError(ValueError):
    """What is wrong with one row; whoever reads the file adds file and line."""


@dataclasses.dataclass(frozen=True)
class Problem:
    """One bad row.

    Args:
        path: The file.
        line: Line in the file, from 1.
        what: What is wrong with it.
    """

    path: Path
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.what}"


@dataclasses.dataclass
class Problems:
    """Account of the bad rows that were skipped: how many, and the first few by name.

    Args:
        keep: How many are kept by name.
    """

    keep: int = 5
    count: int = 0
    first: list[Problem] = dataclasses.field(default_factory=list)

    def add(self, problem: Problem) -> None:
        """Count a problem, and keep it if it is among the first."""
        self.count += 1
        if len(self.first) < self.keep:
            self.first.append(problem)

    def __str__(self) -> str:
        if not self.count:
            return "no bad rows"
        more = f"\n... and {self.count - len(self.first)} more" if self.count > len(self.first) else ""
        rows = "1 bad row" if self.count == 1 else f"{self.count} bad rows"
        return f"{rows} skipped:\n" + "\n".join(map(str, self.first)) + more


@dataclasses.dataclass(frozen=True)
class Report:
    """Takes what is wrong with rows of one file: raises, or counts and lets the reading go on.

    Args:
        path: The file.
        on_error: ``stop`` raises at the first bad row, ``skip`` counts it.
        problems: Where skipped rows are counted.
    """

    path: Path
    on_error: OnError
    problems: Problems

    def __call__(self, line: int, what: str) -> None:
        """Report a bad row.

        Raises:
            DataError: With ``on_error="stop"``.
        """
        problem = Problem(self.path, line, what)
        if self.on_error == "stop":
            raise DataError(str(problem), hint="mend it, or skip bad rows with --set data.on_error=skip")
        self.problems.add(problem)


def check_on_error(on_error: str) -> None:
    """Raise ValueError unless it is one of the two ways to deal with a bad row."""
    if on_error not in ("skip", "stop"):
        raise ValueError(f"on_error must be 'skip' or 'stop', got {on_error!r}")


NO_TEXT = frozenset({"label", "lang", "query_id", "doc_id", "_id", "id", "speaker", "source", "domain"})


def record_texts(record: Mapping[str, Any]) -> Iterator[str]:
    """Every text in a record: its turns, and its fields but names and labels."""
    for turn in record.get("turns", ()):
        yield turn["text"]
    for key, value in record.items():
        if isinstance(value, str) and key not in NO_TEXT:
            yield value


_KINDS = {
    type(None): "null",
    bool: "true or false",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


def text_field(row: Mapping[str, Any], key: str, *, where: str = "") -> str:
    """A field that must be text with something in it.

    Args:
        row: The parsed row.
        key: Name of the field.
        where: What the row is a part of, for the message.
    Raises:
        RowError: If the field is missing, no text, or blank.
    """
    if key not in row:
        raise RowError(f'{where}no field "{key}"')
    value = row[key]
    if not isinstance(value, str):
        raise RowError(f'{where}"{key}" must be text, not {_KINDS.get(type(value), type(value).__name__)}')
    if not value.strip():
        raise RowError(f'{where}"{key}" is empty')
    return value


def as_object(row: Any) -> Mapping[str, Any]:
    """The row as an object.

    Raises:
        RowError: If it is a list, a number or the like.
    """
    if not isinstance(row, Mapping):
        raise RowError(f"a row must be an object {{...}}, not {_KINDS.get(type(row), 'text')}")
    return row


def _key_among(row: Mapping[str, Any], keys: Sequence[str]) -> str:
    names = {str(name).strip().casefold(): name for name in row}
    for key in keys:
        if key in names:
            return str(names[key])
    raise RowError(f'no field "{keys[0]}" (fields: {", ".join(map(str, row)) or "none"})')


def dialogue(row: Any) -> Record:
    """``{"turns": [{"speaker", "text"}, ...]}`` with at least one turn.

    Raises:
        RowError: If the row does not hold that.
    """
    turns = as_object(row).get("turns")
    if not isinstance(turns, list) or not turns:
        raise RowError('"turns" must be a list of at least one {"speaker", "text"}')
    out = []
    for number, turn in enumerate(turns, 1):
        where = f"turn {number}: "
        if not isinstance(turn, Mapping):
            raise RowError(f"{where}must be an object with speaker and text")
        out.append({key: text_field(turn, key, where=where) for key in ("speaker", "text")})
    return {"turns": out}


def labelled(row: Any) -> Record:
    """``{"text", "label"}``; the label may also be called sentiment or class.

    Raises:
        RowError: If the row does not hold that.
    """
    row = as_object(row)
    text, label = _key_among(row, TEXT_KEYS), _key_among(row, LABEL_KEYS)
    return {"text": text_field(row, text), "label": text_field(row, label).strip()}


def translation(row: Any, lang: str = "") -> Record:
    """``{"src", "tgt", "lang"}``.

    Args:
        row: The parsed row.
        lang: Target language for rows that do not name one.

    Raises:
        RowError: If the row does not hold that.
    """
    row = as_object(row)
    if row.get("lang") is not None or not lang:
        if "lang" not in row:
            raise RowError('no target language: add a field "lang", or name the folder like NAME_en_fr')
        lang = text_field(row, "lang").strip()
    return {"src": text_field(row, "src"), "tgt": text_field(row, "tgt"), "lang": lang}
