"""The slash commands about what is kept of a session: its name, or nothing at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit.tui.text import one_line
from chatkit.tui.widgets.status import StatusLine

if TYPE_CHECKING:
    from chatkit.runtime.session import Chat
    from chatkit.tui.screens.chat import ChatScreen

INCOGNITO = "Incognito: nothing that is said here is written to the disk, and it is gone when you leave. /new ends it."


class HistoryCommands:
    """What these commands do; ``Doing`` has the rest."""

    screen: ChatScreen

    @property
    def chat(self) -> Chat:
        """The chat."""
        raise NotImplementedError

    async def trouble(self, text: str) -> None:
        """Say what is wrong."""
        raise NotImplementedError

    async def show_session(self, message: int = 0) -> None:
        """Show the session that the chat is in now."""
        status = self.screen.query_one(StatusLine)
        status.saved, status.learn = self.chat.store.saved, self.chat.learn
        await self.screen.window.show(message)

    async def do_rename(self, arguments: str) -> None:
        """Name the open session."""
        if self.chat.session is None:
            await self.trouble("Nothing was said yet: there is no session to name.")
        elif not arguments:
            await self.trouble("Say how it is to be called: /rename NAME")
        else:
            self.chat.store.rename_session(self.chat.session, " ".join(arguments.split()))
            await self.screen.say(f"This session is called {one_line(arguments)}.")

    async def do_incognito(self, arguments: str) -> None:
        """Start a session that is not written."""
        self.chat.go_incognito()
        await self.show_session()
        await self.screen.say(INCOGNITO)
