"""Indexing from the chat: one run at a time, in its own process, shown above the prompt, told when it ends."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chatkit.errors import DataError
from chatkit.paths import user_path
from chatkit.tui.widgets.index_bar import IndexBar

if TYPE_CHECKING:
    from chatkit.runtime.index_job import IndexJob
    from chatkit.tui.screens.chat import ChatScreen

RUNNING = "Something is being indexed already; /index stop ends it."


class Indexer:
    """Runs of a chat screen.

    Args:
        screen: The screen.
    """

    def __init__(self, screen: ChatScreen) -> None:
        self.screen = screen
        self.job: IndexJob | None = None

    @property
    def running(self) -> bool:
        """Whether something is being indexed."""
        return self.job is not None and self.job.state == "running"

    def start(self, places: Sequence[Path]) -> None:
        """Index files and folders; returns at once.

        Raises:
            DataError: If there is no such place, or a run goes on.
        """
        from chatkit.runtime.index_job import IndexJob

        if self.running:
            raise DataError(RUNNING.rstrip("."))
        for place in places:
            if not os.path.exists(place):
                raise DataError(f"{place}: no such file or folder", hint="/index PATH takes a file or a folder")
        options = self.screen.app.options  # type: ignore[attr-defined]
        model = self.screen.chat.client.loads if self.screen.chat is not None else options.model
        self.job = IndexJob(places, model=model, index=options.index, listener=self._show)
        self._show(self.job)
        self.screen.run_worker(self._run(self.job), group="index")

    def stop(self) -> bool:
        """End the run; whether there was one."""
        if self.job is None or self.job.state != "running":
            return False
        self.job.stop()
        return True

    async def _run(self, job: IndexJob) -> None:
        await job.run()
        if self.screen.is_attached:
            await self.screen.say(job.outcome, trouble=job.state == "failed")

    def _show(self, job: IndexJob) -> None:
        if self.screen.is_attached:
            self.screen.query_one(IndexBar).show(job)


def place_of(text: str) -> Path:
    """The path that a user has typed: quotes and escaped spaces of a shell, and ~, as a shell has them."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    elif not os.path.exists(user_path(text)):
        text = text.replace("\\ ", " ")
    return user_path(text).absolute()
