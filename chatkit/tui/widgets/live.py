"""What the quick heads say of the message that is being typed: a few lines above the prompt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.content import Content
from textual.widget import Widget

from chatkit.head.answer import Answer, Bars, Hit, Ranking
from chatkit.tui.messages import PassageOpened
from chatkit.tui.text import one_line
from chatkit.tui.widgets.cards import MARGIN, NARROW, BarsCard

PASSAGES = 2


class Live(Widget):
    """The lines; hidden while nothing is typed.

    Args:
        id: Of the widget.
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._answers: list[tuple[str, Answer]] = []
        self._hits: list[Hit | None] = []  # which passage each line shows
        self.display = False

    @property
    def hits(self) -> Sequence[Hit]:
        """The passages that are shown."""
        return [hit for hit in self._hits if hit is not None] if self.display else []

    def show(self, answers: Sequence[dict[str, Any]]) -> None:
        """Show what the heads said; nothing hides the lines."""
        self._answers = []
        for found in answers:
            try:
                self._answers.append((str(found["head"]), Answer.from_json(found["answer"])))
            except (KeyError, ValueError, TypeError):
                continue  # what cannot be read is said when the message is sent
        height = len(self._lines(self.content_size.width or self.app.size.width))
        self.display = height > 0
        if self.display:
            self.styles.height = height
            self.refresh()

    def hide(self) -> None:
        """Show nothing."""
        self._answers, self.display = [], False

    def render(self) -> Content:
        """The lines for the width there is."""
        return Content("\n").join(self._lines(self.content_region.width))

    def _lines(self, width: int) -> list[Content]:
        margin = MARGIN if width >= NARROW else 0
        lines: list[Content] = []
        self._hits = []
        for head, answer in self._answers:
            for block in answer.blocks:
                found: list[tuple[Content, Hit | None]] = []
                if isinstance(block, Bars):
                    found = [(BarsCard(head, block).lines(max(width - margin, 8))[0], None)]
                elif isinstance(block, Ranking) and self.app.size.height >= 18:
                    found = [(_passage(hit, width - margin), hit) for hit in block.items[:PASSAGES]]
                for n, (line, hit) in enumerate(found):
                    name = set_cell_size(one_line(head) if n == 0 else "", margin) if margin else ""
                    lines.append(Content.styled(name, "$quiet") + line)
                    self._hits.append(hit)
        return lines

    def on_click(self, event: events.Click) -> None:
        """Open the passage that was clicked."""
        if 0 <= event.y < len(self._hits) and (hit := self._hits[event.y]) is not None:
            self.post_message(PassageOpened(hit))


def _passage(hit: Hit, width: int) -> Content:
    source, heading = one_line(hit.source), one_line(hit.heading)
    line = Content.assemble(
        (source, "$accent"), "  ", (heading, "bold"), "  " if heading else "", (one_line(hit.text), "")
    )
    return line.truncate(max(width, cell_len(source[:8]), 1), ellipsis=True)
