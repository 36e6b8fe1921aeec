"""The empty state: three things to try, and where everything is."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from chatkit.tui.messages import Suggested

SUGGESTIONS = (
    ("hello, can you recommend a restaurant for tonight?", "a reply, and its mood"),
    ("how do I add a head?", "finds the passage in the documents"),
    ("I love this place, but the service was slow", "mixed feelings, as probabilities"),
)


class Suggestion(Static, can_focus=True):
    """One thing to try; Enter or a click puts it into the prompt.

    Args:
        text: What to say.
        why: What it shows.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "pick", "Try it", show=False)]

    def __init__(self, text: str, why: str) -> None:
        super().__init__(Content.assemble((text, ""), ("  " + why, "$quiet")))
        self.text = text

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
        yield Static(
            Content.assemble(
                ("chatkit", "bold $accent"),
                ("\nYour own assistant, on your own machine: nothing you type leaves it.", "$quiet"),
            )
        )
        yield Static(Content.styled("Three things to try", "bold"), classes="heading")
        for text, why in SUGGESTIONS:
            yield Suggestion(text, why)
        yield Static(
            Content.assemble(
                ("/help", "$accent"),
                " lists keys and commands.  ",
                ("Esc", "$accent"),
                " stops a reply, its text is kept.\n",
                ("chatkit index add FOLDER", "$accent"),
                " makes your own documents searchable.",
            ),
            classes="heading",
        )
