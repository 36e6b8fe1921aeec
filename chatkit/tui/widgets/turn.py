"""One turn on the screen: what the user said, the reply, the cards of the other heads, and how it ended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from chatkit.head.answer import Answer
from chatkit.runtime.records import MessageRecord
from chatkit.runtime.showing import worth_showing
from chatkit.tui.keys import own_bindings
from chatkit.tui.text import cut, one_line, shown
from chatkit.tui.widgets.cards import FailureCard, cards_of
from chatkit.tui.widgets.meter import meters_of
from chatkit.tui.widgets.turn_bar import TurnBar

if TYPE_CHECKING:
    from chatkit.tui.widgets.reply import ReplyMarkdown

ENDINGS = {
    "queued": "queued",
    "running": "…",
    "stopped": "stopped",
    "interrupted": "interrupted: chatkit was ended before the reply was complete",
}


_FENCE = re.compile(r"^(```+|~~~+)[^\n]*\n(.*?)^\1\s*$", re.MULTILINE | re.DOTALL)


class TurnView(Vertical, can_focus=True):
    """One turn.

    The first head that streams gives the reply; all others get a card below it.

    Args:
        text: What the user said.
        state: Where the turn stands, as in ``runtime.turn.Turn``; "interrupted" as found in the history.
        prompt: Number of the prompt's message.
        asked: What the prompt asks for beyond its text, as ``Turn.asked``.
        reply: The reply as found in the history; None for a turn that is to come.
    """

    FOCUS_ON_CLICK = False  # or a letter typed after a click would be a command
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "screen.turn(-1)", "Turn above", id="turn.up"),
        Binding("down", "screen.turn(1)", "Turn below", id="turn.down"),
        Binding("e", "ask('edit')", "Edit: say it anew, on a branch of its own", id="turn.edit"),
        Binding("r", "ask('retry')", "Another reply; this one is kept", id="turn.retry"),
        Binding("c", "ask('copy')", "Copy the reply", id="turn.copy"),
        Binding("y", "ask('code')", "Copy the first code block", id="turn.code"),
        Binding("left", "version('reply', -1)", "Reply before", id="turn.reply_before"),
        Binding("right", "version('reply', 1)", "Reply after", id="turn.reply_after"),
        Binding("shift+left", "version('prompt', -1)", "Prompt before the edit", id="turn.prompt_before"),
        Binding("shift+right", "version('prompt', 1)", "Prompt after the edit", id="turn.prompt_after"),
    ]

    def __init__(
        self,
        text: str,
        state: str = "done",
        *,
        prompt: int = 0,
        asked: Mapping[str, Any] | None = None,
        reply: MessageRecord | None = None,
    ) -> None:
        super().__init__(classes="queued" if state == "queued" else "")
        self.text, self.prompt, self.reply = text, prompt, reply.id if reply else 0
        self.versions: Mapping[int, Sequence[int]] = {}
        self._record = reply
        heads = (asked or {}).get("heads") or ()
        self._by_name = bool(heads)
        self._user = Static(_of_user(text, heads), classes="user")
        self._ending = Static(ENDINGS.get(state, ""), classes="ending", markup=False)
        self._bar = TurnBar()
        self._reply: ReplyMarkdown | None = None
        self._reply_head: str | None = None
        self._whole = reply.text if reply else ""
        self._said: list[str] = []
        self._streaming = False

    @property
    def message(self) -> int:
        """Number of the reply, or of the prompt while there is none."""
        return self.reply or self.prompt

    @property
    def reply_text(self) -> str:
        """What the assistant said."""
        return self._whole or "".join(self._said)

    @property
    def code_blocks(self) -> list[str]:
        """Code blocks of the reply."""
        return [match[2].rstrip("\n") for match in _FENCE.finditer(self.reply_text)]

    def show_bar(self) -> None:
        """Show what can be done with the turn, and its versions."""
        prompts, replies = (self.versions.get(number, ()) for number in (self.prompt, self.reply))
        self._bar.show(self.prompt, prompts, self.reply, replies, code=bool(self.code_blocks))

    def action_ask(self, action: str) -> None:
        """Ask for an action on this turn."""
        self.post_message(TurnBar.Asked(self._bar, action))

    def action_version(self, kind: str, step: int) -> None:
        """Ask for another version."""
        if other := self._bar.other(kind, step):
            self.post_message(TurnBar.Asked(self._bar, kind, other))

    def on_enter(self) -> None:
        """The mouse is over the turn: show what can be done with it."""
        self._bar.add_class("over")

    def on_leave(self) -> None:
        """The mouse has left."""
        self._bar.remove_class("over")

    async def _on_key(self, event: events.Key) -> None:
        """Do the turn's own keys, before a letter goes into the prompt."""
        for binding in own_bindings(self, event.key) if self.has_focus else ():
            event.stop()
            event.prevent_default()
            await self.run_action(binding.action)
            return

    def compose(self) -> ComposeResult:
        """The user's words, what the history holds of the reply, and how it ended."""
        yield self._user
        if self._record is not None:
            yield from self._recorded(self._record)
        yield self._ending
        yield self._bar

    def on_mount(self) -> None:
        """Hide what is empty."""
        self._ending.display = bool(self._ending.content)
        self.show_bar()

    # A turn that is running

    async def start(self, reply: int = 0) -> None:
        """Its turn has come; ``reply`` is the number of its reply."""
        self.reply = reply
        self.remove_class("queued")
        self._end_with(ENDINGS["running"])

    async def piece(self, head: str, text: str) -> None:
        """A head streams; what was gathered of it for one frame."""
        if self._reply_head is None:
            self._reply_head = head
        if head != self._reply_head:
            return  # a second text is drawn as a card once it is whole
        self._said.append(text)
        if self._reply is None:
            self._reply = await self._mount_reply()
            self._streaming = True
            self._end_with("")
        await self._reply.grow(text)

    async def answer(self, head: str, data: dict[str, Any], *, remark: str = "") -> None:
        """A head has answered: ``data`` is what ``Answer.as_json`` gave, ``remark`` what is to be said of the head."""
        answer = Answer.from_json(data)
        is_reply = head == self._reply_head
        if not self._whole:
            self._whole = reply_text(answer)
        if is_reply:
            self._whole = reply_text(answer)
            await self._finish_reply(self._whole)
        blocks = [block for block in answer.blocks if not (is_reply and block.kind in ("text", "markdown"))]
        for card in cards_of(head, worth_showing(blocks, self.text, by_name=self._by_name), remark):
            await self.mount(card, before=self._ending)

    async def fail(self, head: str, message: str, place: str = "", *, disabled: bool = False) -> None:
        """A head has failed, or the engine as a whole where ``head`` is ""."""
        if head == self._reply_head and self._reply is not None:
            await self._finish_reply("".join(self._said))
        await self.mount(FailureCard(head, message, place, disabled=disabled), before=self._ending)

    async def trust(self, familiarity: float | None, trust: Mapping[str, Any]) -> None:
        """Show how familiar the message was."""
        for meter in meters_of(familiarity, trust):
            await self.mount(meter, before=self._ending)

    async def end(self, state: str) -> None:
        """The turn is over."""
        if self._streaming:
            await self._finish_reply("".join(self._said))
        self.remove_class("queued")
        self._end_with(ENDINGS.get(state, ""))
        self.show_bar()

    async def _finish_reply(self, text: str) -> None:
        self._streaming = False
        if self._reply is None:
            self._reply = await self._mount_reply()
        await self._reply.finish(text)

    async def _mount_reply(self) -> ReplyMarkdown:
        from chatkit.tui.widgets.reply import ReplyMarkdown  # Markdown is no part of the first frame

        reply = ReplyMarkdown()
        await self.mount(reply, after=self._user)
        return reply

    def _end_with(self, text: str) -> None:
        self._ending.update(Content(text))
        self._ending.display = bool(text)

    # A turn out of the history

    def _recorded(self, record: MessageRecord) -> ComposeResult:
        reply_head = next((answer.head for answer in record.answers if answer.text), None)
        cards: list[Widget] = []
        for found in record.answers:
            text, blocks = found.text, []
            if found.state == "failed":
                cards.append(FailureCard(found.head, found.data.get("message", ""), found.data.get("place", "")))
            elif found.data:
                blocks = list(Answer.from_json(found.data).blocks)
            if found.head == reply_head:
                yield from self._recorded_reply(text)
                blocks = [block for block in blocks if block.kind not in ("text", "markdown")]
            cards += cards_of(found.head, worth_showing(blocks, self.text, by_name=self._by_name))
        yield from cards
        yield from meters_of(record.facts.get("familiarity"), record.facts.get("trust"))

    def _recorded_reply(self, text: str) -> ComposeResult:
        from chatkit.tui.widgets.reply import ReplyMarkdown, is_plain

        if is_plain(text):  # a tenth of the cost of a Markdown widget
            yield Static(Content(shown(text)), classes="reply")
            return
        self._reply = ReplyMarkdown()
        yield self._reply
        self.call_after_refresh(self._reply.finish, text)


def views_of(messages: Sequence[MessageRecord], versions: Mapping[int, Sequence[int]]) -> list[TurnView]:
    """The turns that the messages of a branch make up.

    Args:
        messages: The messages, in order.
        versions: For each message that was said more than once, all versions of it.
    """
    views: list[TurnView] = []
    for place, message in enumerate(messages):
        if message.speaker == "user":
            after = messages[place + 1] if place + 1 < len(messages) else None
            reply = after if after is not None and after.speaker == "assistant" else None
            state = reply.state if reply else "done"
            view = TurnView(message.text, state, prompt=message.id, asked=message.facts, reply=reply)
            view.versions = versions
            views.append(view)
    return views


def reply_text(answer: Answer) -> str:
    """Text and Markdown blocks of an answer, as one Markdown text."""
    return "\n\n".join(block.plain() for block in answer.blocks if block.kind in ("text", "markdown"))


def _of_user(text: str, heads: Sequence[str]) -> Content:
    short, left = cut(text)
    more = f"\nand {left:,} characters more" if left else ""
    to = " ".join(f"@{one_line(str(head))}" for head in heads)
    return Content.assemble((f"{to} " if to else "", "$accent"), shown(short), (more, "$quiet"))
