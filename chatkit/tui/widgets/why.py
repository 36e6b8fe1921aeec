"""The card that says why a reply was chosen: the candidates, their figures, which are not dominated."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len, set_cell_size
from textual.content import Content

from chatkit.tui.dial import candidates, heading
from chatkit.tui.text import one_line
from chatkit.tui.widgets.cards import Card

MARKS = {"said": ("▸", "bold $accent"), "front": ("•", "$accent"), "": (" ", "")}
LEGEND = (
    "▸ said   • no other beats it in one figure without losing in another",
    "sum: each from 0, the worst of these replies, to 1, the best, times its weight ×",
)
_LEAST_TEXT = 24
_WIDE = 80  # what the sum is stands where there is room for it


class WhyCard(Card):
    """A choice among drawn replies.

    Args:
        choice: As ``runtime.choosing.Choice.as_json`` gives it.
    """

    def __init__(self, choice: Mapping[str, Any]) -> None:
        super().__init__("why")
        self.choice = choice

    def lines(self, width: int) -> list[Content]:
        """The reason, and a line for each candidate: two where it is narrow."""
        names, rows = heading(self.choice), candidates(self.choice)
        columns = [max(cell_len(one_line(name)), 5) for name in names]
        figures_width = sum(columns) + 2 * len(columns) + 2
        apart = width - figures_width < _LEAST_TEXT
        lines = [Content(line) for line in textwrap.wrap(one_line(str(self.choice.get("why", ""))), max(width, 20))]
        header = "  ".join(set_cell_size(one_line(name), size) for name, size in zip(names, columns, strict=True))
        lines.append(Content.styled(set_cell_size(f"  {header}", min(figures_width, width)), "$quiet"))
        for mark, figures, text in rows:
            sign, style = MARKS[mark]
            cells = "  ".join(f"{figure:>{size}}" for figure, size in zip(figures, columns, strict=True))
            room = width - (2 if apart else figures_width)
            said = one_line(text)
            said = said if cell_len(said) <= room else set_cell_size(said, max(room - 1, 1)) + "…"
            bold = "bold" if mark == "said" else ""
            if apart:
                lines += [
                    Content.assemble(
                        (f"{sign} ", style), (set_cell_size(cells, min(cell_len(cells), width - 2)), bold)
                    ),
                    Content.assemble("  ", (said, bold or "$quiet")),
                ]
            else:
                lines.append(Content.assemble((f"{sign} ", style), (cells, bold), "  ", (said, bold or "$quiet")))
        for name, reason in self.choice.get("missing", {}).items():
            lines.append(Content.styled(one_line(f"{name} was not weighed: {reason}")[: max(width, 1)], "$warning"))
        for sentence in LEGEND[: 2 if width >= _WIDE else 1]:
            lines.append(Content.styled(set_cell_size(sentence, min(cell_len(sentence), width)), "$quiet"))
        return lines
