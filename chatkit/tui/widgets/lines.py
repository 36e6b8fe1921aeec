"""Lines of a document, wrapped, with their numbers beside them, marks in them, and only those in view drawn."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import chop_cells
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from chatkit.runtime.document_lines import Line
from chatkit.runtime.viewing import Span
from chatkit.tui.keys import own_bindings
from chatkit.tui.text import shown

NARROW = 50  # below this width there are no numbers


class _Row(NamedTuple):
    """A row on the screen: characters ``start`` to ``end`` of a line."""

    line: int
    start: int
    end: int


class Lines(ScrollView, can_focus=True, inherit_bindings=False):
    """The lines; scrolls, and asks for more at its ends."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lines--number",
        "lines--heading",
        "lines--passage",
        "lines--found",
        "lines--here",
    }
    ALLOW_SELECT = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Line above", show=False),
        Binding("down,j", "scroll_down", "Line below", show=False),
        Binding("pageup", "page_up", "Page above", show=False),
        Binding("pagedown,space", "page_down", "Page below", show=False),
    ]

    class EndReached(Message):
        """The user has scrolled to an end of what is there.

        Args:
            below: Whether it is the lower end.
        """

        def __init__(self, *, below: bool) -> None:
            super().__init__()
            self.below = below

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._lines: Sequence[Line] = ()
        self._rows: list[_Row] = []
        self._passage: dict[int, list[tuple[int, int]]] = {}
        self._found: dict[int, list[tuple[int, int]]] = {}
        self._here: Span | None = None
        self._numbers = 0  # cells of the gutter
        self._numbered = True

    def show(self, lines: Sequence[Line], passage: Iterable[Span] = (), *, numbered: bool = True) -> None:
        """Show lines.

        Args:
            lines: The lines.
            passage: What of them is the passage.
            numbered: Whether they have numbers worth showing.
        """
        self._lines, self._numbered = lines, numbered
        self._passage, self._found, self._here = _by_line(passage), {}, None
        self._wrap()

    def mark(self, found: Iterable[Span], here: Span | None) -> None:
        """Mark what was searched for, and which of it the user is at."""
        self._found, self._here = _by_line(found), here
        self.refresh()

    def go_to(self, line: int, character: int = 0, *, share: float = 0.3) -> None:
        """Scroll so that a line stands a share of the height below the top."""
        if self._rows:
            at = max(bisect.bisect_right(self._rows, (line, character), key=lambda row: row[:2]) - 1, 0)
            y = at - int(self.size.height * share)
            self.scroll_to(y=max(y, 0), animate=False, immediate=True, force=True)

    @property
    def top(self) -> int:
        """The line at the top of the screen."""
        at = min(max(round(self.scroll_y), 0), len(self._rows) - 1)
        return self._rows[at].line if self._rows else 0

    def on_resize(self) -> None:
        """Wrap anew, and stay at the same line."""
        top = self.top
        self._wrap()
        self.go_to(top, share=0)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for more at the ends."""
        super().watch_scroll_y(old_value, new_value)
        if new_value <= 0 < old_value:
            self.post_message(self.EndReached(below=False))
        elif new_value >= self.max_scroll_y and new_value > old_value:
            self.post_message(self.EndReached(below=True))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Ask for more at the top, also where it is there already."""
        if self.scroll_y <= 0:
            self.post_message(self.EndReached(below=False))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Ask for more at the bottom, also where it is there already."""
        if self.scroll_y >= self.max_scroll_y:
            self.post_message(self.EndReached(below=True))

    async def _on_key(self, event: events.Key) -> None:
        """Keys that were typed faster than the focus could move belong to where it is now."""
        if self.screen.focused is self:
            for binding in own_bindings(self.screen, event.key):
                if binding.action == "search":  # here, or the letters behind it would overtake it
                    event.stop()
                    event.prevent_default()
                    await self.screen.run_action(binding.action)
        elif self.screen.focused is not None:
            event.stop()
            event.prevent_default()
            self.screen.focused.post_message(events.Key(event.key, event.character))

    # Layout

    def _wrap(self) -> None:
        width = self.scrollable_content_region.width
        last = max((line.number for line in self._lines), default=0)
        self._numbers = len(str(last)) + 2 if self._numbered and width >= NARROW else 0
        room = max(width - self._numbers, 8)
        self._rows = [
            _Row(n, start, end) for n, line in enumerate(self._lines) for start, end in wrapped(line.text, room)
        ]
        self.virtual_size = Size(width, len(self._rows))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """One row."""
        at, width = y + round(self.scroll_offset.y), self.size.width
        if at >= len(self._rows):
            return Strip.blank(width, self.rich_style)
        row = self._rows[at]
        segments = [Segment(text, style) for text, style in self._selected(at, self._pieces(row))]
        number = Segment(self._number(row).ljust(self._numbers), self.rich_style + self._style("number"))
        strip = Strip([number, *segments])
        return strip.extend_cell_length(width, self.rich_style).crop(0, width).apply_offsets(0, at)

    def _number(self, row: _Row) -> str:
        """The number beside a row: at the first row of a line that has another one than the line above."""
        line = self._lines[row.line]
        same = row.line and self._lines[row.line - 1].number == line.number
        return "" if not self._numbers or row.start or same else f"{line.number:>{self._numbers - 2}}"

    def _pieces(self, row: _Row) -> list[tuple[str, Style]]:
        """The row's text, cut where its look changes."""
        line, plain = self._lines[row.line], self.rich_style
        base = plain + self._style("heading") if line.heading else plain
        looks = [(start, end, "passage") for start, end in self._passage.get(row.line, ())]
        looks += [(start, end, "found") for start, end in self._found.get(row.line, ())]
        if self._here is not None and self._here[0] == row.line:
            looks.append((self._here[1], self._here[2], "here"))
        cuts = {row.start, row.end}
        cuts |= {cut for start, end, _ in looks for cut in (start, end) if row.start < cut < row.end}
        ordered = sorted(cuts)
        out = []
        for start, end in itertools.pairwise(ordered):
            style = base
            for from_, to, name in looks:
                if from_ <= start < to:
                    style = base + self._style(name)
            out.append((_shown(line.text[start:end]), style))
        return out

    def _selected(self, at: int, parts: list[tuple[str, Style]]) -> list[tuple[str, Style]]:
        """The same with what the mouse has selected."""
        selection = self.text_selection
        span = selection.get_span(at) if selection is not None else None
        if span is None:
            return parts
        look = self.screen.get_component_rich_style("screen--selection")
        first, last = span[0] - self._numbers, span[1] - self._numbers if span[1] >= 0 else 10**9
        out: list[tuple[str, Style]] = []
        offset = 0
        for text, style in parts:
            a, b = (min(max(edge - offset, 0), len(text)) for edge in (first, last))
            out += [(text[:a], style), (text[a:b], style + look), (text[b:], style)]
            offset += len(text)
        return [(text, style) for text, style in out if text]

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """The text that the mouse has selected."""
        rows = [" " * self._numbers + _shown(self._lines[r.line].text[r.start : r.end]) for r in self._rows]
        return selection.extract("\n".join(rows)), "\n"

    def selection_updated(self, selection: Selection | None) -> None:
        """Show it."""
        self.refresh()

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"lines--{name}", partial=True)


def wrapped(text: str, width: int) -> list[tuple[int, int]]:
    """Where a line breaks to fit a width in cells: from and to which character each row goes."""
    if len(text) <= width and text.isascii() and "\t" not in text:
        return [(0, len(text))]
    out, start = list[tuple[int, int]](), 0
    while start < len(text):
        end = start + _fitting(text[start : start + 2 * width], width)
        if end < len(text):
            space = text.rfind(" ", start + 1, end + 1)
            end = space + 1 if space > start + (end - start) // 3 else end
        out.append((start, end))
        start = end
    return out or [(0, 0)]


def _fitting(text: str, width: int) -> int:
    """How many characters fit; one at least."""
    if text.isascii() and "\t" not in text:
        return min(len(text), width)
    return max(len(chop_cells(_shown(text), width)[0]), 1) if text else 0


def _shown(text: str) -> str:
    """One character for one: so that places in the text are places on the screen."""
    return shown(text.replace("\t", " ").replace("\r", " ")).replace("\n", " ")


def _by_line(found: Iterable[Span]) -> dict[int, list[tuple[int, int]]]:
    out: dict[int, list[tuple[int, int]]] = {}
    for line, start, end in found:
        out.setdefault(line, []).append((start, end))
    return out
