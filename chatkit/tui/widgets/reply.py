"""The reply: Markdown that streams.

It is drawn a frame at a time (``chatkit.tui.frames``); at the end the whole is drawn once more where it holds Markdown,
for a code fence that was cut by a piece is only then seen as one. Images are not fetched, HTML is shown as text, and a
line break in the text is one on the screen.
"""

from __future__ import annotations

import re
from typing import Any

from markdown_it import MarkdownIt
from textual.widgets import Markdown

from chatkit.tui.text import shown

_MARKUP = re.compile(r"[`*_~|\[\]<>\\#&]|^\s*([-+]|\d+[.)])\s|^ {4}|^\s*(---|===)", re.MULTILINE)


def is_plain(text: str) -> bool:
    """Whether Markdown would show this text as it is."""
    return _MARKUP.search(text) is None


class ReplyMarkdown(Markdown):
    """A reply that grows."""

    def __init__(self) -> None:
        super().__init__(parser_factory=_parser, open_links=False)

    async def grow(self, text: str) -> None:
        """Draw more text."""
        await self.append(shown(text))

    async def finish(self, text: str) -> None:
        """Draw the whole text in place of all that was streamed, unless that is what stands there."""
        whole = shown(text)
        if self.source != whole or not is_plain(whole):
            await self.update(whole)


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    parser.core.ruler.push("hard_breaks", _break_hard)
    return parser


def _break_hard(state: Any) -> None:
    for token in state.tokens:
        for child in token.children or ():
            if child.type == "softbreak":
                child.type = "hardbreak"
