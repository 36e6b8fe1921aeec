"""An adaptation beside the chat: how it goes, what it gained and cost; load what came out, or go back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from chatkit.runtime.adapt_job import AdaptJob, figures
from chatkit.tui.bindings import key_line
from chatkit.tui.text import one_line

LOOK_SECONDS = 0.5
_MARKS = {"running": "$accent", "finished": "$success", "failed": "$error"}


class AdaptingScreen(Screen[str | None]):
    """One adaptation; gives back the folder of the assistant to load, or None.

    Args:
        job: The adaptation.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Back to the chat; it goes on", id="adapting.leave"),
        Binding("s", "stop", "End it; nothing is kept", id="adapting.stop"),
        Binding("l", "load", "Load the adapted assistant", id="adapting.load"),
        Binding("u", "undo", "Go back to the assistant before", id="adapting.undo"),
    ]

    def __init__(self, job: AdaptJob) -> None:
        super().__init__()
        self.job = job

    def compose(self) -> ComposeResult:
        """Where it stands and the keys; what it says; the figures."""
        yield Static(id="adapting-state")
        with VerticalScroll():
            yield Static(id="adapting-figures")

    def on_mount(self) -> None:
        """Look now, and then again and again."""
        self._look()
        self.set_interval(LOOK_SECONDS, self._look)

    def _look(self) -> None:
        state = self.job.state
        line = Content.assemble(
            ("adapting to ", "bold"), (one_line(self.job.on), "bold"), "  ·  ", (state, f"bold {_MARKS[state]}")
        )
        self.query_one("#adapting-state", Static).update(line + Content("\n") + self._keys(state))
        said = [Content.styled(one_line(text), "$quiet") for text in self.job.said[-8:]]
        rows = [Content.assemble((f"{name}:  ", "bold"), what) for name, what in figures(self.job.result)]
        self.query_one("#adapting-figures", Static).update(Content("\n").join([*said, Content(""), *rows]))

    def _keys(self, state: str) -> Content:
        keys = {
            "running": [("adapting.stop", "s", "end it")],
            "finished": [("adapting.load", "l", "load it"), ("adapting.undo", "u", "back to the one before")],
        }
        return key_line(self.app, [*keys.get(state, []), ("adapting.leave", "Esc", "back to the chat")])

    def action_stop(self) -> None:
        """End it."""
        self.job.stop()
        self._look()

    def action_load(self) -> None:
        """Give the adapted assistant to the chat."""
        if self.job.state == "finished":
            self.dismiss(str(self.job.model))

    def action_undo(self) -> None:
        """Give the assistant before to the chat."""
        if self.job.state == "finished":
            self.dismiss(self.job.before)

    def action_leave(self) -> None:
        """Back to the chat."""
        self.dismiss(None)
