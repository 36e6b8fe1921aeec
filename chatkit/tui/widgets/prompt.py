"""The prompt: a text area in which Enter sends, with a list of what can be taken while a command is typed.

A long paste is folded into a short mark, for a text area takes seconds to wrap a megabyte; it is sent in
full.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from chatkit.tui.completing import Choice, choices, past
from chatkit.tui.keys import own_bindings
from chatkit.tui.messages import Sent
from chatkit.tui.text import shown
from chatkit.tui.widgets.choices import Choices

FOLD_CHARACTERS = 4000
FOLD_LINES = 100
_MARK = re.compile(r"\[pasted text (\d+): [\d,]+ characters\]")


class Prompt(TextArea):
    """The prompt.

    Args:
        placeholder: Shown while it is empty.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "send", "Send", id="prompt.send"),
        Binding("ctrl+j,alt+enter,shift+enter", "newline", "New line", id="prompt.newline"),
        Binding("up", "up", "Earlier prompt (on the first line)", show=False, id="prompt.up"),
        Binding("down", "down", "Later prompt (on the last line)", show=False, id="prompt.down"),
        Binding("ctrl+r", "search", "Search earlier prompts", id="prompt.search"),
    ]

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(
            id=id, placeholder=placeholder, compact=True, highlight_cursor_line=False, show_line_numbers=False
        )
        self.past: list[str] = []
        self._at = 0  # position in the past; its length = what is being written
        self._draft = ""
        self._folded: dict[str, str] = {}
        self.choices: Choices | None = None
        self.heads: Sequence[dict[str, Any]] = ()  # what can be named after "@"
        self._dismissed = ""  # the text for which the list was closed
        self._searching: str | None = None  # what stood here before the search in the past began

    async def _on_key(self, event: events.Key) -> None:
        """Do the prompt's own keys at once, in the order in which they were typed."""
        if self._take_key(event.key):
            event.stop()
            event.prevent_default()
            return
        for binding in own_bindings(self, event.key):
            event.stop()
            event.prevent_default()
            await self.run_action(binding.action)
            return

    def set_past(self, prompts: list[str]) -> None:
        """Set the prompts that the up key brings back, oldest first."""
        self.past = prompts
        self._at = len(prompts)

    def fill(self, text: str) -> None:
        """Replace what stands here."""
        self.load_text(self._fold(text))
        self.move_cursor(self.document.end)

    def full_text(self) -> str:
        """What stands here, long pastes unfolded."""
        return _MARK.sub(lambda mark: self._folded.get(mark[0], mark[0]), self.text)

    def action_send(self) -> None:
        """Send what stands here, and empty the prompt."""
        text = self.full_text()
        if not text.strip():
            return
        if not self.past or self.past[-1] != text:
            self.past.append(text)
        self._at, self._draft = len(self.past), ""
        self._folded.clear()
        self.load_text("")
        self._close_choices()
        self.post_message(Sent(text))

    def action_newline(self) -> None:
        """Start a new line."""
        self._replace_via_keyboard("\n", *self.selection)

    def action_up(self) -> None:
        """Move up, or bring back the prompt before."""
        if not self.cursor_at_first_line or not self._recall(self._at - 1):
            self.action_cursor_up()

    def action_down(self) -> None:
        """Move down, or bring back the prompt after."""
        if not self.cursor_at_last_line or not self._recall(self._at + 1):
            self.action_cursor_down()

    # The list above

    def on_text_area_changed(self) -> None:
        """Offer what fits."""
        self.offer()

    def offer(self) -> None:
        """Offer what fits the text as it stands."""
        if self.choices is None:
            return
        if self._searching is not None:
            self.choices.offer(past(self.text, self.past), self.region, "earlier prompts with these words")
        elif self.text != self._dismissed:
            self._dismissed = ""
            self.choices.offer(choices(self.text, self.heads), self.region)

    def action_search(self) -> None:
        """Look for an earlier prompt by its words; again for the one before."""
        if self._searching is None and self.choices is not None:
            self._searching = self.full_text()
            self.offer()
        elif self.choices is not None:
            self.choices.move("down")

    def take(self, choice: Choice) -> None:
        """Put a choice here."""
        searched = self._searching is not None
        self._close_choices()
        self.fill(choice.text)
        if not searched:
            self.offer()
        self.screen.set_focus(self)

    def _take_key(self, key: str) -> bool:
        """Give a key to the list; whether it was meant for it."""
        if self.choices is None:
            return False
        if key == "escape" and self.text.startswith(("/", "@")):
            self._dismissed = self.text
        if key == "enter" and self._searching is None:
            self.offer()  # for what was typed since the last look
        if not self.choices.display:
            return False
        chosen = self.choices.chosen
        if key == "escape":
            before, self._searching = self._searching, None
            if before is not None:
                self.fill(before)
            self.choices.close()
        elif key == "tab" and chosen is not None:
            self.take(chosen)
        elif key == "enter" and self._searching is not None:
            self.take(chosen or Choice(self._searching, ""))
        elif key == "enter" and chosen is not None and chosen.text.strip() != self.text.strip():
            self.take(chosen)
            if chosen.complete and not chosen.text.endswith("/"):
                self.action_send()
        else:
            return self.choices.move(key)
        return True

    def _close_choices(self) -> None:
        self._searching = None
        if self.choices is not None:
            self.choices.close()

    def _recall(self, at: int) -> bool:
        if not 0 <= at <= len(self.past):
            return False
        if self._at == len(self.past):
            self._draft = self.full_text()
        self._at = at
        self.fill(self.past[at] if at < len(self.past) else self._draft)
        return True

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if result := self._replace_via_keyboard(self._fold(event.text), *self.selection):
            self.move_cursor(result.end_location)
            self.focus()

    def _fold(self, text: str) -> str:
        if len(text) <= FOLD_CHARACTERS and text.count("\n") < FOLD_LINES:
            return shown(text)
        mark = f"[pasted text {len(self._folded) + 1}: {len(text):,} characters]"
        self._folded[mark] = text
        return mark
