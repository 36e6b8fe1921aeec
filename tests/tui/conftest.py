import contextlib
import json

import pytest
from driver import FAKE, Driver

from chatkit.runtime.store import Store
from chatkit.tui.app import ChatkitApp
from chatkit.tui.opening import Options


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A home of its own for each test, and a terminal that says nothing of itself."""
    monkeypatch.setenv("CHATKIT_HOME", str(tmp_path / "home"))
    for name in ("NO_COLOR", "COLORFGBG", "FAKE_ENGINE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "home"


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
