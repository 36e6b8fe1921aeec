"""A list whose highlighted row stays in view when the terminal is resized."""

from __future__ import annotations

from textual.widgets import OptionList


class Listing(OptionList):
    """An ``OptionList`` that goes after its highlighted row."""

    def on_resize(self) -> None:
        """Scroll to it once the new layout stands."""
        self.call_after_refresh(self.scroll_to_highlight)
