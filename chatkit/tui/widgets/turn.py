"""One turn on the screen: what the user said, the reply, the cards of the other heads, and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from chatkit.head.answer import Answer
from chatkit.runtime.records import MessageRecord
from chatkit.tui.text import cut, shown
from chatkit.tui.widgets.cards import FailureCard, card_of
from chatkit.tui.widgets.meter import meters_of

if TYPE_CHECKING:
    from chatkit.tui.widgets.reply import ReplyMarkdown

FEED_SECONDS = 0.05
ENDINGS = {
    "queued": "queued",
    "running": "…",
    "stopped": "stopped",
    "interrupted": "interrupted: chatkit was ended before the reply was complete",
}


class TurnView(Vertical):
    """One turn.

    The first head that streams gives the reply; all others get a card below it.

    Args:
        text: What the user said.
        state: Where the turn stands, as in ``runtime.session.Turn``; "interrupted" as found in the history.
        reply: The reply as found in the history; None for a turn that is to come.
    """

    def __init__(self, text: str, state: str = "done", reply: MessageRecord | None = None) -> None:
        super().__init__(classes="queued" if state == "queued" else "")
        self.text = text
        self._record = reply
        self._user = Static(_of_user(text), classes="user")
        self._ending = Static(ENDINGS.get(state, ""), classes="ending", markup=False)
        self._reply: ReplyMarkdown | None = None
        self._reply_head: str | None = None
        self._said: list[str] = []
        self._pending: list[str] = []
        self._feeding: Timer | None = None

    def compose(self) -> ComposeResult:
        """The user's words, what the history holds of the reply, and how it ended."""
        yield self._user
        if self._record is not None:
            yield from self._recorded(self._record)
        yield self._ending

    def on_mount(self) -> None:
        """Hide what is empty."""
        self._ending.display = bool(self._ending.content)

    # A turn that is running

    async def start(self) -> None:
        """Its turn has come."""
        self.remove_class("queued")
        self._end_with(ENDINGS["running"])

    async def piece(self, head: str, text: str) -> None:
        """A head streams."""
        if self._reply_head is None:
            self._reply_head = head
        if head != self._reply_head:
            return  # a second text is drawn as a card once it is whole
        self._said.append(text)
        self._pending.append(text)
        if self._reply is None:
            self._reply = await self._mount_reply()
            self._feeding = self.set_interval(FEED_SECONDS, self._feed)
            self._end_with("")

    async def answer(self, head: str, data: dict[str, Any]) -> None:
        """A head has answered: ``data`` is what ``Answer.as_json`` gave."""
        answer = Answer.from_json(data)
        is_reply = head == self._reply_head
        if is_reply:
            await self._finish_reply(reply_text(answer))
        for block in answer.blocks:
            if not (is_reply and block.kind in ("text", "markdown")):
                await self.mount(card_of(head, block), before=self._ending)

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
        if self._feeding is not None and self._reply is not None:
            await self._finish_reply("".join(self._said))
        self.remove_class("queued")
        self._end_with(ENDINGS.get(state, ""))

    async def _feed(self) -> None:
        if self._pending and self._reply is not None:
            text, self._pending = "".join(self._pending), []
            await self._reply.grow(text)

    async def _finish_reply(self, text: str) -> None:
        if self._feeding is not None:
            self._feeding.stop()
            self._feeding = None
        self._pending.clear()
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
            cards += [card_of(found.head, block) for block in blocks]
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


def views_of(messages: Sequence[MessageRecord]) -> list[TurnView]:
    """The turns that the messages of a branch make up."""
    views: list[TurnView] = []
    for place, message in enumerate(messages):
        if message.speaker == "user":
            after = messages[place + 1] if place + 1 < len(messages) else None
            reply = after if after is not None and after.speaker == "assistant" else None
            views.append(TurnView(message.text, reply.state if reply else "done", reply))
    return views


def reply_text(answer: Answer) -> str:
    """Text and Markdown blocks of an answer, as one Markdown text."""
    return "\n\n".join(block.plain() for block in answer.blocks if block.kind in ("text", "markdown"))


def _of_user(text: str) -> Content:
    short, left = cut(text)
    more = f"\nand {left:,} characters more" if left else ""
    return Content.assemble(shown(short), (more, "$quiet"))
