"""Reads documents as passages: text, Markdown, reStructuredText, HTML, JSONL and PDF files, and folders of them.

A passage knows the nearest heading above it and the line of the file on which it starts. What cannot be read
is skipped with a reason, never silently.
"""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from chatkit.data.discover import existing
from chatkit.data.records import Problems, Report
from chatkit.data.rows import json_rows
from chatkit.errors import DataError
from chatkit.runtime.page_sections import page_sections
from chatkit.runtime.sections import Section, markdown, plain, restructured_text
from chatkit.text.chunk import chunk

MAX_BYTES = 64 * 2**20  # of a file that is read whole; JSONL is streamed


class SkippedFileError(DataError):
    """A file that is no document: of no known kind, no text, or too large."""


@dataclasses.dataclass(frozen=True)
class Document:
    """A file to be read.

    Args:
        path: Where it is, absolute.
        name: How it is shown: its path within the folder that was given, or its file name.
    """

    path: Path
    name: str


@dataclasses.dataclass(frozen=True)
class DocumentPassage:
    """A passage of a document.

    Args:
        text: The passage.
        heading: Nearest heading or title above it; "" if there is none.
        line: Line of the file on which it starts, from 1.
    """

    text: str
    heading: str
    line: int

    @property
    def indexed(self) -> str:
        """What is searched and encoded: heading and text, as title and text of a retrieval set are joined."""
        return f"{self.heading}. {self.text}" if self.heading else self.text


def find_documents(path: Path) -> Iterator[Document]:
    """The files of a folder, sorted, hidden ones left out; or the one file that was given.

    Raises:
        DataError: If there is no such path.
    """
    root = Path(os.path.abspath(existing(path)))
    if not root.is_dir():
        yield Document(root, root.name)
        return
    closed: list[OSError] = []
    for folder, folders, files in os.walk(root, onerror=closed.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith("."):
                found = Path(folder, name)
                yield Document(found, found.relative_to(root).as_posix())
    for error in closed:  # whoever reads it says that it cannot be read
        unread = Path(error.filename)
        yield Document(unread, unread.relative_to(root).as_posix())


def read_passages(path: Path, problems: Problems | None = None) -> Iterator[DocumentPassage]:
    """Passages of one file, in order.

    Args:
        path: The file.
        problems: Where rows of JSONL that hold no text are counted.

    Raises:
        SkippedFileError: If the file is of no known kind, no text, or too large.
        DataError: If it cannot be read.
    """
    if path.is_dir():
        raise DataError(f"cannot read folder {path}", hint="look at its permissions")
    suffix = path.suffix.lower()
    if suffix == ".jsonl":
        return _json_passages(path, problems if problems is not None else Problems())
    if suffix == ".pdf":
        return _pdf_passages(path)
    if suffix not in _SECTIONS:
        known = ", ".join([*_SECTIONS, ".jsonl", ".pdf"])
        raise SkippedFileError(f"{path} is of no known kind", hint=f"known: {known}")
    return _text_passages(path, _SECTIONS[suffix])


def _text_passages(path: Path, sections: Callable[[str], Iterable[Section]]) -> Iterator[DocumentPassage]:
    for section in sections(read_text(path)):
        for part, line in section.passages():
            yield DocumentPassage(part.text, section.heading, line)


def read_text(path: Path) -> str:
    """The text of a file, its line breaks ``\\n``.

    Raises:
        SkippedFileError: If it is no UTF-8, holds NUL bytes, or is too large to be read whole.
        DataError: If it cannot be read.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SkippedFileError(f"{path} is larger than {MAX_BYTES >> 20} MiB", hint="split it")
        data = path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = data.decode("utf-16" if wide else "utf-8-sig")
    except UnicodeDecodeError:
        raise SkippedFileError(f"{path} is no UTF-8 text", hint="convert it to UTF-8") from None
    if "\0" in text:
        raise SkippedFileError(f"{path} is no text: it holds NUL bytes")
    return text.replace("\r\n", "\n")


def _json_passages(path: Path, problems: Problems) -> Iterator[DocumentPassage]:
    report = Report(path, "skip", problems)
    usable = False
    for line, row in json_rows(path, report):
        heading, text = row_text(row)
        if not text.strip():
            report(line, 'no "text" and no "turns" with text')
        for part in chunk(text):
            usable = True
            yield DocumentPassage(part.text, heading, line)
    if problems.count and not usable:
        raise SkippedFileError(f"{path} holds no usable row", hint=f"first: {problems.first[0].what}")


def _pdf_passages(path: Path) -> Iterator[DocumentPassage]:
    """Passages of a PDF's text; the heading names the page, and the page counts as the line."""
    for number, text in pdf_pages(path):
        for part in chunk(text):
            yield DocumentPassage(part.text, f"Page {number}", number)


def pdf_pages(path: Path, first: int = 1) -> Iterator[tuple[int, str]]:
    """Number and text of each page, from page ``first``.

    Raises:
        SkippedFileError: If it is no PDF that can be read, is too large, or pypdf is missing.
        DataError: If the file cannot be read.
    """
    try:
        from pypdf import PdfReader
    except ImportError:
        raise SkippedFileError(f"{path}: reading PDF needs pypdf", hint="pip install 'chatkit-tui[pdf]'") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong is said once, below
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SkippedFileError(f"{path} is larger than {MAX_BYTES >> 20} MiB", hint="split it")
        pages = PdfReader(path).pages
        for number in range(max(first, 1), len(pages) + 1):
            yield number, pages[number - 1].extract_text() or ""
    except SkippedFileError:
        raise
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except Exception as error:  # whatever a damaged or locked file makes pypdf raise
        raise SkippedFileError(f"{path} is no PDF that can be read: {type(error).__name__}: {error}") from None


def row_text(row: Any) -> tuple[str, str]:
    """Title and text of a row of JSONL; "" where it has none."""
    if not isinstance(row, dict):
        return "", ""
    title = row.get("title")
    parts = [row["text"]] if isinstance(row.get("text"), str) else []
    turns = row.get("turns")
    for turn in turns if isinstance(turns, list) else []:
        if isinstance(turn, dict) and isinstance(turn.get("text"), str):
            parts.append(f"{turn.get('speaker', '')}: {turn['text']}")
    return (title.strip() if isinstance(title, str) else ""), "\n".join(parts)


_SECTIONS: dict[str, Callable[[str], Iterable[Section]]] = {
    ".txt": plain,
    ".md": markdown,
    ".markdown": markdown,
    ".rst": restructured_text,
    ".html": page_sections,
    ".htm": page_sections,
}
