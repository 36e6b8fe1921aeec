"""What can be done with a turn on the screen: say it anew, have another reply, show another version, copy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit.tui.bindings import named
from chatkit.tui.widgets.prompt import Prompt
from chatkit.tui.widgets.turn_bar import TurnBar

if TYPE_CHECKING:
    from chatkit.runtime.session import Chat
    from chatkit.tui.screens.chat import ChatScreen
    from chatkit.tui.widgets.turn import TurnView


class TurnActions:
    """Actions on the turns of a screen.

    Args:
        screen: The screen.
    """

    def __init__(self, screen: ChatScreen) -> None:
        self.screen = screen
        self.editing = 0  # number of the prompt that is being said anew

    async def do(self, message: TurnBar.Asked) -> None:
        """Do what was asked for on a bar.

        Raises:
            RuntimeError: If a reply is running.
        """
        view = next((view for view in self.screen.window.views if message.bar in view.children), None)
        if view is None:
            return
        if message.action == "edit":
            self.begin_edit(view)
        elif message.action == "retry":
            await self.retry(view)
        elif message.action == "copy":
            await self.copy(view.reply_text, "the reply")
        elif message.action == "code":
            await self.copy((view.code_blocks or [""])[0], "the code block")
        else:
            await self.open(message.message)

    async def open(self, message: int) -> None:
        """Show a message, in whichever session and on whichever branch it is.

        Raises:
            RuntimeError: If a reply is running.
            StorageError: If there is no such message.
        """
        self._chat().choose(message)
        await self.screen.window.show(message)

    async def retry(self, view: TurnView) -> None:
        """Give another reply to the prompt of a turn.

        Raises:
            RuntimeError: If a reply is running.
        """
        self._chat().regenerate(view.message)
        await self.screen.window.cut(view)
        self.screen.set_focus(self.screen.query_one(Prompt))

    async def copy(self, text: str, what: str) -> None:
        """Put a text into the clipboard, and say so."""
        if not text:
            await self.screen.say(f"There is nothing in {what} to copy.", trouble=True)
            return
        self.screen.app.copy_to_clipboard(text)
        self.screen.notify(f"copied {what}", timeout=2)

    def begin_edit(self, view: TurnView) -> None:
        """Put the prompt of a turn back, to say it anew."""
        prompt = self.screen.query_one(Prompt)
        self.editing = view.prompt
        prompt.fill(view.text)
        prompt.add_class("editing")
        send, leave = named(prompt.app, "prompt.send", "Enter"), named(prompt.app, "chat.stop", "Esc")
        prompt.border_title = f"said anew: {send} sends it, {leave} leaves it as it was"
        self.screen.set_focus(prompt)

    async def edit(self, text: str) -> None:
        """Send what was said anew.

        Raises:
            RuntimeError: If a reply is running.
        """
        view = next((view for view in self.screen.window.views if view.prompt == self.editing), None)
        message = self.editing
        self.end_edit()
        self._chat().edit(message, text)
        if view is not None:
            await self.screen.window.cut(view)

    def end_edit(self) -> None:
        """Go back to saying something new."""
        self.editing = 0
        prompt = self.screen.query_one(Prompt)
        prompt.remove_class("editing")
        prompt.border_title = None

    def _chat(self) -> Chat:
        assert self.screen.chat is not None
        return self.screen.chat
