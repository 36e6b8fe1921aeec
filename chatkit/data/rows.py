"""Streams rows out of files: lines, JSON rows, table rows, blocks of plain text, each with its line number.

What is wrong with a row goes to a ``Report``, which raises or counts; one line at a time is held in memory.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatkit.data.discover import suffix_of
from chatkit.data.records import LABEL_KEYS, TEXT_KEYS, Report
from chatkit.errors import DataError

MAX_LINE = 16 * 2**20  # bytes; a file without line breaks must not fill the memory
BLOCK = 2000  # characters of plain text in one record
_ESCAPED = re.compile("[\udc80-\udcff]")  # how "surrogateescape" spells a byte that is not UTF-8


def lines(path: Path, report: Report) -> Iterator[tuple[int, bytes]]:
    """Lines of a file, plain or gzipped, with their line break; a byte order mark is dropped.

    Args:
        path: The file.
        report: Takes over-long lines, and the place where a damaged gzip file breaks off.
    Yields:
        Line number from 1, and the bytes of the line.
    Raises:
        DataError: If the file cannot be read.
    """
    number = 0
    try:
        with gzip.open(path) if path.suffix.lower() == ".gz" else path.open("rb") as file:
            while data := file.readline(MAX_LINE):
                number += 1
                if len(data) == MAX_LINE and not data.endswith(b"\n"):
                    while (rest := file.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                        pass
                    report(number, f"a line of more than {MAX_LINE >> 20} MiB")
                    continue
                yield number, data.removeprefix(b"\xef\xbb\xbf") if number == 1 else data
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        if number == 0 and isinstance(error, gzip.BadGzipFile):
            raise DataError(f"{path} is no gzip file", hint="unpack it, or drop .gz from its name") from None
        report(number + 1, "the gzip file breaks off or is damaged here; what follows is lost")
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None


def text_lines(path: Path, report: Report) -> Iterator[tuple[int, str]]:
    """Lines of a file as text without the line break; a line that is not UTF-8 is reported."""
    for number, data in lines(path, report):
        try:
            yield number, data.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            report(number, f"not UTF-8 (byte 0x{data[error.start]:02x} at position {error.start + 1})")


def json_rows(path: Path, report: Report) -> Iterator[tuple[int, Any]]:
    """Rows of a JSONL file: line number and parsed value; blank lines are passed over."""
    for number, line in text_lines(path, report):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            report(number, f"broken JSON: {error.msg} at column {error.colno}")
        except (ValueError, RecursionError):
            report(number, "broken JSON: nested too deeply, or a number too long")
        else:
            yield number, row


def table_rows(path: Path, report: Report) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV or TSV file with a header: line on which the row ends, and column -> text.

    Quoted fields may hold line breaks. CSV is separated by what its header uses: comma, semicolon or tab.
    """
    source = (data.decode("utf-8", "surrogateescape") for _, data in lines(path, report))
    header_line = next(source, "")
    separator = "\t" if suffix_of(path) == ".tsv" else _separator(header_line)
    table = csv.reader(itertools.chain([header_line], source), delimiter=separator, strict=True)
    header: list[str] | None = None
    while True:
        try:
            cells = next(table)
        except StopIteration:
            return
        except csv.Error as error:
            report(table.line_num, f"broken table row: {error}")
            continue
        if not cells or not any(map(str.strip, cells)):
            continue
        if _ESCAPED.search("".join(cells)):
            report(table.line_num, "not UTF-8")
        elif header is None:
            header = [name.strip() for name in cells]
        elif len(cells) != len(header):
            report(table.line_num, f"{len(cells)} columns where the header has {len(header)}")
        else:
            yield table.line_num, dict(zip(header, cells, strict=True))


def _separator(header: str) -> str:
    known = set(TEXT_KEYS) | set(LABEL_KEYS) | {"src", "tgt"}

    def names(separator: str) -> int:
        return len(known & {name.strip(' "').casefold() for name in header.strip().split(separator)})

    return max(",;\t", key=names)  # the first of equals: a comma


def text_blocks(path: Path, report: Report, size: int = BLOCK) -> Iterator[tuple[int, str]]:
    """Plain text in blocks of whole lines: line of its start, and a block of at most ``size`` characters.

    Lines are gathered until the next would not fit, so that a model sees more than a line of context; blank
    lines are dropped at the ends of a block and kept within. A longer line is cut, at a space if it has one.
    """
    block: list[str] = []
    held = start = 0
    for number, line in text_lines(path, report):
        for piece in cut(line, size):
            if block and held + len(piece) + 1 > size:
                yield start, "\n".join(block).strip("\n")
                block, held = [], 0
            if not block and not piece.strip():
                continue
            if not block:
                start = number
            block.append(piece)
            held += len(piece) + 1
    if block:
        yield start, "\n".join(block).strip("\n")


def cut(line: str, size: int) -> Iterator[str]:
    """Pieces of at most ``size`` characters of a line, cut after the last space that fits, else anywhere."""
    start = 0
    while len(line) - start > size:
        space = line.rfind(" ", start + size // 2, start + size)
        end = space + 1 if space >= 0 else start + size
        yield line[start:end]
        start = end
    yield line[start:]
