"""A conversation without a terminal: prompts go in, updates come out, and all of it is kept in the history.

The full-screen app and the line mode show the same ``Chat``. A prompt is stored when it is sent; prompts sent
while a reply runs wait in a queue. When the history can no longer be written, the chat goes on unsaved and
says so.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable
from typing import Any

from chatkit.errors import StorageError
from chatkit.runtime import branches
from chatkit.runtime.client import EngineClient
from chatkit.runtime.recorder import Recorder
from chatkit.runtime.store import Store
from chatkit.runtime.turn import Turn, Update

__all__ = ["Chat", "Turn", "Update"]

OTHERS_WAIT = 0.005  # seconds for which events are taken in one go


class Chat:
    """One conversation.

    Args:
        client: Its engine.
        store: Its history.
        listener: Called with every update, in order, on the event loop.
        session: Go on with this session; a new one by default, created with its first prompt.
        seed: Of all replies; a new one each by default.
    """

    def __init__(
        self,
        client: EngineClient,
        store: Store,
        listener: Callable[[Update], None],
        *,
        session: int | None = None,
        seed: int | None = None,
    ) -> None:
        self.client, self.store, self.session = client, store, session
        self.current: Turn | None = None
        self.dial: dict[str, float] = {}  # objective -> weight, for the replies to come
        self.learn = ""  # from this session: "both", "cache" or "weights"; "" is off, as every session begins
        self._forgotten = 0  # what was said up to this message is not learned from
        self._listener, self._seed = listener, seed
        self._queue: asyncio.Queue[Turn] = asyncio.Queue()
        self._recorder = Recorder(self._written, lambda: client.lineage)
        self._kept: Store | None = None  # the history, while an incognito session runs beside it
        client.listener = lambda event: self._tell(Update("engine", event=event))

    def send(
        self,
        text: str,
        heads: tuple[str, ...] | None = None,
        *,
        options: dict[str, Any] | None = None,
        aside: bool = False,
        instead_of: int | None = None,
    ) -> Turn:
        """Commit a prompt and queue it; the reply follows as updates.

        Args:
            text: What the user said.
            heads: Only these are asked; None for all that are on.
            options: Of the heads, such as ``language``.
            aside: Ask beside the conversation: neither does the turn see it, nor do later ones see the turn.
            instead_of: An earlier prompt that this is another version of.
        """
        turn = Turn(0, text, heads, dict(options or {}), aside)
        turn.prompt = self._written(
            lambda store: store.add_prompt(self._session(), text, turn.asked, instead_of=instead_of)
        )
        self._queued(turn)
        return turn

    def regenerate(self, message: int) -> Turn:
        """Give another reply, with a new seed, to the prompt of a message; the one before is kept.

        Raises:
            RuntimeError: If a reply is running.
            StorageError: If there is no such message.
        """
        self._must_be_idle()
        prompt, text, asked = branches.prompt_of(self.store, message)
        branches.choose(self.store, prompt)
        heads = asked.get("heads")
        turn = Turn(prompt, text, heads and tuple(heads), asked.get("options") or {}, bool(asked.get("aside")))
        turn.again = message
        self._queued(turn)
        return turn

    def edit(self, message: int, text: str) -> Turn:
        """Say something else in place of an earlier prompt, on a branch of its own; the old one is kept.

        Raises:
            RuntimeError: If a reply is running.
            StorageError: If there is no such message.
        """
        self._must_be_idle()
        prompt, _, asked = branches.prompt_of(self.store, message)
        heads, options, aside = asked.get("heads"), asked.get("options"), bool(asked.get("aside"))
        return self.send(text, heads and tuple(heads), options=options, aside=aside, instead_of=prompt)

    def choose(self, message: int) -> None:
        """Show the branch of a message, of this session or another one.

        Raises:
            RuntimeError: If a reply is running.
            StorageError: If there is no such message.
        """
        self._must_be_idle()
        if not branches.is_shown(self.store, message):
            branches.choose(self.store, message)
        self.session = branches.session_of(self.store, message)

    @property
    def waiting(self) -> int:
        """How many prompts wait for the running reply."""
        return self._queue.qsize()

    async def run(self) -> None:
        """Start the engine and answer prompts one after the other, until cancelled."""
        await self.client.start()
        while True:
            turn = await self._queue.get()
            await self._answer(turn)
            self._queue.task_done()

    async def drained(self) -> None:
        """Wait until every prompt is answered."""
        await self._queue.join()

    def stop(self) -> bool:
        """Stop the running reply; its text is kept. Whether there was one."""
        self.client.cancel()
        if self.current is not None:
            self.current.stopping = True
        return self.current is not None

    def renew(self, session: int | None = None) -> None:
        """Leave this session for another one, or a new one.

        Raises:
            RuntimeError: If a reply is running.
            StorageError: If there is no such session.
        """
        self._must_be_idle()
        if session is not None:
            self.history.session(session)
        if self._kept is not None:
            self.store.close()
            self.store, self._kept = self._kept, None
        self.session = session
        self._learn_nothing()

    def forget(self) -> None:
        """Drop what was learned from the session; what is said from here on may be learned from."""
        if self.session is not None:
            leaf = self._written(lambda store: branches.leaf_of(store, self.session))
            self._forgotten = leaf or 0

    def prepare(self) -> None:
        """Have the engine set the weights that ``dial`` asks for now, not only when the next prompt is sent."""
        if self.current is None:
            history, _ = self._history(lambda: branches.leaf_of(self.store, self.session))
            self.client.prepare(dict(self.dial), history)

    def go_incognito(self) -> None:
        """Start a session in memory, of which nothing is written; ``renew`` ends it.

        Raises:
            RuntimeError: If a reply is running.
        """
        self._must_be_idle()
        if self._kept is None:
            self._kept = self.store
        else:
            self.store.close()
        self.store, self.session = Store(":memory:"), None
        self._learn_nothing()

    @property
    def incognito(self) -> bool:
        """Whether nothing of this session is written."""
        return self._kept is not None

    @property
    def history(self) -> Store:
        """All sessions: beside an incognito one, those of the file."""
        return self._kept or self.store

    def learned(self) -> dict[str, Any]:
        """What the latest reply of the session was taught by it; {} where nothing was to be learned.

        Raises:
            StorageError: If the history cannot be read.
        """
        if self.session is None:
            return {}
        latest = [m for m in self.store.messages(self.session, limit=2) if m.speaker == "assistant"]
        return dict(latest[-1].facts.get("learned") or {}) if latest else {}

    def choices(self) -> dict[str, Any]:
        """What the latest reply of the session was chosen from, by head; {} where nothing was weighed.

        Raises:
            StorageError: If the history cannot be read.
        """
        if self.session is None:
            return {}
        latest = [m for m in self.store.messages(self.session, limit=2) if m.speaker == "assistant"]
        return dict(latest[-1].facts.get("choices") or {}) if latest else {}

    async def close(self) -> None:
        """End the engine and close the history; a reply that runs is kept as stopped."""
        if self.current is not None:
            self._recorder.finish(self.current, "stopped")
        await self.client.close()
        self.store.close()
        if self._kept is not None:
            self._kept.close()

    # A turn

    def _queued(self, turn: Turn) -> None:
        self._queue.put_nowait(turn)
        self._tell(Update("queued", turn))

    def _must_be_idle(self) -> None:
        if self.current is not None or self.waiting:
            raise RuntimeError("a reply is running")

    async def _answer(self, turn: Turn) -> None:
        seed = turn.seed = random.randrange(2**31) if self._seed is None or turn.again else self._seed
        lineage = self.client.lineage
        turn.reply = self._written(lambda store: store.start_reply(turn.prompt, seed=seed, lineage=lineage))
        history, turn.seen = (
            ([], 0) if turn.aside else self._history(lambda: branches.parent_of(self.store, turn.prompt))
        )
        turn.state, self.current = "running", turn
        self._tell(Update("started", turn))
        turn.options = {**({"dial": dict(self.dial)} if self.dial else {}), **self._to_learn(turn), **turn.options}
        if turn.again:
            turn.options["unlike"] = branches.replies(self.store, turn.prompt)
        events = self.client.ask(turn.text, history, heads=turn.heads, options=turn.options, seed=seed)
        async with contextlib.aclosing(events):
            let_others = time.monotonic() + OTHERS_WAIT
            async for event in events:
                if self._recorder.keep(turn, event):
                    self._tell(Update("event", turn, event))
                if time.monotonic() > let_others:  # many events at once must not hold up a key
                    await asyncio.sleep(0)
                    let_others = time.monotonic() + OTHERS_WAIT
        self.current = None
        self._tell(Update("ended", turn))

    def _to_learn(self, turn: Turn) -> dict[str, Any]:
        """The option ``learn`` of a turn (``runtime.learning``), where the session is learned from."""
        if not self.learn or turn.aside:
            return {}
        try:
            before = branches.said(self.store, branches.parent_of(self.store, turn.prompt), self._forgotten)
        except StorageError:
            before = 0
        return {"learn": {"how": self.learn, "turns": before + 1}}

    def _learn_nothing(self) -> None:
        self.learn, self._forgotten = "", 0

    # The history

    def _session(self) -> int:
        if self.session is None:
            self.session = self.store.create_session()
        return self.session

    def _history(self, above: Callable[[], int | None]) -> tuple[list[dict[str, str]], int]:
        """What a reply below a message sees, and how many messages that is; ``above`` finds the message."""
        try:
            return branches.context(self.store, above())
        except StorageError as error:
            self._go_on_unsaved(error)
            return [], 0

    def _written(self, write: Callable[[Store], int | None]) -> int:
        """Do a write; when the history fails, go on with a copy in memory, say so, and do it there."""
        try:
            return write(self.store) or 0
        except StorageError as error:
            self._go_on_unsaved(error)
        with contextlib.suppress(StorageError):
            return write(self.store) or 0
        return 0

    def _go_on_unsaved(self, error: StorageError) -> None:
        broken = self.store
        try:
            self.store = broken.copy_of(self.session) if self.session is not None else Store(":memory:")
        except StorageError:
            self.store, self.session = Store(":memory:"), None
        broken.close()
        self._tell(Update("unsaved", message=f"{error}; the chat goes on, not saved"))

    def _tell(self, update: Update) -> None:
        self._listener(update)
