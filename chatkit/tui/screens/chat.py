"""The chat: transcript, prompt and status line. It shows a ``runtime.session.Chat``."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import Screen

from chatkit.errors import StorageError
from chatkit.tui import commands
from chatkit.tui.dial import NOTHING, brief, changed
from chatkit.tui.messages import ChatUpdated, Sent, Suggested
from chatkit.tui.text import one_line
from chatkit.tui.widgets.prompt import Prompt
from chatkit.tui.widgets.status import StatusLine
from chatkit.tui.widgets.transcript import Transcript
from chatkit.tui.widgets.welcome import Welcome

if TYPE_CHECKING:  # what the first frame does not need is imported when it is first used
    from chatkit.runtime.events import Event
    from chatkit.runtime.session import Chat, Turn, Update
    from chatkit.tui.widgets.dial_panel import DialPanel
    from chatkit.tui.widgets.turn import TurnView

WINDOW = 40  # messages mounted at once when a session is opened


class ChatScreen(Screen[None]):
    """The one screen of the chat."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "stop", "Stop the reply; back to the prompt", id="chat.stop"),
        Binding("ctrl+c", "interrupt", "Copy, else stop, else quit (twice)", id="chat.interrupt", priority=True),
        Binding("pageup", "page(-1)", "Scroll up", id="chat.up", priority=True),
        Binding("pagedown", "page(1)", "Scroll down", id="chat.down", priority=True),
        Binding("ctrl+n", "new", "New session", id="chat.new"),
        Binding("f4", "dial", "Weigh what replies are chosen by", id="chat.dial"),
        Binding("f1", "help", "Help", id="chat.help"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.chat: Chat | None = None
        self._views: dict[Turn, TurnView] = {}
        self._early: list[str] = []  # sent before there was a chat
        self._oldest: int | None = None
        self._quit_asked = False
        self._warned = False  # that the last messages are unfamiliar

    def compose(self) -> ComposeResult:
        """Transcript above, prompt and status below."""
        with Transcript(id="transcript"):
            yield Welcome()
        yield Prompt(id="prompt", placeholder="Say something; / for commands")
        yield StatusLine(id="status")

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Prompt).focus()

    async def begin(self, chat: Chat) -> None:
        """Show a chat; what was sent before goes to it now."""
        self.chat = chat
        self.query_one(Prompt).set_past(chat.store.prompts())
        self.query_one(StatusLine).saved = chat.store.saved
        if chat.session is not None:
            await self._show_session()
        early, self._early = self._early, []
        for text in early:
            chat.send(text)

    async def say(self, text: str, *, trouble: bool = False) -> None:
        """Put a line of chatkit's own into the transcript."""
        await self.query_one(Transcript).note(text, "note trouble" if trouble else "note")

    # What the user does

    async def on_sent(self, message: Sent) -> None:
        """A prompt or a command was entered."""
        self._quit_asked = False
        command = commands.parse(message.text)
        if command is not None:
            await self._do(*command)
        elif self.chat is None:
            self._early.append(message.text)
        else:
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
        if self.chat is None or not self.chat.stop():
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
            await self.say("Ctrl+C again ends chatkit.")

    def action_page(self, direction: int) -> None:
        """Scroll the transcript by a page."""
        transcript = self.query_one(Transcript)
        transcript.release_anchor()
        transcript.scroll_relative(y=direction * max(transcript.size.height - 2, 1), animate=False)

    async def action_new(self) -> None:
        """Start a new session."""
        await self._do("new", "")

    def action_help(self) -> None:
        """Show keys and commands."""
        from chatkit.tui.screens.help import HelpScreen
        from chatkit.tui.widgets.cards import RankingCard
        from chatkit.tui.widgets.slider import Slider

        sections: list[tuple[str, type[DOMNode]]] = [
            ("Prompt", Prompt),
            ("Chat", ChatScreen),
            ("Dial", Slider),
            ("Passages", RankingCard),
            ("App", type(self.app)),
        ]
        self.app.push_screen(HelpScreen(sections))

    async def _do(self, name: str, arguments: str) -> None:
        """Do a slash command."""
        if name not in {command.name for command in commands.COMMANDS}:
            await self.say(commands.unknown(name), trouble=True)
        elif name == "help":
            self.action_help()
        elif name == "clear":
            await self.query_one(Transcript).clear()
        elif name == "theme":
            self.app.action_toggle_dark_light()  # type: ignore[attr-defined]
        elif name == "quit":
            self.app.exit()
        elif self.chat is None:
            await self.say("Still starting; try again in a moment.")
        elif name == "heads":
            await self._heads(self.chat, arguments)
        elif name == "new":
            await self._new(self.chat)
        elif name == "dial":
            await self._dial(self.chat, arguments)
        elif name == "why":
            await self._why(self.chat)

    async def _new(self, chat: Chat) -> None:
        try:
            chat.renew()
        except RuntimeError:
            await self.say("A reply is running; Esc stops it.", trouble=True)
            return
        await self._show_session()

    # The dial

    async def action_dial(self) -> None:
        """Open the sliders, or close them."""
        await self._do("dial", "")

    async def _dial(self, chat: Chat, arguments: str) -> None:
        from chatkit.tui.widgets.dial_panel import DialPanel

        if not chat.client.sliders:
            await self.say("Nothing to weigh yet: the engine lists its objectives once it is ready.")
        elif arguments:
            dial = changed(arguments, chat.client.sliders, chat.dial)
            if isinstance(dial, str):
                await self.say(dial, trouble=True)
                return
            self._turn_dial(dial)
            for panel in self.query(DialPanel):
                panel.show(dial)
            await self.say(f"Replies are chosen by {brief(dial)}." if dial else "Nothing is weighed.")
        elif self.query(DialPanel):
            await self.query(DialPanel).remove()
            self.query_one(Prompt).focus()
        else:
            await self.mount(DialPanel(chat.client.sliders, chat.dial), before=self.query_one(Prompt))

    def _turn_dial(self, dial: dict[str, float]) -> None:
        if self.chat is not None:
            self.chat.dial = dial
            self.query_one(StatusLine).dial = brief(dial)

    def on_dial_panel_moved(self, message: DialPanel.Moved) -> None:
        """A slider was moved."""
        self._turn_dial(message.dial)

    def on_dial_panel_left(self) -> None:
        """Back to the prompt."""
        self.query_one(Prompt).focus()

    async def _why(self, chat: Chat) -> None:
        from chatkit.tui.widgets.why import WhyCard

        choices = chat.choices()
        if not choices:
            await self.say(NOTHING)
        for choice in choices.values():
            await self.query_one(Transcript).add(WhyCard(choice))

    async def _heads(self, chat: Chat, arguments: str) -> None:
        heads = chat.client.heads
        if not arguments:
            rows = [[one_line(cell) for cell in row] for row in commands.heads_table(heads)]
            column = max((len(row[0]) for row in rows), default=0)
            lines = [
                Content.assemble((f"{name:<{column}}  ", "bold"), (f"{state:<12}", ""), (why, "$quiet"))
                for name, state, why in rows
            ]
            content = Content("\n").join(lines) if lines else Content("The engine has not listed its heads yet.")
            await self.query_one(Transcript).note(content)
            return
        change = commands.heads_change(arguments, heads)
        if isinstance(change, str):
            await self.say(change, trouble=True)
            return
        on, name = change
        (chat.client.enable if on else chat.client.disable)(name)
        await self.say(f"{name} is {'on' if on else 'off'} for this session.")

    # What the chat does

    async def on_chat_updated(self, message: ChatUpdated) -> None:
        """Show an update."""
        update = message.update
        if update.kind == "engine":
            await self._show_engine(update.event)
        elif update.kind == "unsaved":
            self.query_one(StatusLine).saved = False
            await self.say(update.message, trouble=True)
        elif update.turn is not None:
            await self._show_turn(update.turn, update)
        if self.chat is not None:
            self.query_one(StatusLine).waiting = self.chat.waiting

    async def _show_turn(self, turn: Turn, update: Update) -> None:
        if update.kind == "queued":
            await self._add(turn)
            return
        view = self._views.get(turn)
        if view is None or not view.is_attached:
            return  # /clear took it off the screen
        if update.kind == "started":
            await view.start()
        elif update.kind == "event":
            await self._show_event(view, update.event)
        elif update.kind == "ended":
            await view.trust(turn.familiarity, turn.trust)
            await view.end(turn.state)
            await self._warn(bool(turn.trust.get("warning")))
            del self._views[turn]
            self.query_one(StatusLine).speed = float(turn.timing.get("tokens_per_second") or 0.0)

    async def _warn(self, unlike: bool) -> None:
        """Say once that the last messages together are unlike the training text."""
        if unlike and not self._warned:
            await self.say(commands.UNFAMILIAR, trouble=True)
        self._warned = unlike

    async def _add(self, turn: Turn) -> None:
        from chatkit.tui.widgets.turn import TurnView

        transcript = self.query_one(Transcript)
        await transcript.query(Welcome).remove()
        view = self._views[turn] = TurnView(turn.text, "queued")
        await transcript.add(view)

    async def _show_event(self, view: TurnView, event: Event) -> None:
        kind, head = event["event"], str(event.get("head", ""))
        if kind == "piece":
            await view.piece(head, str(event.get("text", "")))
        elif kind == "answer":
            await view.answer(head, event["answer"])
        elif kind in ("failed", "error"):
            place, disabled = str(event.get("place", "")), bool(event.get("disabled"))
            await view.fail(head, str(event.get("message", "")), place, disabled=disabled)

    async def _show_engine(self, event: Event) -> None:
        status = self.query_one(StatusLine)
        kind = event["event"]
        if kind == "state":
            status.engine = event["state"]
            if event["state"] == "dead":
                await self.say(f"The engine is not running: {one_line(event['message'])}", trouble=True)
        elif kind == "error":
            await self.say(one_line(str(event.get("message", ""))), trouble=True)
        elif kind == "reloaded":
            await self.say(commands.reloaded(event), trouble=not event.get("ok"))
        elif kind == "reloaded":
            head, message = event.get("head", ""), one_line(str(event.get("message", "")))
            place = f" at {event['place']}" if event.get("place") else ""
            if event.get("ok"):
                await self.say(f"{head} was reloaded: {message}")
            else:
                await self.say(f"{head} was not reloaded, the old one stays: {message}{place}", trouble=True)
        elif kind in ("ready", "heads"):
            status.model = str(event.get("model", status.model))
            status.heads = list(event.get("heads", []))

    # A session

    async def _show_session(self) -> None:
        from chatkit.tui.widgets.turn import views_of

        transcript = self.query_one(Transcript)
        await transcript.clear()
        self._views.clear()
        messages = []
        if self.chat is not None and self.chat.session is not None:
            messages = self.chat.store.messages(self.chat.session, limit=WINDOW)
        self._oldest = messages[0].id if messages else None
        views = views_of(messages)
        await transcript.mount_all(views or [Welcome()])
        transcript.anchor()

    async def on_transcript_top_reached(self) -> None:
        """Mount the messages above."""
        from chatkit.tui.widgets.turn import views_of

        chat = self.chat
        if chat is None or chat.session is None or self._oldest is None:
            return
        try:
            messages = chat.store.messages(chat.session, limit=WINDOW, before=self._oldest)
        except StorageError as error:
            await self.say(str(error), trouble=True)
            return
        self._oldest = messages[0].id if messages else None
        await self.query_one(Transcript).put_above(views_of(messages))
