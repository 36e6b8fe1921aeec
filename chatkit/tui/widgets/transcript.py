"""The transcript: the turns of a session, the latest at the bottom.

Only a window of a long session is mounted; scrolling to its top mounts the turns above.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    class BottomReached(Message):
        """The user has scrolled to the bottom of what is mounted."""

    @property
    def is_away(self) -> bool:
        """Whether the user has scrolled up from the end."""
        return self.max_scroll_y - self.scroll_y > 1

    def on_mount(self) -> None:
        """Follow the end."""
        self.anchor()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Ask for more at the top and at the bottom."""
        super().watch_scroll_y(old_value, new_value)
        if new_value <= 0 < old_value:
            self.post_message(self.TopReached())
        elif new_value >= self.max_scroll_y and new_value > old_value:
            self.post_message(self.BottomReached())

    async def add(self, widget: Widget) -> None:
        """Put a turn or a card at the end, and go there."""
        await self.mount(widget)
        self.anchor()

    def _show_beginning(self, widget: Widget) -> None:
        if widget.outer_size.height > self.size.height:
            self.release_anchor()
            self.scroll_to_widget(widget, top=True, animate=False, force=True)

    async def note(self, content: Content | str, classes: str = "note") -> None:
        """Put a line of chatkit's own at the end; of a report that is taller than the screen show the beginning."""
        note = Static(Content(shown(content)) if isinstance(content, str) else content, classes=classes)
        await self.add(note)
        self.call_after_refresh(self._show_beginning, note)

    async def clear(self) -> None:
        """Take everything off the screen."""
        await self.remove_children()

    async def put_above(self, views: Sequence[Widget], drop: int = 0) -> None:
        """Mount turns above the first one, without moving what the user looks at.

        Args:
            views: The turns.
            drop: So many widgets leave at the end.
        """
        if views:
            put_back = self._hold(self.children[0])
            leaving = self.children[len(self.children) - drop :]
            await self.mount_all(views, before=0)
            await self.remove_children(leaving)
            self.call_after_refresh(put_back)

    async def put_below(self, views: Sequence[Widget], drop: int = 0) -> None:
        """Mount turns below the last one, without going there.

        Args:
            views: The turns.
            drop: So many widgets leave at the beginning.
        """
        if views:
            put_back = self._hold(self.children[-1])
            self.release_anchor()
            leaving = self.children[:drop]
            await self.mount_all(views)
            await self.remove_children(leaving)
            self.call_after_refresh(put_back)

    def bring_up(self, widget: Widget) -> None:
        """Scroll so that a widget stands at the top; where all fits on the screen, nothing moves."""
        if self.max_scroll_y > 0:
            self.release_anchor()
            self.scroll_to_widget(widget, animate=False, top=True, force=True)

    def _hold(self, widget: Widget) -> Callable[[], None]:
        """What puts a widget back where it is on the screen now, after others came and went around it."""
        before = widget.virtual_region.y - self.scroll_y

        def put_back() -> None:
            if widget.is_attached:
                self.scroll_to(y=widget.virtual_region.y - before, animate=False, immediate=True, force=True)

        return put_back
