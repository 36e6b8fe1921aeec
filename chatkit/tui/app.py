"""The app: draws its first frame, and only then opens the history and starts the engine."""

from __future__ import annotations

import asyncio
import importlib
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from chatkit.errors import ChatkitError
from chatkit.tui.frames import Frames
from chatkit.tui.keys import own_keys, teach_alt_enter
from chatkit.tui.messages import ChatUpdated
from chatkit.tui.opening import Options, open_chat
from chatkit.tui.screens.chat import ChatScreen
from chatkit.tui.standard_input import input_is_gone
from chatkit.tui.themes import DARK, LIGHT, THEMES, fitting

if TYPE_CHECKING:  # what the first frame does not need is imported after it
    from chatkit.runtime.session import Chat, Update


READY_SECONDS = 0.5  # after the chat has opened
_TAKEN_SECONDS = 0.5  # at most, for what was typed before the app is ended
_LOOK_SECONDS = 5.0  # between looks whether the server of a browser is still there


class ChatkitApp(App[int]):
    """The full-screen chat.

    Args:
        options: What it starts with.
    """

    TITLE = "chatkit"
    CSS_PATH = Path(__file__).with_name("chatkit.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+p", "command_palette", "Every command and action", id="app.palette", priority=True),
        Binding("ctrl+t", "toggle_dark_light", "Dark or light", id="app.theme"),
        Binding("ctrl+q", "quit", "Quit", id="app.quit", priority=True),
    ]

    def __init__(self, options: Options | None = None) -> None:
        super().__init__()
        teach_alt_enter()
        self.options = options or Options()
        self.chat: Chat | None = None
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-normal")]
        self.VERTICAL_BREAKPOINTS = [(0, "-short"), (18, "-tall")]
        for theme in THEMES:
            self.register_theme(theme)
        self.theme = fitting(os.environ.get("COLORFGBG", ""))
        self._key_trouble = ""
        try:
            self.set_keymap(own_keys())
        except ChatkitError as error:
            self._key_trouble = f"{error}; the keys are the usual ones"

    def get_default_screen(self) -> ChatScreen:
        """The chat."""
        return ChatScreen()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the command palette offers."""
        from chatkit.tui.palette import entries

        return entries(self, screen)

    def on_mount(self) -> None:
        """First the frame, then the work."""
        self.call_after_refresh(self._begin)
        if self.is_web:
            self.set_interval(_LOOK_SECONDS, self._end_without_server)

    def _end_without_server(self) -> None:
        """Quit where ``chatkit web`` was killed: nobody can type here any more, and its driver does not tell."""
        if input_is_gone():
            self.exit()

    async def _begin(self) -> None:
        screen = self.screen_stack[0]
        assert isinstance(screen, ChatScreen)
        frames = screen.showing.frames = Frames(lambda update: self._tell(screen, update))
        self.chat, trouble = open_chat(self.options, frames.tell)
        self.run_worker(self.chat.run(), name="chat")
        await screen.begin(self.chat)
        self.set_timer(READY_SECONDS, _get_ready)
        for line in filter(None, (trouble, self._key_trouble)):
            await screen.say(line, trouble=True)

    def _tell(self, screen: ChatScreen, update: Update) -> None:
        screen.post_message(ChatUpdated(update))

    async def on_unmount(self) -> None:
        """End the engine, whatever way the app ends."""
        self.workers.cancel_all()
        if self.chat is not None:
            await self.chat.close()

    async def action_quit(self) -> None:
        """Quit once what was typed before has been taken: a prompt that was sent is in the history then.

        This key is the app's, others wait in the queues of the widget in focus and of what holds it.
        """
        focused = self.focused or self.screen
        with suppress(TimeoutError):
            async with asyncio.timeout(_TAKEN_SECONDS):
                for node in (focused, focused, *focused.ancestors, focused):
                    if node is not self:
                        taken = asyncio.Event()
                        node.call_later(taken.set)
                        await taken.wait()
        self.exit()

    def action_toggle_dark_light(self) -> None:
        """Change between the two themes."""
        self.theme = LIGHT.name if self.theme == DARK.name else DARK.name


def _get_ready() -> None:
    """Import what the first reply needs while the engine loads: in the middle of a reply it would hold up keys."""
    importlib.import_module("chatkit.tui.widgets.reply")


def run(
    *,
    model: str | None = None,
    heads: Sequence[str] = (),
    safe: bool = False,
    session: int | None = None,
    resume: bool = False,
    index: str | None = None,
    incognito: bool = False,
) -> int:
    """Run the full-screen chat until the user quits.

    Args:
        model: Folder of the assistant; None for the shipped one.
        heads: Further heads, by file or name.
        safe: First-party heads only.
        session: Go on with this session.
        resume: Go on with the latest session.
        index: Database of the indexed documents; None for the user's own.
        incognito: Write nothing of the first session.
    Returns:
        The exit code.
    Raises:
        StorageError: If the session that was asked for does not exist.
    """
    if session is not None:  # before the screen is taken: the error belongs on the command line
        from chatkit.runtime.store import Store

        store = Store()
        store.session(session)
        store.close()
    app = ChatkitApp(Options(model, tuple(heads), safe, session, resume, index, incognito=incognito))
    app.run()
    return app.return_code or 0
