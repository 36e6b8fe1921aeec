"""Does the slash commands of the chat screen: for each row of ``commands.COMMANDS`` a method ``do_NAME``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from textual.content import Content

from chatkit.errors import ChatkitError
from chatkit.runtime.standing import tradeoff
from chatkit.tui import commands
from chatkit.tui.bindings import named
from chatkit.tui.dial import NOTHING, UNWEIGHED, brief, changed
from chatkit.tui.doing_documents import DocumentCommands
from chatkit.tui.doing_history import HistoryCommands
from chatkit.tui.doing_models import ModelCommands
from chatkit.tui.text import one_line
from chatkit.tui.widgets.prompt import Prompt
from chatkit.tui.widgets.status import StatusLine

if TYPE_CHECKING:
    from chatkit.runtime.session import Chat
    from chatkit.tui.screens.chat import ChatScreen
    from chatkit.tui.screens.sessions import Chosen
    from chatkit.tui.widgets.turn import TurnView

WITHOUT_CHAT = frozenset({"help", "clear", "theme", "quit"})  # these work before the chat has opened


class Doing(HistoryCommands, ModelCommands, DocumentCommands):
    """What the commands do.

    Args:
        screen: The screen they are given on.
    """

    def __init__(self, screen: ChatScreen) -> None:
        self.screen = screen

    @property
    def chat(self) -> Chat:
        """The chat; it is open whenever a command that needs it is done."""
        assert self.screen.chat is not None
        return self.screen.chat

    async def do(self, name: str, arguments: str) -> None:
        """Do a command; what goes wrong is said in the transcript."""
        if name not in {command.name for command in commands.COMMANDS}:
            await self.trouble(commands.unknown(name))
        elif self.screen.chat is None and name not in WITHOUT_CHAT:
            await self.screen.say("Still starting; try again in a moment.")
        else:
            await self.attempt(getattr(self, f"do_{name}"), arguments)

    async def attempt(self, action: Callable[..., Awaitable[None]], *arguments: object) -> None:
        """Do something; say what goes wrong."""
        try:
            await action(*arguments)
        except ChatkitError as error:
            await self.trouble(str(error))
        except RuntimeError as error:
            if str(error) != "a reply is running":
                raise
            await self.trouble(f"A reply is running; {named(self.screen.app, 'chat.stop', 'Esc')} stops it.")

    async def trouble(self, text: str) -> None:
        """Say what is wrong."""
        await self.screen.say(text, trouble=True)

    async def do_help(self, arguments: str) -> None:
        """Show keys and commands."""
        self.screen.action_help()

    async def do_clear(self, arguments: str) -> None:
        """Clear the screen."""
        await self.screen.window.clear()

    async def do_theme(self, arguments: str) -> None:
        """Change the theme."""
        self.screen.app.action_toggle_dark_light()  # type: ignore[attr-defined]

    async def do_quit(self, arguments: str) -> None:
        """End the app."""
        self.screen.app.exit()

    async def do_new(self, arguments: str) -> None:
        """Start a new session."""
        self.chat.renew()
        await self.show_session()

    async def do_sessions(self, arguments: str) -> None:
        """List all chats, or search them."""
        from chatkit.tui.screens.sessions import SessionsScreen

        def chosen(choice: Chosen | None) -> None:
            if choice is not None:
                self.screen.run_worker(self.attempt(self._open, choice))

        current = None if self.chat.incognito else self.chat.session
        self.screen.app.push_screen(SessionsScreen(self.chat.history, current, arguments), chosen)

    async def _open(self, choice: Chosen) -> None:
        from chatkit.runtime import branches

        if self.chat.incognito or choice.session != self.chat.session:
            self.chat.renew(choice.session)
        if choice.message and not branches.is_shown(self.chat.store, choice.message):
            branches.choose(self.chat.store, choice.message)
        await self.show_session(choice.message)

    async def do_retry(self, arguments: str) -> None:
        """Give another reply to the last prompt."""
        if last := await self._last_turn():
            await self.screen.turns.retry(last)

    async def do_edit(self, arguments: str) -> None:
        """Put the last prompt back, to say it anew."""
        if last := await self._last_turn():
            self.screen.turns.begin_edit(last)

    async def do_copy(self, arguments: str) -> None:
        """Copy the last reply, or a code block of it."""
        last = await self._last_turn()
        if last is None:
            return
        if not arguments:
            await self.screen.turns.copy(last.reply_text, "the reply")
            return
        blocks = last.code_blocks
        number = arguments.removeprefix("code").strip() or "1"
        if not number.isdigit() or not 0 < int(number) <= len(blocks):
            await self.trouble(
                f"The last reply holds {len(blocks) or 'no'} code blocks; /copy code 1 copies the first."
            )
            return
        await self.screen.turns.copy(blocks[int(number) - 1], f"code block {number}")

    async def do_sentiment(self, arguments: str) -> None:
        """Ask one head beside the conversation."""
        await self.ask_directly(f"/sentiment {arguments}")

    async def do_search(self, arguments: str) -> None:
        """Rank passages."""
        await self.ask_directly(f"/search {arguments}")

    async def do_translate(self, arguments: str) -> None:
        """Translate."""
        await self.ask_directly(f"/translate {arguments}")

    async def do_write(self, arguments: str) -> None:
        """Continue a text."""
        await self.ask_directly(f"/write {arguments}")

    async def ask_directly(self, line: str) -> bool:
        """Ask one head, if that is what the line means; whether it is."""
        asked = commands.direct(line, self.chat.client.heads)
        if isinstance(asked, str):
            await self.trouble(asked)
        elif asked is not None:
            self.chat.send(asked.text, (asked.head,), options=asked.options, aside=True)
        return asked is not None

    async def do_heads(self, arguments: str) -> None:
        """List the heads, or switch one."""
        heads = self.chat.client.heads
        if not arguments:
            await self.screen.note(_table(commands.heads_table(heads)))
            return
        change = commands.heads_change(arguments, heads)
        if isinstance(change, str):
            await self.trouble(change)
            return
        on, name = change
        (self.chat.client.enable if on else self.chat.client.disable)(name)
        await self.screen.say(f"{name} is {'on' if on else 'off'} for this session.")

    async def do_live(self, arguments: str) -> None:
        """Switch reading along while something is typed."""
        on = {"": not self.screen.typing.on, "on": True, "off": False}.get(arguments)
        if on is None:
            await self.trouble("Write /live, /live on or /live off.")
            return
        await self.screen.typing.switch(on)
        await self.screen.say(f"What you type is {'read along' if on else 'read when you send it'}.")

    async def do_dial(self, arguments: str) -> None:
        """Weigh objectives, or show the sliders."""
        from chatkit.tui.widgets.dial_panel import DialPanel

        screen, chat = self.screen, self.chat
        if not chat.client.sliders:
            await screen.say("Nothing to weigh yet: the engine lists its objectives once it is ready.")
        elif arguments:
            dial = changed(arguments, chat.client.sliders, chat.dial)
            if isinstance(dial, str):
                await self.trouble(dial)
                return
            screen.turn_dial(dial)
            for panel in screen.query(DialPanel):
                panel.show(dial)
            await screen.say(f"Replies are chosen by {brief(dial)}." if dial else UNWEIGHED)
        elif screen.query(DialPanel):
            await screen.query(DialPanel).remove()
            screen.query_one(Prompt).focus()
        else:
            await screen.mount(
                DialPanel(chat.client.sliders, chat.dial, chat.client.front), before=screen.query_one(Prompt)
            )

    async def do_learn(self, arguments: str) -> None:
        """Let replies learn from this session, or forget it."""
        from chatkit.tui.learning import learn

        await self.screen.say(learn(arguments, self.chat))
        self.screen.query_one(StatusLine).learn = self.chat.learn

    async def do_why(self, arguments: str) -> None:
        """Show the replies that the last one was chosen from."""
        from chatkit.tui.widgets.why import WhyCard

        choices = self.chat.choices()
        if not choices:
            await self.screen.say(NOTHING)
        for choice in choices.values():
            await self.screen.window.transcript.add(WhyCard(choice))

    async def do_tradeoff(self, arguments: str) -> None:
        """Say what the objectives of the loaded assistant gave up for each other."""
        parts = tradeoff(self.chat.client.folder)
        text = Content("\n\n").join(
            Content.styled(title, "bold") + Content("\n" + "\n".join(lines)) for title, lines in parts
        )
        await self.screen.note(text)

    async def do_shift(self, arguments: str) -> None:
        """Compare what was said in this session with the training text; the chat goes on meanwhile."""
        session = self.chat.session
        if session is None:
            await self.screen.say(commands.SHIFT_NOTHING)
            return
        await self.screen.say("Reading this session; the report comes here.")
        self.screen.run_worker(self._report_shift(session), group="shift", exclusive=True)

    async def _report_shift(self, session: int) -> None:
        from chatkit.runtime.shift_process import session_shift

        made, text = await session_shift(session, str(self.chat.client.folder))
        await self.screen.note(Content(text), "note" if made else "note trouble")

    async def _last_turn(self) -> TurnView | None:
        views = self.screen.window.views
        if not views:
            await self.trouble("Nothing was said yet.")
            return None
        return views[-1]


def _table(rows: list[tuple[str, str, str]]) -> Content:
    cells = [[one_line(cell) for cell in row] for row in rows]
    column = max((len(row[0]) for row in cells), default=0)
    lines = [
        Content.assemble((f"{name:<{column}}  ", "bold"), (f"{state:<12}", ""), (why, "$quiet"))
        for name, state, why in cells
    ]
    return Content("\n").join(lines) if lines else Content("The engine has not listed its heads yet.")
