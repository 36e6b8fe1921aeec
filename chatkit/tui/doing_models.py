"""Does the commands that make another assistant beside the chat, or load one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatkit.runtime.adapt_job import AdaptJob
    from chatkit.runtime.session import Chat
    from chatkit.runtime.training_job import TrainingJob
    from chatkit.tui.screens.chat import ChatScreen


class ModelCommands:
    """/train, /adapt and /model; a part of ``Doing``."""

    screen: ChatScreen
    _training: TrainingJob | None = None
    _adapting: AdaptJob | None = None

    if TYPE_CHECKING:

        @property
        def chat(self) -> Chat:
            """The chat."""

        async def trouble(self, text: str) -> None:
            """Say what is wrong."""

        async def attempt(self, action: Callable[..., Awaitable[None]], *arguments: object) -> None:
            """Do something; say what goes wrong."""

    async def do_train(self, arguments: str) -> None:
        """Train beside the chat, or show the run there is."""
        from chatkit.runtime.training_job import TrainingJob
        from chatkit.tui.screens.training import TrainingScreen

        known = self._training or TrainingJob.latest()
        if arguments:
            if known is not None and known.state == "running":
                await self.trouble("A run goes on already; /train shows it.")
                return
            known = TrainingJob.start(arguments)
        if known is None:
            await self.screen.say("Nothing was trained yet: /train corpora:english.toml takes about a minute.")
            return
        self._training = known
        self.screen.app.push_screen(TrainingScreen(known), self._load)

    async def do_adapt(self, arguments: str) -> None:
        """Adapt to this session or a text beside the chat, or show how that goes."""
        from chatkit.runtime.adapt_job import AdaptJob
        from chatkit.tui.screens.adapting import AdaptingScreen

        job = self._adapting or AdaptJob.latest()
        if arguments and job is not None and job.state == "running":
            await self.trouble("An adaptation goes on already; /adapt shows it.")
            return
        if arguments == "session":
            if self.chat.incognito or self.chat.session is None:
                await self.trouble("There is no written session to read; /adapt PATH reads a file or folder.")
                return
            job = AdaptJob.start(self.chat.session, str(self.chat.client.folder))
        elif arguments:
            job = AdaptJob.start(arguments, str(self.chat.client.folder))
        elif job is None or (self._adapting is None and job.state == "failed"):  # a failure of another day says nothing
            await self.screen.say("Nothing was adapted yet: /adapt session reads this session, /adapt PATH a text.")
            return
        self._adapting = job
        self.screen.app.push_screen(AdaptingScreen(job), self._load_adapted)

    async def _load_adapted(self, folder: str | None) -> None:
        if folder is not None:
            await self.attempt(self.do_model, folder)

    async def _load(self, folder: str | None) -> None:
        if folder:
            await self.do_model(folder)

    async def do_model(self, arguments: str) -> None:
        """Load another assistant; the session stays."""
        if self.chat.current is not None:
            raise RuntimeError("a reply is running")
        await self.chat.client.load(arguments or None)
        await self.screen.say(f"Loading {arguments or 'the assistant that ships'}; this conversation goes on with it.")
