"""The list above the prompt: what can be taken while something is typed. The prompt keeps the focus and hands keys on.

``Input``-based autocompletion widgets do not fit a ``TextArea``; this one draws a list over the transcript and
knows nothing of the prompt but its text.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.content import Content
from textual.geometry import Offset, Region
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from chatkit.tui.completing import Choice

MOST_LINES = 8
_STEPS = {"up": -1, "down": 1}


class Choices(Widget, can_focus=False):
    """The list.

    Args:
        id: Of the widget.
    """

    at: reactive[int] = reactive(0)

    class Taken(Message):
        """A choice was clicked."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.items: Sequence[Choice] = ()
        self.title = ""
        self._top = 0
        self.display = False

    @property
    def chosen(self) -> Choice | None:
        """The choice that stands out; None while nothing is offered."""
        return self.items[self.at] if self.display and self.items else None

    def offer(self, items: Sequence[Choice], prompt: Region, title: str = "") -> None:
        """Show these above the prompt; nothing to show closes the list.

        Args:
            items: What is offered.
            prompt: Where the prompt is on the screen.
            title: A line above them; with it the list stays open when nothing fits.
        """
        chosen = self.items[self.at] if self.at < len(self.items) else None
        self.items, self.title = items, title
        self.at = items.index(chosen) if chosen in items else 0
        self._top = 0
        self.display = bool(items) or bool(title)
        if self.display:
            self.place(prompt)
            self.refresh()

    def place(self, prompt: Region) -> None:
        """Stand just above the prompt, as high as there is room."""
        lines = max(len(self.items), 1 if self.title else 0) + bool(self.title)
        height = max(min(lines, MOST_LINES + bool(self.title), prompt.y), 1)
        self.styles.height, self.styles.width = height, max(prompt.width, 1)
        self.styles.offset = Offset(prompt.x, max(prompt.y - height, 0))

    def close(self) -> None:
        """Offer nothing."""
        self.items, self.title, self.display = (), "", False

    def move(self, key: str) -> bool:
        """Go where a key leads; whether it leads anywhere."""
        if not self.display or key not in _STEPS:
            return False
        if self.items:
            self.at = (self.at + _STEPS[key]) % len(self.items)
        return True

    def render(self) -> Content:
        """The lines that fit, the chosen one marked."""
        width, rows = self.content_region.width, max(self.content_region.height - bool(self.title), 1)
        self._top = min(max(self._top, self.at - rows + 1), self.at)
        shown = self.items[self._top : self._top + rows]
        column = min(max((cell_len(choice.label) for choice in shown), default=0), max(width - 4, 8))
        lines = [Content.styled(f" {self.title}", "$quiet")] if self.title else []
        lines += [self._line(choice, column, width, self._top + n == self.at) for n, choice in enumerate(shown)]
        if not shown:
            lines.append(Content.styled("  nothing fits", "$quiet"))
        return Content("\n").join(lines)

    def _line(self, choice: Choice, column: int, width: int, here: bool) -> Content:
        label = set_cell_size(choice.label, column) if cell_len(choice.label) <= column else choice.label
        line = Content.assemble(
            ("› " if here else "  ", "bold $accent"),
            (label, "bold $accent" if here else "$foreground"),
            "  ",
            (choice.hint, "$quiet"),
        )
        return line.truncate(max(width, 1), ellipsis=True, pad=True)

    def on_click(self, event: events.Click) -> None:
        """Take what was clicked."""
        number = self._top + event.y - bool(self.title)
        if 0 <= number < len(self.items):
            self.at = number
            self.post_message(self.Taken(self.items[number]))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go down."""
        event.stop()
        self.move("down")

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go up."""
        event.stop()
        self.move("up")
