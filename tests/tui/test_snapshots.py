"""What the screens look like; after a wanted change run with ``--snapshot-update`` and look at the pictures."""

import json

import pytest
from driver import FAKE, Driver
from screens import CARDS, SCREENS
from textual.widgets import Input

from chatkit.runtime.store import Store
from chatkit.tui.app import ChatkitApp
from chatkit.tui.opening import Options
from chatkit.tui.widgets.prompt import Prompt

SIZES = {"wide": (100, 32), "small": (44, 16)}
LOOKS = [(theme, size) for theme in ("dark", "light") for size in SIZES]
OFTEN = {"completion", "turn-bar", "sessions", "found", "training", "dial", "document", "documents", "trouble"}
ELSEWHERE = {"empty", "conversation", "cards", "help"}  # below
MORE = [name for name in SCREENS if name not in ELSEWHERE]


@pytest.fixture
def look(snap_compare, monkeypatch):
    """Compare the picture of a screen after some doing."""

    def compare(look, do, script=None, **options):
        theme, size = look
        monkeypatch.setenv("FAKE_ENGINE", json.dumps(script or {}))

        async def run(pilot):
            app = pilot.app
            app.theme = f"chatkit-{theme}"
            driver = Driver(app, pilot)
            app.screen.query_one(Prompt).cursor_blink = False
            await driver.ready()
            await driver.sees("ready")
            await pilot.pause(0.2)
            await do(driver)
            for entry in app.screen.query(Input):  # or the picture depends on the moment
                entry.cursor_blink = False
            await pilot.pause(0.2)  # layout and scrolling settle

        return snap_compare(ChatkitApp(Options(command=FAKE, **options)), run_before=run, terminal_size=SIZES[size])

    return compare


@pytest.mark.parametrize("theme_size", LOOKS, ids="-".join)
def test_empty(look, theme_size):
    async def nothing(chat):
        pass

    assert look(theme_size, nothing)


@pytest.mark.parametrize("theme_size", LOOKS, ids="-".join)
def test_conversation(look, theme_size):
    async def talk(chat):
        await chat.say("hello, can you recommend a restaurant for tonight?")
        await chat.say("how do I add a head?\nin [one] line")
        await chat.enter("/heeds")

    assert look(theme_size, talk)


@pytest.mark.parametrize("theme_size", LOOKS, ids="-".join)
def test_every_card(look, theme_size):
    async def talk(chat):
        await chat.say("show everything")

    assert look(theme_size, talk, {"heads": CARDS})


@pytest.mark.parametrize("theme_size", LOOKS, ids="-".join)
def test_help(look, theme_size):
    async def ask(chat):
        await chat.key("f1")
        await chat.until(lambda: "Send" in chat.text)

    assert look(theme_size, ask)


def _looks():
    for name in MORE:
        for theme, size in LOOKS:
            often = name in OFTEN and (theme, size) == ("dark", "wide")
            yield pytest.param(name, theme, size, marks=[] if often else pytest.mark.slow, id=f"{name}-{theme}-{size}")


@pytest.mark.parametrize(("name", "theme", "size"), _looks())
def test_screen(look, home, monkeypatch, name, theme, size):
    show = SCREENS[name]
    show.prepare(home, monkeypatch)
    assert look((theme, size), show.do, show.script, **show.options)


def test_interrupted_reply_of_an_earlier_app(look, home):
    store = Store(home / "history.db")
    session = store.create_session()
    reply = store.start_reply(store.add_prompt(session, "go on"))
    store.append(reply, "generation", "word word wo")
    with store.writing():
        store._db.execute("UPDATE message SET owner = '' WHERE id = ?", (reply,))
    store.close()

    async def wait(chat):
        await chat.until(lambda: "interrupted" in chat.text)

    assert look(("dark", "wide"), wait, session=session)
