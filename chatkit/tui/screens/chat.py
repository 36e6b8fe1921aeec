"""The chat: transcript, prompt and status line. It shows a ``runtime.session.Chat``."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer

from chatkit.tui import commands
from chatkit.tui.bindings import named
from chatkit.tui.dial import brief, figures
from chatkit.tui.doing import Doing
from chatkit.tui.indexing import Indexer
from chatkit.tui.messages import ChatUpdated, PassageOpened, Sent, Suggested
from chatkit.tui.showing import Showing
from chatkit.tui.turn_actions import TurnActions
from chatkit.tui.typing import Typing
from chatkit.tui.widgets.choices import Choices
from chatkit.tui.widgets.index_bar import IndexBar
from chatkit.tui.widgets.live import Live
from chatkit.tui.widgets.prompt import Prompt
from chatkit.tui.widgets.status import StatusLine
from chatkit.tui.widgets.transcript import Transcript
from chatkit.tui.widgets.turn_bar import TurnBar
from chatkit.tui.widgets.welcome import Welcome
from chatkit.tui.window import Window

if TYPE_CHECKING:  # what the first frame does not need is imported when it is first used
    from chatkit.runtime.session import Chat
    from chatkit.tui.widgets.dial_panel import DialPanel

PREPARE_SECONDS = 0.15  # after the last move of the dial, until the engine sets its weights


class ChatScreen(Screen[None]):
    """The screen of the chat."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop the reply; back to the prompt", id="chat.stop"),
        Binding("ctrl+c", "interrupt", "Copy, else stop, else quit (twice)", id="chat.interrupt", priority=True),
        Binding("pageup", "page(-1)", "Scroll up", id="chat.up", priority=True),
        Binding("pagedown", "page(1)", "Scroll down", id="chat.down", priority=True),
        Binding("ctrl+up", "turn(-1)", "Go to a turn: edit, retry, copy, versions", id="chat.turns", priority=True),
        Binding("ctrl+g", "retry", "Another reply to the last prompt", id="chat.retry"),
        Binding("ctrl+n", "new", "New session", id="chat.new"),
        Binding("f3", "sessions", "All chats: go on with one, search", id="chat.sessions"),
        Binding("f2", "documents", "Your documents: add, read again, remove, open", id="chat.documents"),
        Binding("f4", "dial", "Weigh what replies are chosen by", id="chat.dial"),
        Binding("f1", "help", "Help", id="chat.help"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.chat: Chat | None = None
        self.doing = Doing(self)
        self.showing = Showing(self)
        self.turns = TurnActions(self)
        self.typing = Typing(self)
        self.indexer = Indexer(self)
        self._early: list[str] = []  # sent before there was a chat
        self._preparing: Timer | None = None
        self._quit_asked = False

    def compose(self) -> ComposeResult:
        """Transcript above, prompt and status below."""
        with Transcript(id="transcript"):
            yield Welcome()
        yield Live(id="live")
        yield IndexBar(id="index-bar")
        yield Prompt(id="prompt", placeholder="Say something; / for commands")
        yield StatusLine(id="status")
        yield Choices(id="choices")

    def on_mount(self) -> None:
        """Type at once."""
        prompt = self.query_one(Prompt)
        prompt.choices = self.query_one(Choices)
        prompt.focus()

    @functools.cached_property
    def window(self) -> Window:
        """The turns on the screen."""
        return Window(self.query_one(Transcript))

    async def begin(self, chat: Chat) -> None:
        """Show a chat; what was sent before goes to it now."""
        self.chat = self.window.chat = chat
        self.query_one(Prompt).set_past(chat.store.prompts())
        self.query_one(StatusLine).saved = chat.store.saved
        if chat.session is not None:
            await self.window.show()
        early, self._early = self._early, []
        for text in early:
            chat.send(text)

    async def say(self, text: str, *, trouble: bool = False) -> None:
        """Put a line of chatkit's own into the transcript."""
        await self.note(text, "note trouble" if trouble else "note")

    async def note(self, content: Content | str, classes: str = "note") -> None:
        """Put lines of chatkit's own into the transcript."""
        await self.query_one(Transcript).note(content, classes)

    # What the user does

    def on_text_area_changed(self) -> None:
        """Ask the quick heads about what is being typed."""
        self.typing.ask(self.query_one(Prompt).text)

    async def on_sent(self, message: Sent) -> None:
        """A prompt or a command was entered."""
        self._quit_asked = False
        command = commands.parse(message.text)
        if command is not None:
            await self.doing.do(*command)
        elif self.chat is None:
            self._early.append(message.text)
        elif self.turns.editing:
            await self.doing.attempt(self.turns.edit, message.text)
        elif not await self.doing.ask_directly(message.text):
            self.chat.send(message.text)

    def on_key(self, event: events.Key) -> None:
        """A letter typed elsewhere belongs into the prompt."""
        prompt = self.query_one(Prompt)
        if event.is_printable and event.character and not prompt.has_focus:
            prompt.focus()
            prompt.insert(event.character)
            event.stop()

    def on_suggested(self, message: Suggested) -> None:
        """A suggestion was picked."""
        prompt = self.query_one(Prompt)
        prompt.fill(message.text)
        prompt.focus()

    def action_stop(self) -> None:
        """Stop the reply that runs; else go back to the prompt."""
        if self.turns.editing:
            self.turns.end_edit()
            self.query_one(Prompt).fill("")
        elif self.chat is None or not self.chat.stop():
            self.query_one(Prompt).focus()

    async def action_interrupt(self) -> None:
        """Copy what is selected; else stop the reply; else quit when asked twice."""
        prompt = self.query_one(Prompt)
        if text := self.get_selected_text() or prompt.selected_text:
            self.app.copy_to_clipboard(text)
        elif self.chat is not None and self.chat.stop():
            pass
        elif self._quit_asked:
            self.app.exit()
        else:
            self._quit_asked = True
            await self.say(f"{named(self.app, 'chat.interrupt', 'Ctrl+C')} again ends chatkit.")

    def action_page(self, direction: int) -> None:
        """Scroll the transcript by a page."""
        transcript = self.query_one(Transcript)
        transcript.release_anchor()
        transcript.scroll_relative(y=direction * max(transcript.size.height - 2, 1), animate=False)

    def action_turn(self, step: int) -> None:
        """Go to the turn above or below; below the last one is the prompt."""
        views = self.window.views
        here = next((n for n, view in enumerate(views) if view.has_focus), len(views))
        at = max(here + step, 0)
        if at >= len(views):
            self.set_focus(self.query_one(Prompt))
        else:
            transcript = self.query_one(Transcript)
            if transcript.max_scroll_y > 0:
                transcript.release_anchor()
            self.set_focus(views[at])  # at once: the next key is meant for it

    async def action_retry(self) -> None:
        """Give another reply to the last prompt."""
        await self.doing.do("retry", "")

    async def action_new(self) -> None:
        """Start a new session."""
        await self.doing.do("new", "")

    def action_help(self) -> None:
        """Show keys and commands."""
        from chatkit.tui.screens.help import HelpScreen

        self.app.push_screen(HelpScreen())

    async def action_sessions(self) -> None:
        """List all chats."""
        await self.doing.do("sessions", "")

    async def action_documents(self) -> None:
        """List the documents."""
        await self.doing.do("documents", "")

    def on_index_bar_stop_asked(self) -> None:
        """Stop indexing."""
        self.indexer.stop()

    async def action_dial(self) -> None:
        """Open the sliders, or close them."""
        await self.doing.do("dial", "")

    def turn_dial(self, dial: dict[str, float]) -> None:
        """Weigh objectives of the replies to come."""
        if self.chat is None:
            return
        self.chat.dial = dial
        told = figures(self.chat.client.front, self.chat.client.sliders, dial)
        self.query_one(StatusLine).dial = f"{brief(dial)}: {told}" if told else brief(dial)
        if self._preparing is not None:
            self._preparing.stop()
        if self.chat.client.front:  # not at every step of a slider that is being dragged
            self._preparing = self.set_timer(PREPARE_SECONDS, self.chat.prepare)

    def on_dial_panel_moved(self, message: DialPanel.Moved) -> None:
        """A slider was moved."""
        self.turn_dial(message.dial)

    def on_dial_panel_left(self) -> None:
        """Back to the prompt."""
        self.query_one(Prompt).focus()

    def on_passage_opened(self, message: PassageOpened) -> None:
        """Open the document of a passage."""
        from chatkit.tui.screens.document import DocumentScreen

        index = self.app.options.index  # type: ignore[attr-defined]
        self.app.push_screen(DocumentScreen(message.hit, Path(index) if index else None))

    async def on_turn_bar_asked(self, message: TurnBar.Asked) -> None:
        """Do to a turn what was asked for, by key or click."""
        await self.doing.attempt(self.turns.do, message)

    # What the chat does

    async def on_chat_updated(self, message: ChatUpdated) -> None:
        """Show an update."""
        await self.showing.show(message.update)

    # A session

    async def on_transcript_top_reached(self) -> None:
        """Mount the messages above."""
        await self.doing.attempt(self.window.grow_up)

    async def on_transcript_bottom_reached(self) -> None:
        """Mount the messages below."""
        await self.doing.attempt(self.window.grow_down)

    def on_choices_taken(self, message: Choices.Taken) -> None:
        """A choice was clicked."""
        self.query_one(Prompt).take(message.choice)

    def on_resize(self) -> None:
        """Keep the list of choices above the prompt."""
        self.call_after_refresh(lambda: self.query_one(Choices).place(self.query_one(Prompt).region))
