"""The empty state: three things to try, and where everything is."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widgets import Static

from chatkit.tui.bindings import named
from chatkit.tui.messages import Suggested
from chatkit.tui.text import one_line

WIDE = 90  # from this width on, what keys do is a column of its own
PROMISE = "Your own assistant, on your own machine: nothing you type leaves it."
SUGGESTIONS = (
    ("hello, can you recommend a restaurant for tonight?", "a reply, and its mood"),
    ("how do I add a head?", "finds the passage in the documents"),
    ("I love this place, but the service was slow", "mixed feelings, as probabilities"),
)


class Suggestion(Horizontal, can_focus=True):
    """One thing to try; Enter or a click puts it into the prompt.

    Args:
        text: What to say.
        why: What it shows; left out where it is narrow.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "pick", "Try it", show=False)]

    def __init__(self, text: str, why: str) -> None:
        super().__init__()
        self.text, self._why = text, why

    def compose(self) -> ComposeResult:
        """What to say, and what it shows."""
        yield Static(Content(self.text), classes="say")
        yield Static(Content(self._why), classes="why")

    def action_pick(self) -> None:
        """Put it into the prompt."""
        self.post_message(Suggested(self.text))

    def on_click(self) -> None:
        """Put it into the prompt."""
        self.action_pick()


class Welcome(Vertical):
    """What an empty chat shows."""

    def compose(self) -> ComposeResult:
        """A greeting, three suggestions, and the way to more."""
        yield Static(Content.styled("chatkit", "bold $accent"))
        yield Static(Content.styled(PROMISE, "$quiet"), classes="more")
        yield Static(Content.styled("Three things to try", "bold"), classes="heading")
        for text, why in SUGGESTIONS:
            yield Suggestion(text, why)
        yield Static(self._more(), classes="heading more")

    def _more(self) -> Content:
        """What else there is, with the keys as they are bound."""
        documents = named(self.app, "chat.documents", "F2")
        rows = (
            (named(self.app, "chat.help", "F1"), "keys and commands; / lists the commands as you type"),
            (named(self.app, "chat.stop", "Esc"), "stops a reply, its text is kept"),
            (named(self.app, "chat.sessions", "F3"), "all your chats, searched by their words"),
            ("/index FOLDER", f"reads your own documents, to be ranked; {documents} lists them"),
            ("/train CONFIG", f"makes an assistant of your own; this one {self._model()}"),
        )
        column = max(cell_len(key) for key, _ in rows) if self.app.size.width >= WIDE else 0
        return Content("\n").join(
            Content.assemble((key, "$accent"), " " * max(column - cell_len(key), 0), "  ", what) for key, what in rows
        )

    def _model(self) -> str:
        model = self.app.options.model  # type: ignore[attr-defined]
        return f"is in {one_line(model)}" if model else "ships with chatkit"
