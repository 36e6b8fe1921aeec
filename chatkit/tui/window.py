"""Which turns of a session are on the screen: a window of it, that grows where the user scrolls and shrinks elsewhere.

Mounting 600 turns costs tens of CPU seconds; a window of a few dozen costs the same in a session of any length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatkit.runtime.records import MessageRecord
from chatkit.tui.widgets.transcript import Transcript
from chatkit.tui.widgets.welcome import Welcome

if TYPE_CHECKING:
    from chatkit.runtime.session import Chat, Turn
    from chatkit.tui.widgets.turn import TurnView

WINDOW = 40  # messages mounted at once when a session is opened
MOST_TURNS = 60  # mounted at all


class Window:
    """The turns on the screen.

    Args:
        transcript: Where they are shown.
    """

    def __init__(self, transcript: Transcript) -> None:
        self.transcript = transcript
        self.chat: Chat | None = None
        self.running: dict[Turn, TurnView] = {}
        self._at_end = True  # whether the last turn of the session is mounted
        self._at_start = True

    @property
    def views(self) -> list[TurnView]:
        """The turns that are mounted, in order."""
        from chatkit.tui.widgets.turn import TurnView

        return [child for child in self.transcript.children if isinstance(child, TurnView) and not child._pruning]

    async def show(self, message: int = 0) -> None:
        """Show the session anew: its end, or the surroundings of a message.

        Args:
            message: A message of the shown branch; 0 for the end.
        """
        messages = self._messages()
        at_start = len(messages) < WINDOW
        if message and message not in [found.id for found in messages]:
            below = self._messages(after=message, limit=WINDOW // 2)
            above = self._messages(before=below[0].id if below else None, limit=WINDOW // 2)
            messages, at_start = above + below, len(above) < WINDOW // 2
        self.running.clear()
        views = self._views(messages)
        with self.transcript.app.batch_update():
            await self.transcript.clear()
            await self.transcript.mount_all(views or [Welcome()])
        self._at_start = at_start
        self._at_end = not messages or not self._messages(after=messages[-1].id, limit=1)
        found = next((view for view in views if message and message in (view.prompt, view.reply)), None)
        self.transcript.anchor()
        if found is not None:
            self.transcript.screen.set_focus(found, scroll_visible=False)
            self.transcript.call_after_refresh(self.transcript.bring_up, found)

    async def add(self, turn: Turn) -> TurnView:
        """Put a new turn at the end, and go there."""
        from chatkit.tui.widgets.turn import TurnView

        if not self._at_end:
            await self.show()
        await self.transcript.query(Welcome).remove()
        view = self.running[turn] = TurnView(turn.text, "queued", prompt=turn.prompt, asked=turn.asked)
        await self.transcript.add(view)
        if len(views := self.views) > MOST_TURNS and not self.transcript.is_away:
            await self.transcript.remove_children(views[: len(views) - MOST_TURNS])
            self._at_start = False
        return view

    async def cut(self, view: TurnView) -> None:
        """Take a turn and all below it off the screen: another version of it is to come."""
        children = list(self.transcript.children)
        await self.transcript.remove_children(children[children.index(view) :])

    async def clear(self) -> None:
        """Take everything off the screen."""
        self.running = {turn: view for turn, view in self.running.items() if turn.state != "done"}
        await self.transcript.clear()
        self._at_start = True

    def number(self, view: TurnView) -> None:
        """Find the versions of a turn that has just been answered."""
        if self.chat is not None and self.chat.session is not None:
            from chatkit.runtime import branches

            last = self.chat.store.messages(self.chat.session, limit=2)
            view.versions = branches.versions(self.chat.store, last)
            view.show_bar()

    async def grow_up(self) -> None:
        """Mount the turns above."""
        views = self.views
        if self._at_start or not views:
            return
        messages = self._messages(before=views[0].prompt)
        self._at_start = len(messages) < WINDOW
        drop = 0
        if not self.running:
            drop = max(len(self.transcript.children) + len(messages) // 2 - MOST_TURNS, 0)
            self._at_end = self._at_end and not drop
        await self.transcript.put_above(self._views(messages), drop)

    async def grow_down(self) -> None:
        """Mount the turns below."""
        views = self.views
        if self._at_end or not views:
            return
        messages = self._messages(after=views[-1].message)
        self._at_end = len(messages) < WINDOW
        if not self._at_end and messages[-1].speaker == "user":
            messages.pop()  # it comes next time, with its reply
        drop = max(len(self.transcript.children) + len(messages) // 2 - MOST_TURNS, 0)
        self._at_start = self._at_start and not drop
        await self.transcript.put_below(self._views(messages), drop)

    def _messages(
        self, *, before: int | None = None, after: int | None = None, limit: int = WINDOW
    ) -> list[MessageRecord]:
        if self.chat is None or self.chat.session is None:
            return []
        return self.chat.store.messages(self.chat.session, limit=limit, before=before, after=after)

    def _views(self, messages: list[MessageRecord]) -> list[TurnView]:
        from chatkit.runtime import branches
        from chatkit.tui.widgets.turn import views_of

        if self.chat is None:
            return []
        return views_of(messages, branches.versions(self.chat.store, messages))
