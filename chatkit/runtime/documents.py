"""Reads documents as passages: text, Markdown, reStructuredText, HTML, JSONL and PDF files, and folders of them.

A passage knows the nearest heading above it and the line of the file on which it starts. What cannot be read
is skipped with a reason, never silently.
"""

from __future__ import annotations

import bisect
import dataclasses
import html.parser
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from chatkit.data.discover import existing
from chatkit.data.records import Problems, Report
from chatkit.data.rows import json_rows
from chatkit.errors import DataError
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


@dataclasses.dataclass
class _Section:
    """Text under one heading; ``lines`` are (offset in it, line of the file), ascending, the first at 0."""

    heading: str
    text: str
    lines: list[tuple[int, int]]

    def passages(self) -> Iterator[DocumentPassage]:
        for part in chunk(self.text):
            offset, line = self.lines[bisect.bisect_right(self.lines, part.start, key=lambda item: item[0]) - 1]
            yield DocumentPassage(part.text, self.heading, line + self.text.count("\n", offset, part.start))


def _text_passages(path: Path, sections: Callable[[str], Iterable[_Section]]) -> Iterator[DocumentPassage]:
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
    for section in sections(text.replace("\r\n", "\n")):
        yield from section.passages()


def _json_passages(path: Path, problems: Problems) -> Iterator[DocumentPassage]:
    report = Report(path, "skip", problems)
    usable = False
    for line, row in json_rows(path, report):
        heading, text = _row_text(row)
        if not text.strip():
            report(line, 'no "text" and no "turns" with text')
        for part in chunk(text):
            usable = True
            yield DocumentPassage(part.text, heading, line)
    if problems.count and not usable:
        raise SkippedFileError(f"{path} holds no usable row", hint=f"first: {problems.first[0].what}")


def _pdf_passages(path: Path) -> Iterator[DocumentPassage]:
    """Passages of a PDF's text; the heading names the page, and the page counts as the line."""
    try:
        from pypdf import PdfReader
    except ImportError:
        raise SkippedFileError(f"{path}: reading PDF needs pypdf", hint="pip install 'chatkit-tui[pdf]'") from None
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # what is wrong is said once, below
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SkippedFileError(f"{path} is larger than {MAX_BYTES >> 20} MiB", hint="split it")
        for number, page in enumerate(PdfReader(path).pages, start=1):
            for part in chunk(page.extract_text() or ""):
                yield DocumentPassage(part.text, f"Page {number}", number)
    except SkippedFileError:
        raise
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror or error}") from None
    except Exception as error:  # whatever a damaged or locked file makes pypdf raise
        raise SkippedFileError(f"{path} is no PDF that can be read: {type(error).__name__}: {error}") from None


def _row_text(row: Any) -> tuple[str, str]:
    if not isinstance(row, dict):
        return "", ""
    title = row.get("title")
    parts = [row["text"]] if isinstance(row.get("text"), str) else []
    turns = row.get("turns")
    for turn in turns if isinstance(turns, list) else []:
        if isinstance(turn, dict) and isinstance(turn.get("text"), str):
            parts.append(f"{turn.get('speaker', '')}: {turn['text']}")
    return (title.strip() if isinstance(title, str) else ""), "\n".join(parts)


def _plain(text: str) -> Iterator[_Section]:
    yield _Section("", text, [(0, 1)])


_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_UNDERLINE = re.compile(r"^([=\-~^\"'`#*+.:_])\1{2,}[ \t]*$")


def _marked(text: str, *, underlines: str, markdown: bool) -> Iterator[_Section]:
    """Sections by underlined titles, and in Markdown by ``#`` headings outside of fenced code."""
    lines = text.split("\n")
    heading, start, fence = "", 0, ""
    for i, line in enumerate(lines):
        if markdown and (match := _FENCE.match(line)):
            fence = "" if fence and match[1].startswith(fence) else fence or match[1]
        title, first = "", i
        if fence:
            pass  # code
        elif markdown and (match := _HEADING.match(line)):
            title = match[1]
        elif i > start and (match := _UNDERLINE.match(line)) and match[1] in underlines and _is_title(lines, i):
            overlined = i - 2 >= start and lines[i - 2].rstrip() == line.rstrip()
            title, first = lines[i - 1].strip(), i - 2 if overlined else i - 1
        if title:
            yield _Section(heading, "\n".join(lines[start:first]), [(0, start + 1)])
            heading, start = title, i + 1
    yield _Section(heading, "\n".join(lines[start:]), [(0, start + 1)])


def _is_title(lines: list[str], i: int) -> bool:
    """Whether the line above an underline is a title: text that is no longer, and that opens a paragraph."""
    above = lines[i - 1].strip()
    before = lines[i - 2].strip() if i > 1 else ""
    opens = not before or before == lines[i].strip() or bool(_FENCE.match(before))
    return bool(above) and opens and len(above) <= len(lines[i].rstrip()) + 2 and not _UNDERLINE.match(lines[i - 1])


def _markdown(text: str) -> Iterator[_Section]:
    return _marked(text, underlines="=-", markdown=True)


def _rst(text: str) -> Iterator[_Section]:
    return _marked(text, underlines="=-~^\"'`#*+.:_", markdown=False)


class _Page(html.parser.HTMLParser):
    """Collects the text of a page by headings; knows nothing of its looks."""

    HIDDEN = frozenset({"script", "style", "template", "noscript", "svg"})
    BLOCKS = frozenset({"p", "div", "section", "article", "table", "ul", "ol", "dl", "pre", "blockquote"})
    BREAKS = frozenset({"br", "li", "tr", "dt", "dd", "hr", "td", "th"})
    HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections = [_Section("", "", [(0, 1)])]
        self._parts: list[str] = []
        self._length = 0
        self._title: list[str] | None = None
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "title" or tag in self.HEADINGS:
            self._title = []
        elif tag in self.HIDDEN:
            self._hidden += 1
        elif tag in self.BLOCKS or tag in self.BREAKS:
            self._add("\n\n" if tag in self.BLOCKS else "\n")

    def handle_endtag(self, tag: str) -> None:
        if (tag == "title" or tag in self.HEADINGS) and self._title is not None:
            self.close_section(" ".join("".join(self._title).split()))
            self._title = None
        elif tag in self.HIDDEN:
            self._hidden = max(0, self._hidden - 1)
        elif tag in self.BLOCKS:
            self._add("\n\n")

    def handle_data(self, data: str) -> None:
        if self._title is not None:
            self._title.append(data)
        elif not self._hidden and data:
            if data.strip():
                lead = len(data) - len(data.lstrip())
                line = self.getpos()[0] + data.count("\n", 0, lead)
                self.sections[-1].lines.append((self._length, line))
            self._add(re.sub(r"\s+", " ", data))

    def _add(self, text: str) -> None:
        if text[0] == " " and self._parts and self._parts[-1][-1].isspace():
            text = text[1:]
        if not text:
            return
        self._parts.append(text)
        self._length += len(text)

    def close_section(self, heading: str) -> None:
        """End the section that is being read, and open the next one under this heading."""
        self.sections[-1].text = "".join(self._parts)
        self._parts, self._length = [], 0
        self.sections.append(_Section(heading, "", [(0, self.getpos()[0])]))


def _html(text: str) -> Iterator[_Section]:
    page = _Page()
    page.feed(text)
    page.close()
    page.close_section("")
    yield from page.sections


_SECTIONS: dict[str, Callable[[str], Iterable[_Section]]] = {
    ".txt": _plain,
    ".md": _markdown,
    ".markdown": _markdown,
    ".rst": _rst,
    ".html": _html,
    ".htm": _html,
}
