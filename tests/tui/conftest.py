import asyncio
import contextlib
import json
import sys
import time
from pathlib import Path

import pytest
from textual import events

from chatkit.runtime.store import Store
from chatkit.tui.app import ChatkitApp
from chatkit.tui.opening import Options
from chatkit.tui.widgets.prompt import Prompt
from chatkit.tui.widgets.turn import TurnView

FAKE = (sys.executable, str(Path(__file__).with_name("fake_engine.py")))


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A home of its own for each test, and a terminal that says nothing of itself."""
    monkeypatch.setenv("CHATKIT_HOME", str(tmp_path / "home"))
    for name in ("NO_COLOR", "COLORFGBG", "FAKE_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


class Driver:
    """A running app, driven as a user would."""

    def __init__(self, app, pilot):
        self.app, self.pilot = app, pilot

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

    async def ready(self):
        await self.until(lambda: self.app.chat is not None and self.app.chat.client.state == "ready")

    async def key(self, *names):
        """Press keys as the terminal's driver does; the pilot would wait for a running reply to end."""
        for name in names:
            self.app.post_message(events.Key(name, name if len(name) == 1 else None))
        await asyncio.sleep(0.05)

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
        """What stands on the screen, as one line."""
        return " ".join(self.text.split())

    @property
    def text(self):
        """What stands on the screen."""
        screen = self.app.screen
        lines = screen._compositor.render_strips(screen.size)
        return "\n".join(strip.text.rstrip() for strip in lines)


@pytest.fixture
def drive(monkeypatch):
    """Run the app with a fake engine that follows a script."""

    @contextlib.asynccontextmanager
    async def run(script=None, *, size=(100, 40), **options):
        monkeypatch.setenv("FAKE_ENGINE", json.dumps(script or {}))
        app = ChatkitApp(Options(command=FAKE, **options))
        async with app.run_test(size=size) as pilot:
            driver = Driver(app, pilot)
            await driver.until(lambda: app.chat is not None)
            yield driver

    return run


@pytest.fixture
def stored(home):
    """Messages of the latest session, read from the file."""

    def read():
        store = Store(home / "history.db")
        try:
            return store.messages(store.sessions()[0].id)
        finally:
            store.close()

    return read
