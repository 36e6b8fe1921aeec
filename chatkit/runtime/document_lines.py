"""Lines of a document as they are shown, streamed from any place of it: text as it stands, the others by their text.

A line knows where it stands in the file: its line, of a PDF its page, of JSONL its row. No more than one line of a
text, one row or one page is held; a page of HTML is parsed whole, as it is when it is indexed.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from chatkit.data.records import Problems, Report
from chatkit.data.rows import lines as rows_of
from chatkit.errors import DataError
from chatkit.runtime.documents import SkippedFileError, pdf_pages, read_text, row_text
from chatkit.runtime.page_sections import page_sections

LONGEST = 20_000  # characters; a longer line is shown in pieces


class Line(NamedTuple):
    """One line as it is shown.

    Args:
        number: Where it stands in the file, from 1; several lines may share one.
        text: The line.
        heading: Whether it is a heading that was taken out of the text.
        goes_on: Whether it goes on the line before, which was too long.
    """

    number: int
    text: str
    heading: bool = False
    goes_on: bool = False


def lines_from(path: Path, first: int = 1) -> Iterator[Line]:
    """Lines of a document from number ``first``.

    Args:
        path: The file; of a kind that can be indexed, else it is read as text.
        first: Line, page or row.

    Raises:
        SkippedFileError: If it is no text, no file, or too large for its kind.
        DataError: If it cannot be read.
    """
    must_be_file(path)
    suffix = path.suffix.lower()
    if suffix == ".pdf":
        return _pages(path, first)
    if suffix == ".jsonl":
        return _rows(path, first)
    if suffix in (".html", ".htm"):
        return (line for line in _page(path) if line.number >= first)
    return _text(path, first)


def must_be_file(path: Path) -> os.stat_result:
    """The state of a file that can be read; a pipe would be waited for without end.

    Raises:
        SkippedFileError: If it is no regular file.
        DataError: If it is gone or cannot be looked at.
    """
    try:
        found = path.stat()
    except (OSError, ValueError) as error:  # a path with a NUL byte is a ValueError
        reason = error.strerror if isinstance(error, OSError) else "no such file"
        raise DataError(f"cannot read {path}: {reason or error}") from None
    if not stat.S_ISREG(found.st_mode):
        raise SkippedFileError(f"{path} is no file")
    return found


def _text(path: Path, first: int) -> Iterator[Line]:
    try:
        with path.open("rb") as raw:
            start = raw.read(2)
            raw.seek(0)
            wide = start in (b"\xff\xfe", b"\xfe\xff")
            with io.TextIOWrapper(raw, "utf-16" if wide else "utf-8-sig", errors="replace", newline="\n") as file:
                yield from _split(file, path, first)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeError as error:
        raise SkippedFileError(f"{path} is no text: {error}") from None


def _split(file: io.TextIOWrapper, path: Path, first: int) -> Iterator[Line]:
    number, goes_on = 1, False
    while piece := file.readline(LONGEST):
        if number >= first:
            if "\0" in piece:
                raise SkippedFileError(f"{path} is no text: it holds NUL bytes")
            yield Line(number, piece.removesuffix("\n").removesuffix("\r"), goes_on=goes_on)
        goes_on = not piece.endswith("\n")
        number += not goes_on


def _page(path: Path) -> Iterator[Line]:
    for section in page_sections(read_text(path)):
        if section.heading:
            yield Line(section.lines[0][1], section.heading, heading=True)
        if section.text.strip():
            yield from _placed(section.text, section.lines)


def _placed(text: str, places: list[tuple[int, int]]) -> Iterator[Line]:
    """Lines of a section of a page, each with the place of its first word; the empty ones around it left out."""
    offset, at, begun = 0, 0, False
    for line in text.rstrip().split("\n"):
        begun = begun or bool(line.strip())
        while at + 1 < len(places) and places[at + 1][0] <= offset + len(line) - len(line.lstrip()):
            at += 1
        if begun:
            yield from pieces(places[at][1], line)
        offset += len(line) + 1
    yield Line(places[at][1], "")


def _rows(path: Path, first: int) -> Iterator[Line]:
    report = Report(path, "skip", Problems())
    for number, data in rows_of(path, report):
        if number < first or not data.strip():
            continue
        try:
            title, text = row_text(json.loads(data))
        except (ValueError, RecursionError):
            title, text = "", ""
        if not text.strip():  # it is not indexed; as it stands it tells most
            text = data.decode("utf-8", "replace").strip("\r\n")
        if title:
            yield Line(number, title, heading=True)
        for line in text.split("\n"):
            yield from pieces(number, line)


def _pages(path: Path, first: int) -> Iterator[Line]:
    for number, text in pdf_pages(path, first):
        yield Line(number, f"Page {number}", heading=True)
        for line in text.split("\n"):
            yield from pieces(number, line)
        yield Line(number, "")


def pieces(number: int, line: str) -> Iterator[Line]:
    """A line, in pieces where it is too long."""
    for start in itertools.count(0, LONGEST):
        if start and start >= len(line):
            return
        yield Line(number, line[start : start + LONGEST], goes_on=start > 0)
