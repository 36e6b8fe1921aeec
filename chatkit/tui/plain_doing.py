"""Does the slash commands of the line mode: for each row of ``commands.COMMANDS`` that it has, a method ``do_NAME``."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit.errors import ChatkitError
from chatkit.runtime import clock
from chatkit.runtime.standing import tradeoff
from chatkit.tui import commands
from chatkit.tui.dial import NOTHING, UNWEIGHED, brief, changed, figures, listing, why
from chatkit.tui.opening import Options
from chatkit.tui.text import one_line

if TYPE_CHECKING:
    from chatkit.runtime.index_job import IndexJob
    from chatkit.runtime.session import Chat

MOST_LISTED = 20


class PlainDoing:
    """What the commands do.

    Args:
        chat: The chat.
        options: What it was started with.
        say: Prints a line of chatkit's own.
        complain: Prints what goes wrong, and progress.
    """

    def __init__(
        self, chat: Chat, options: Options, say: Callable[[str], None], complain: Callable[[str], None]
    ) -> None:
        self.chat, self._options, self._say, self._complain = chat, options, say, complain
        self._job: IndexJob | None = None
        self._told = 0  # tenths of the files that were told to be read

    async def do(self, name: str, arguments: str) -> None:
        """Do a command; what goes wrong is one line."""
        known = next((command for command in commands.COMMANDS if command.name == name), None)
        if known is None:
            self._say(commands.unknown(name))
        elif not known.plain:
            self._say(f"/{name} works in the full-screen chat only.")
        else:
            try:
                await getattr(self, f"do_{name}")(arguments)
            except ChatkitError as error:
                self._say(one_line(str(error)))

    def stop(self) -> bool:
        """End what a command has begun; whether there was something."""
        if self._job is None or self._job.state != "running":
            return False
        self._job.stop()
        return True

    async def do_help(self, arguments: str) -> None:
        """List the commands."""
        for known in commands.COMMANDS:
            if known.plain:
                self._say(f"{known.line}: {known.help}")

    async def do_new(self, arguments: str) -> None:
        """Start a new session."""
        self.chat.renew()
        self._say("a new session")

    async def do_incognito(self, arguments: str) -> None:
        """Start a session of which nothing is written."""
        self.chat.go_incognito()
        self._say("a new session, of which nothing is written; /new ends it")

    async def do_sessions(self, arguments: str) -> None:
        """List the latest chats, or the messages that hold some words."""
        if arguments:
            found = [
                (hit.session, hit.created, hit.snippet) for hit in self.chat.history.search(arguments, MOST_LISTED)
            ]
        else:
            found = [(known.id, known.changed, known.title) for known in self.chat.history.sessions(MOST_LISTED)]
        for number, when, text in found:
            self._say(f"{number}, {clock.shown(when, '%Y-%m-%d')}: {one_line(text)}")
        if found:
            self._say("chatkit --session NUMBER goes on with one")
        else:
            self._say("no message holds all of these words" if arguments else "no chats yet")

    async def do_rename(self, arguments: str) -> None:
        """Give this session a name."""
        if not arguments or self.chat.session is None:
            self._say("Write /rename NAME." if self.chat.session else commands.SHIFT_NOTHING)
            return
        self.chat.store.rename_session(self.chat.session, one_line(arguments))
        self._say(f"this session is called {one_line(arguments)}")

    async def do_retry(self, arguments: str) -> None:
        """Give another reply to the last prompt."""
        latest = self.chat.store.messages(self.chat.session, limit=1) if self.chat.session else []
        if not latest:
            self._say(commands.SHIFT_NOTHING)
            return
        self.chat.regenerate(latest[-1].id)
        await self.chat.drained()

    async def do_index(self, arguments: str) -> None:
        """Read documents; the next line is read when they are."""
        from chatkit.runtime.index_job import IndexJob
        from chatkit.tui.indexing import place_of

        if arguments in ("", "stop"):
            await self.do_documents("")
            return
        place = place_of(arguments)
        if not os.path.exists(place):
            self._say(f"{one_line(str(place))}: no such file or folder; /index PATH takes a file or a folder")
            return
        job = self._job = IndexJob(
            [place], model=self.chat.client.loads, index=self._options.index, listener=self._progress
        )
        self._told = 0
        await job.run()
        (self._complain if job.state == "failed" else self._say)(one_line(job.outcome))

    def _progress(self, job: IndexJob) -> None:
        tenth = int(10 * job.share)
        if job.state == "running" and tenth > self._told and job.step.done < job.step.total:
            self._told = tenth
            self._complain(f"{job.step.done:,} of {job.step.total:,} files, {job.step.passages:,} passages")

    async def do_documents(self, arguments: str) -> None:
        """List the documents that were read."""
        from chatkit.runtime.sources import listed

        found = listed(Path(self._options.index) if self._options.index else None)
        for source in found:
            changes = f", {source.changes}" if source.changes else ""
            self._say(
                f"{one_line(str(source.path))}: {len(source.files):,} files, {source.passages:,} passages{changes}"
            )
        if not found:
            self._say("nothing is indexed yet; /index PATH reads a file or a folder")

    async def do_heads(self, arguments: str) -> None:
        """List the heads, or switch one."""
        client = self.chat.client
        await client.settled()
        if not arguments:
            for name, state, reason in commands.heads_table(client.heads):
                self._say(f"{name}: {state}" + (f", {reason}" if reason else ""))
            return
        change = commands.heads_change(arguments, client.heads)
        if isinstance(change, str):
            self._say(change)
            return
        (client.enable if change[0] else client.disable)(change[1])
        self._say(f"{change[1]} is {'on' if change[0] else 'off'}")

    async def do_dial(self, arguments: str) -> None:
        """Weigh objectives, or list the sliders."""
        await self.chat.client.settled()
        sliders = self.chat.client.sliders
        dial = changed(arguments, sliders, self.chat.dial) if arguments else self.chat.dial
        if isinstance(dial, str):
            self._say(dial)
            return
        self.chat.dial = dial
        told = figures(self.chat.client.front, sliders, dial)
        for line in [brief(dial) or UNWEIGHED] if arguments else listing(sliders, dial):
            self._say(line)
        if told:
            self._say(f"measured nearby: {told}")

    async def do_learn(self, arguments: str) -> None:
        """Let replies learn from this session, or forget it."""
        from chatkit.tui.learning import learn

        self._say(learn(arguments, self.chat))

    async def do_why(self, arguments: str) -> None:
        """Say what the last reply was chosen from."""
        for line in why(self.chat.choices()) or [NOTHING]:
            self._say(line)

    async def do_tradeoff(self, arguments: str) -> None:
        """Say what the objectives of the assistant gave up for each other."""
        for title, lines in tradeoff(self.chat.client.folder):
            for line in (title, *lines):
                self._say(line)

    async def do_shift(self, arguments: str) -> None:
        """Compare this session with the training text."""
        from chatkit.runtime.shift_process import session_shift

        if self.chat.session is None:
            self._say(commands.SHIFT_NOTHING)
            return
        made, text = await session_shift(self.chat.session, self._options.model)
        for line in text.splitlines() if made else [text]:
            self._say(line)
