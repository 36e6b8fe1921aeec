"""The chat in line mode: for pipes, dumb terminals and screen readers.

Reads a prompt a line from standard input and prints what each head says, one head after the other, in words.
No full-screen drawing, no colour, no cursor movement. Ctrl-C stops a reply; at the prompt it ends the chat.
"""

from __future__ import annotations

import asyncio
import io
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from chatkit.head.answer import Answer, Bars, Block, Ranking
from chatkit.runtime.session import Update
from chatkit.runtime.showing import worth_showing
from chatkit.tui import commands
from chatkit.tui.opening import Options, open_chat
from chatkit.tui.plain_doing import PlainDoing
from chatkit.tui.text import one_line, shown

INTERRUPTED = 130
HITS = 3
GREETING = (
    "chatkit: your own assistant, on your own machine. /help lists the commands, /index FOLDER reads your documents; "
    "Ctrl-C stops a reply and, at the prompt, ends the chat."
)


def wanted() -> bool:
    """Whether the terminal calls for line mode: not a terminal, a dumb one, or one without UTF-8."""
    if os.environ.get("TEXTUAL_DRIVER"):  # a browser is the terminal
        return False
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return not terminal or os.environ.get("TERM", "") in ("", "dumb") or encoding != "utf8"


def run(
    *,
    model: str | None = None,
    heads: Sequence[str] = (),
    safe: bool = False,
    session: int | None = None,
    resume: bool = False,
    index: str | None = None,
    incognito: bool = False,
    command: Sequence[str] | None = None,
) -> int:
    """Run the line-mode chat until the end of the input.

    Args:
        model: Folder of the assistant; None for the shipped one.
        heads: Further heads, by file or name.
        safe: First-party heads only.
        session: Go on with this session.
        resume: Go on with the latest session.
        index: Database of the indexed documents; None for the user's own.
        incognito: Write nothing of the first session.
        command: Program and arguments of the engine; None for chatkit's.
    Returns:
        0; 2 if the engine could not be loaded; 130 after Ctrl-C at the prompt.
    Raises:
        StorageError: If the session that was asked for does not exist.
    """
    options = Options(model, tuple(heads), safe, session, resume, index, command, incognito)
    return asyncio.run(PlainChat(options).run())


class PlainChat:
    """A chat that reads and prints lines.

    Args:
        options: What it starts with.
    """

    def __init__(self, options: Options) -> None:
        self.chat, trouble = open_chat(options, self._show)
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._interactive = sys.stdin.isatty()
        self._code = 0
        self._doing = PlainDoing(self.chat, options, lambda text: _say("chatkit", text), _complain)
        self._warned = False
        self._remarked: set[str] = set()
        if trouble:
            _complain(trouble)
        if self._interactive:
            print(GREETING, file=sys.stderr, flush=True)

    async def run(self) -> int:
        """Answer line after line; the exit code."""
        if isinstance(sys.stdin, io.TextIOWrapper):
            sys.stdin.reconfigure(errors="replace")  # a byte that is no text must not end the chat
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError):  # no such handlers on Windows: Ctrl-C ends the chat there
            loop.add_signal_handler(signal.SIGINT, self._interrupt)
        # A daemon, for a thread that waits for a terminal cannot be told to end.
        threading.Thread(target=self._read, args=(loop,), daemon=True).start()
        answering = asyncio.create_task(self.chat.run())
        try:
            while (line := await self._next_line()) is not None:
                if not await self._take(line):
                    break
        finally:
            answering.cancel()
            with suppress(asyncio.CancelledError):
                await answering
            await self.chat.close()
        return self._code

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        with suppress(RuntimeError):  # the loop has ended
            for line in sys.stdin:
                loop.call_soon_threadsafe(self._lines.put_nowait, line.rstrip("\r\n"))
            loop.call_soon_threadsafe(self._lines.put_nowait, None)

    async def _next_line(self) -> str | None:
        if self._interactive:
            print("you: ", end="", flush=True)
        return await self._lines.get()

    async def _take(self, line: str) -> bool:
        """Do a command, or answer a prompt; False to end."""
        if not line.strip():
            return True
        command = commands.parse(line)
        if command is None or command[0] in commands.HEAD_COMMANDS:
            return await self._answer(line)
        name, arguments = command
        if name == "quit":
            return False
        await self._doing.do(name, arguments)
        return True

    async def _answer(self, line: str) -> bool:
        """Answer a prompt, or have one head answer; False if the engine is dead."""
        line = line.strip()  # of thousands of blanks before a word a reply would see no word
        if line[0] in "/@":
            await self.chat.client.settled()  # which heads there are decides what the line means
        asked = commands.direct(line, self.chat.client.heads)
        if isinstance(asked, str):
            _say("chatkit", asked)
            return True
        if asked is None:
            self.chat.send(line)
        else:
            self.chat.send(asked.text, (asked.head,), options=asked.options, aside=True)
        await self.chat.drained()
        return self.chat.client.state != "dead"

    def _interrupt(self) -> None:
        if not self._doing.stop() and not self.chat.stop():
            self._code = INTERRUPTED
            self._lines.put_nowait(None)

    def _show(self, update: Update) -> None:
        event = update.event
        kind, head = event.get("event"), str(event.get("head", ""))
        if update.kind == "unsaved":
            _complain(update.message)
        elif kind == "answer" and update.turn is not None:
            stopped = " (stopped)" if event.get("stopped") else ""
            answer, turn = Answer.from_json(event["answer"]), update.turn
            blocks = worth_showing(answer.blocks, turn.text, by_name=turn.heads is not None)
            self._show_answer(head, blocks, stopped, is_reply=head in turn.said)
            self._tell_remark(head)
        elif update.kind == "ended" and update.turn is not None:
            self._tell_trust(update.turn.familiarity, update.turn.trust)
        elif kind == "failed":
            place = f" at {event['place']}" if event.get("place") else ""
            _complain(f"{head} failed: {one_line(str(event.get('message', '')))}{place}")
        elif kind == "reloaded":
            _complain(one_line(commands.reloaded(event)))
        elif kind in ("ready", "heads"):
            for name, trouble in commands.unusable(event.get("heads", [])).items():
                if name not in self._remarked:
                    self._remarked.add(name)
                    _complain(one_line(trouble))
        elif kind == "error":
            _complain(one_line(str(event.get("message", ""))))
        elif kind == "state" and event.get("state") == "dead":
            self._code = 2
            if self.chat.current is None:
                _complain(one_line(str(event.get("message", ""))))

    def _tell_remark(self, head: str) -> None:
        """What is to be said of a head; once, for it is read aloud."""
        remark = commands.remark(self.chat.client.heads, head)
        if remark and head not in self._remarked:
            self._remarked.add(head)
            _complain(f"{head} is {remark}")

    def _tell_trust(self, familiarity: float | None, trust: Mapping[str, Any]) -> None:
        if familiarity is not None and familiarity < commands.UNFAMILIAR_BELOW:
            _say("familiarity", f"{round(100 * familiarity)} percent: {one_line(str(trust.get('why', '')))}")
        if trust.get("warning") and not self._warned:
            _say("chatkit", commands.UNFAMILIAR)
        self._warned = bool(trust.get("warning"))

    def _show_answer(self, head: str, blocks: Sequence[Block], stopped: str, *, is_reply: bool) -> None:
        for block in blocks:
            if isinstance(block, Bars):
                _say(head, in_words(block))
            elif isinstance(block, Ranking):
                _say_ranking(head, block)
            else:
                _say("chatkit" if is_reply else head, block.plain() + stopped)


def in_words(bars: Bars) -> str:
    """Probabilities as a sentence: "positive, 86 percent; neutral 11, negative 3"."""
    ranked = sorted(bars.probabilities.items(), key=lambda item: item[0] != bars.label and 1 - item[1])
    shares = [(label, round(100 * share)) for label, share in ranked]
    first = f"{shares[0][0]}, {shares[0][1]} percent" if shares else "nothing"
    rest = ", ".join(f"{label} {share}" for label, share in shares[1:])
    doubt = "" if bars.sure and bars.guaranteed and len(bars.labels) < 2 else bars.set_in_words
    return "; ".join(filter(None, ("" if bars.sure else "not sure", first, rest, doubt)))


def _say_ranking(head: str, ranking: Ranking) -> None:
    if not ranking.items:
        _say(head, "no passage found")
    for number, hit in enumerate(ranking.items[:HITS], 1):
        heading = f"{hit.heading}: " if hit.heading else ""
        _say(head, f"{number}. {one_line(hit.source)}, {one_line(heading + hit.text)}")


def _say(who: str, text: str) -> None:
    encoding = sys.stdout.encoding or "utf-8"
    line = f"{one_line(who)}: {shown(text)}".encode(encoding, "replace").decode(encoding)
    print(line, flush=True)


def _complain(text: str) -> None:
    print(f"chatkit: {text}", file=sys.stderr, flush=True)
