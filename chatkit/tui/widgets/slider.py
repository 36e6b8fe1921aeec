"""A slider: a number between two bounds, set by keyboard or mouse."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

NAME_CELLS, NUMBER_CELLS = 12, 6
_LONGEST = 41  # cells of a track: one step of 0.05 on -1 to 1


class Slider(Widget, can_focus=True):
    """One line: name, track, number, what more of it means where there is room.

    Args:
        name: Its name.
        low: Least value.
        high: Largest value.
        usual: Where it stands when nothing is asked for.
        value: Where it stands.
        what: What more of it means.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "move(-0.1)", "Less", id="slider.less"),
        Binding("right", "move(0.1)", "More", id="slider.more"),
        Binding("shift+left", "move(-0.01)", "A little less", show=False),
        Binding("shift+right", "move(0.01)", "A little more", show=False),
        Binding("home", "go('low')", "Least", show=False),
        Binding("end", "go('high')", "Most", show=False),
        Binding("delete,backspace", "go('usual')", "As it was", id="slider.usual"),
        Binding("up", "app.focus_previous", show=False),
        Binding("down", "app.focus_next", show=False),
    ]
    value: reactive[float] = reactive(0.0, init=False)

    class Changed(Message):
        """The user moved a slider.

        Args:
            slider: Which.
            value: Where to.
        """

        def __init__(self, slider: Slider, value: float) -> None:
            super().__init__()
            self.slider, self.value = slider, value

        @property
        def control(self) -> Slider:
            """The slider."""
            return self.slider

    def __init__(self, name: str, low: float, high: float, usual: float, value: float, *, what: str = "") -> None:
        super().__init__(name=name)
        self.low, self.high, self.usual, self.what = low, high, usual, what
        self.set_reactive(Slider.value, value)

    def render(self) -> Content:
        """The line for the width there is."""
        width = self.content_region.width
        track = self._track_cells(width)
        at, usual = (round(self._share(v) * (track - 1)) for v in (self.value, self.usual))
        low, high = sorted((at, usual))
        cells = [("━", "$accent") if low <= i <= high and low < high else ("─", "$faint") for i in range(track)]
        cells[usual] = ("┼", cells[usual][1])
        cells[at] = ("●", "bold $accent" if at != usual or self.has_focus else "$quiet")
        name = set_cell_size(self.name or "", NAME_CELLS)
        number = f"{self.value:>+{NUMBER_CELLS}.2f}" if self.low < 0 else f"{self.value:>{NUMBER_CELLS}.2f}"
        rest = width - NAME_CELLS - track - NUMBER_CELLS - 3
        what = self.what if cell_len(self.what) <= rest else set_cell_size(self.what, max(rest - 1, 0)) + "…"
        what = what if rest >= 12 else ""
        style = "bold" if self.has_focus else ""
        return Content.assemble((name, style), *cells, (number, style), "   ", (what, "$quiet"))

    def action_move(self, by: float) -> None:
        """Move by a step."""
        self._set(self.value + by)

    def action_go(self, where: str) -> None:
        """Go to the least, the largest or the usual value."""
        self._set({"low": self.low, "high": self.high, "usual": self.usual}[where])

    def on_key(self, event: events.Key) -> None:
        """Printable keys: the screen would take them for the prompt."""
        if event.character in ("0", "-", "+"):
            event.stop()
            if event.character == "0":
                self.action_go("usual")
            else:
                self._set(self.value + float(f"{event.character}0.1"))

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Jump to where the mouse is, and follow it."""
        self.focus()
        self.capture_mouse()
        self._set_at(event.x)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Follow the mouse while its button is held."""
        if self.app.mouse_captured is self:
            self._set_at(event.x)

    def on_mouse_up(self) -> None:
        """Let the mouse go."""
        self.release_mouse()

    def _set_at(self, x: int) -> None:
        track = self._track_cells(self.content_region.width)
        share = (x - self.styles.padding.left - NAME_CELLS) / max(track - 1, 1)
        self._set(round((self.low + min(max(share, 0.0), 1.0) * (self.high - self.low)) * 20) / 20)

    def _set(self, value: float) -> None:
        value = round(min(max(value, self.low), self.high), 2) + 0.0  # no -0
        if value != self.value:
            self.value = value
            self.post_message(self.Changed(self, value))

    def _share(self, value: float) -> float:
        return (value - self.low) / (self.high - self.low)

    def _track_cells(self, width: int) -> int:
        return max(min(width - NAME_CELLS - NUMBER_CELLS - 1, _LONGEST), 5)
