"""The dial's panel between transcript and prompt: a slider for each objective that can be weighed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from chatkit.tui.bindings import named
from chatkit.tui.dial import figures, moved
from chatkit.tui.widgets.slider import Slider

HINT = "move   ↑↓ choose   0 as it was   Esc back to the prompt; the next reply is chosen by this"


class DialPanel(Vertical):
    """Sliders; stays open while the user chats.

    Args:
        sliders: What can be weighed, as the engine told.
        dial: Where it stands.
        front: The measured front of the weights, {} where there is none.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back to the prompt", show=False)]

    class Moved(Message):
        """The dial was moved.

        Args:
            dial: Where to.
        """

        def __init__(self, dial: dict[str, float]) -> None:
            super().__init__()
            self.dial = dial

    class Left(Message):
        """The user goes back to the prompt."""

    def __init__(
        self, sliders: Sequence[Mapping[str, Any]], dial: Mapping[str, float], front: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(id="dial")
        self._front = front or {}
        self._standing = Static("", classes="standing", markup=False)
        self._sliders = list(sliders)
        self._dial = dict(dial)

    def compose(self) -> ComposeResult:
        """A line for each slider, and how to use them."""
        for each in self._sliders:
            name, usual = str(each["name"]), float(each["default"])
            value, what = self._dial.get(name, usual), str(each.get("what", ""))
            yield Slider(name, float(each["low"]), float(each["high"]), usual, value, what=what)
        yield self._standing
        less, more = named(self.app, "slider.less", "←"), named(self.app, "slider.more", "→")
        yield Static(Content.styled(f"{less} {more} {HINT}", "$quiet"))

    def on_mount(self) -> None:
        """Ready to be moved."""
        self.show(self._dial)
        self.query(Slider).first().focus()

    def show(self, dial: Mapping[str, float]) -> None:
        """Put the sliders where a command has put the dial."""
        self._dial = dict(dial)
        for slider in self.query(Slider):
            slider.value = dial.get(slider.name or "", slider.usual)
        told = figures(self._front, self._sliders, dial)
        self._standing.update(f"{'':<12}measured nearby: {told}" if told else "")
        self._standing.display = bool(told)

    def on_slider_changed(self, message: Slider.Changed) -> None:
        """Pass on where the whole dial stands."""
        message.stop()
        self.show(moved(self._dial, self._sliders, message.slider.name or "", message.value))
        self.post_message(self.Moved(dict(self._dial)))

    def action_leave(self) -> None:
        """Back to the prompt."""
        self.post_message(self.Left())
