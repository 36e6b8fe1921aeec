"""Splits the text of a document into sections, one under each heading: plain text, Markdown, reStructuredText."""

from __future__ import annotations

import bisect
import dataclasses
import re
from collections.abc import Iterator

from chatkit.text.chunk import Passage, chunk


@dataclasses.dataclass
class Section:
    """Text under one heading.

    Args:
        heading: The heading; "" above the first one.
        text: What stands under it.
        lines: (offset in the text, line of the file), ascending, the first at 0.
    """

    heading: str
    text: str
    lines: list[tuple[int, int]]

    def passages(self) -> Iterator[tuple[Passage, int]]:
        """Passages of the text, and the line of the file on which each starts; line breaks are counted once."""
        offset, line = self.lines[0]
        for part in chunk(self.text):
            known = self.lines[bisect.bisect_right(self.lines, part.start, key=lambda item: item[0]) - 1]
            if known[0] > offset:
                offset, line = known
            line += self.text.count("\n", offset, part.start)
            offset = part.start
            yield part, line


def plain(text: str) -> Iterator[Section]:
    """The whole text, without headings."""
    yield Section("", text, [(0, 1)])


_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)")
_UNDERLINE = re.compile(r"^([=\-~^\"'`#*+.:_])\1{2,}[ \t]*$")


def _marked(text: str, *, underlines: str, markdown: bool) -> Iterator[Section]:
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
            yield Section(heading, "\n".join(lines[start:first]), [(0, start + 1)])
            heading, start = title, i + 1
    yield Section(heading, "\n".join(lines[start:]), [(0, start + 1)])


def _is_title(lines: list[str], i: int) -> bool:
    """Whether the line above an underline is a title: text that is no longer, and that opens a paragraph."""
    above = lines[i - 1].strip()
    before = lines[i - 2].strip() if i > 1 else ""
    opens = not before or before == lines[i].strip() or bool(_FENCE.match(before))
    return bool(above) and opens and len(above) <= len(lines[i].rstrip()) + 2 and not _UNDERLINE.match(lines[i - 1])


def markdown(text: str) -> Iterator[Section]:
    """Sections by headings with ``#`` or underlines, outside of fenced code."""
    return _marked(text, underlines="=-", markdown=True)


def restructured_text(text: str) -> Iterator[Section]:
    """Sections by underlined titles, with or without an overline."""
    return _marked(text, underlines="=-~^\"'`#*+.:_", markdown=False)
