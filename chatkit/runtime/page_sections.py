"""Splits an HTML page into sections: its text by headings, each with the line of the file it stands on."""

from __future__ import annotations

import html.parser
import re
from collections.abc import Iterator

from chatkit.runtime.sections import Section


class _Page(html.parser.HTMLParser):
    """Collects the text of a page by headings; knows nothing of its looks."""

    HIDDEN = frozenset({"script", "style", "template", "noscript", "svg"})
    BLOCKS = frozenset({"p", "div", "section", "article", "table", "ul", "ol", "dl", "pre", "blockquote"})
    BREAKS = frozenset({"br", "li", "tr", "dt", "dd", "hr", "td", "th"})
    HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections = [Section("", "", [(0, 1)])]
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
        self.sections.append(Section(heading, "", [(0, self.getpos()[0])]))


def page_sections(text: str) -> Iterator[Section]:
    """Text of a page under its title and headings; scripts and styles left out."""
    page = _Page()
    page.feed(text)
    page.close()
    page.close_section("")
    yield from page.sections
