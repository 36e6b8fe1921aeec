"""The transcript: the turns of a session, the latest at the bottom.

Only a window of a long session is mounted; scrolling to its top mounts the turns above.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from chatkit.tui.text import shown


class Transcript(VerticalScroll, can_focus=False):
    """The transcript; follows its end unless the user has scrolled up."""

    BINDINGS: ClassVar[list[BindingType]] = []

    class TopReached(Message):
        """The user has scrolled to the top of what is mounted."""

    def on_mount(self) -> None:
        """Follow the end."""
        self.anchor()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for more at the top."""
        super().watch_scroll_y(old_value, new_value)
        if new_value <= 0 < old_value:
            self.post_message(self.TopReached())

    async def add(self, widget: Widget) -> None:
        """Put a turn or a note at the end, and go there."""
        await self.mount(widget)
        self.anchor()

    async def note(self, content: Content | str, classes: str = "note") -> None:
        """Put a line of chatkit's own at the end."""
        await self.add(Static(Content(shown(content)) if isinstance(content, str) else content, classes=classes))

    async def clear(self) -> None:
        """Take everything off the screen."""
        await self.remove_children()

    async def put_above(self, views: Sequence[Widget]) -> None:
        """Mount turns above the first one, without moving what the user looks at."""
        height = self.virtual_size.height
        if views:
            await self.mount_all(views, before=0 if self.children else None)
            self.call_after_refresh(
                lambda: self.scroll_relative(y=self.virtual_size.height - height, animate=False, immediate=True)
            )
