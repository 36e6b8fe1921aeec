"""Shows what the quick heads say while the user types; off on request, or when a head does harm."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit.tui.widgets.live import Live
from chatkit.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from chatkit.runtime.events import Event
    from chatkit.tui.screens.chat import ChatScreen

LEAST, MOST = 2, 4000  # characters that are asked about


class Typing:
    """As-you-type on a screen.

    Args:
        screen: The screen.
    """

    def __init__(self, screen: ChatScreen) -> None:
        self.screen = screen
        self.on = True

    def ask(self, text: str) -> None:
        """Ask about what stands in the prompt; never waits."""
        chat = self.screen.chat
        if chat is None:
            return
        if not self.on or text[:1] in ("/", "@") or not LEAST <= len(text.strip()) <= MOST:
            chat.client.glances.forget()
            self.screen.query_one(Live).hide()
        elif chat.client.state in ("ready", "answering"):
            chat.client.glances.ask(text)

    async def show(self, event: Event) -> None:
        """Show what was said of the text."""
        if off := event.get("off"):
            await self.switch(False)
            await self.screen.say(f"What is typed is no longer read along: {off}. /live on tries again.", trouble=True)
        elif self.on and self.screen.query_one(Prompt).text.strip():
            self.screen.query_one(Live).show(event["answers"])

    async def switch(self, on: bool) -> None:
        """Switch it on or off."""
        self.on = on
        if self.screen.chat is not None:
            self.screen.chat.client.glances.trouble = ""
        if on:
            self.ask(self.screen.query_one(Prompt).text)
        else:
            self.screen.query_one(Live).hide()
