"""The prompt: a text area in which Enter sends.

A long paste is folded into a short mark, for a text area takes seconds to wrap a megabyte; it is sent in
full.
"""

from __future__ import annotations

import re
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.widgets import TextArea

from chatkit.tui.messages import Sent
from chatkit.tui.text import shown

FOLD_CHARACTERS = 4000
FOLD_LINES = 100
_NAMES = {"shift+\r": "shift+enter", "alt+\r": "alt+enter"}  # from terminals that report modified keys
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
    ]

    def __init__(self, *, placeholder: str = "", id: str | None = None) -> None:
        super().__init__(
            id=id, placeholder=placeholder, compact=True, highlight_cursor_line=False, show_line_numbers=False
        )
        self.past: list[str] = []
        self._at = 0  # position in the past; its length = what is being written
        self._draft = ""
        self._folded: dict[str, str] = {}

    async def _on_key(self, event: events.Key) -> None:
        """Do the prompt's own keys at once, in the order in which they were typed.

        Textual looks for bindings only after a key has bubbled up to the app; letters typed meanwhile would
        overtake it, so that a fast "a, Enter, b" sends "ab".
        """
        key = _NAMES.get(event.key, event.key)
        for binding in self._bindings.key_to_bindings.get(key, ()):
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
