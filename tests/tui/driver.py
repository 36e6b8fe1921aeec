"""The app as a user would drive it, for the tests of this folder."""

import asyncio
import contextlib
import sys
import time
from pathlib import Path

from textual import events

from chatkit import paths
from chatkit.tui.widgets.prompt import Prompt
from chatkit.tui.widgets.turn import TurnView

FAKE = (sys.executable, str(Path(__file__).with_name("fake_engine.py")))


class Driver:
    """A running app, driven as a user would."""

    def __init__(self, app, pilot):
        self.app, self.pilot = app, pilot

    @property
    def home(self):
        return paths.home()

    @property
    def prompt(self):
        return self.app.screen.query_one(Prompt)

    @property
    def turns(self):
        return list(self.app.screen_stack[0].query(TurnView))

    async def until(self, condition, seconds=30.0):
        limit = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < limit, f"not within {seconds} s:\n{self.text}"
            await asyncio.sleep(0.01)

    async def sees(self, *parts):
        await self.until(lambda: all(part in self.text for part in parts))

    async def sees_words(self, *parts):
        """As ``sees``, wherever lines are broken."""
        await self.until(lambda: all(part in self.words for part in parts))

    async def ready(self):
        await self.until(lambda: self.app.chat is not None and self.app.chat.client.state == "ready")

    async def key(self, *names):
        """Press keys as the terminal's driver does; the pilot would wait for a running reply to end."""
        for name in names:
            self.app.post_message(events.Key(name, name if len(name) == 1 else None))
        await self.handled()

    async def handled(self):
        """Wait until what was posted before has gone from the app to the widget in focus, and back."""
        await asyncio.sleep(0.05)
        for _ in range(2):
            for node in (self.app, self.app.screen, self.app.focused or self.app.screen, self.app):
                done = asyncio.Event()
                node.call_later(done.set)
                with contextlib.suppress(TimeoutError):  # a screen that has just gone answers no more
                    await asyncio.wait_for(done.wait(), 1)

    async def enter(self, text):
        self.prompt.fill(text)
        await self.key("enter")

    async def say(self, text):
        """Send a prompt, and wait until it is answered."""
        await self.enter(text)
        await self.idle()

    async def idle(self):
        await self.until(lambda: self.turns and not self.app.screen_stack[0].window.running)
        await self.pilot.pause()

    @property
    def words(self):
        """What stands on the screen, as one line without frames: a long path breaks lines anywhere."""
        return " ".join(self.text.replace("│", " ").split())

    @property
    def text(self):
        """What stands on the screen."""
        screen = self.app.screen
        lines = screen._compositor.render_strips(screen.size)
        return "\n".join(strip.text.rstrip() for strip in lines)
