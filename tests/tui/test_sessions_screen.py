"""The list of chats in the app: go on with one, find a message, rename, delete."""

import pytest
from test_snapshots import LOOKS, look  # noqa: F401

from chatkit.runtime.store import Store
from chatkit.training.on_history import remember
from chatkit.tui.screens.sessions import SessionsScreen

DAY = 86_400.0


@pytest.fixture
def history(home):
    """Three chats of old; the middle one is long."""
    store = Store(home / "history.db")
    for number, prompts in enumerate(
        (["where do whales live?"], [f"line-{i:03}" for i in range(60)], ["[b]鯨は海にいる[/b]"]), 1
    ):
        session = store.create_session()
        for prompt in prompts:
            reply = store.start_reply(store.add_prompt(session, prompt), seed=1, lineage="f00d")
            store.set_answer(reply, "generation", {"type": "text", "text": "so it is"}, text="so it is")
            store.finish(reply, "done", text="so it is", lineage="f00d")
        store.rows("UPDATE session SET changed = ?, created = ? WHERE id = ?", (number * DAY, number * DAY, session))
        store.rows("UPDATE message SET created = ? WHERE session = ?", (number * DAY, session))
    yield store
    store.close()


async def shown(chat):
    await chat.sees("Esc closes")
    assert isinstance(chat.app.screen, SessionsScreen)


async def opened(chat):
    await chat.enter("/sessions")
    await shown(chat)


async def closed(chat):
    await chat.until(lambda: not isinstance(chat.app.screen, SessionsScreen))


async def test_the_latest_stands_first_and_is_gone_on_with(drive, history):
    async with drive() as chat:
        await opened(chat)
        await chat.sees("[b]鯨は海にいる[/b]", "where do whales live?", "120 messages")
        await chat.key("enter")
        await closed(chat)
        await chat.sees("鯨は海にいる", "so it is")
        await chat.say("and then?")
        assert [m.text for m in history.messages(3)][-2] == "and then?"


async def test_words_find_a_message_and_enter_goes_to_it(drive, history):
    async with drive() as chat:
        await opened(chat)
        await chat.key(*"line-007")
        await chat.sees("line-007")
        await chat.until(lambda: "120 messages" not in chat.text)
        await chat.key("enter")
        await closed(chat)
        await chat.sees("line-007")
        assert "line-059" not in chat.text


async def test_a_message_on_a_branch_that_is_not_shown_is_found_and_shown(drive, history):
    prompt = history.messages(1)[0].id
    history.rows("UPDATE session SET leaf = ? WHERE id = 1", (prompt,))
    reply = history.start_reply(prompt, seed=2)
    history.set_answer(reply, "generation", {"type": "text", "text": "in the sea"}, text="in the sea")
    history.finish(reply, "done", text="in the sea")
    async with drive() as chat:
        await opened(chat)
        await chat.key(*"whales")
        await chat.until(lambda: "120 messages" not in chat.text)
        await chat.key("enter")
        await closed(chat)
        await chat.sees("in the sea")
        await chat.key("f3")
        await shown(chat)
        chat.app.screen.query_one("#words").value = "so it is"
        await chat.until(lambda: chat.app.screen.query_one("#found").option_count == 62)
        chat.app.screen.query_one("#found").highlighted = 61  # the oldest: the first reply of session 1
        await chat.key("enter")
        await closed(chat)
        await chat.sees("where do whales live?", "so it is")
        assert [m.text for m in history.messages(1)] == ["where do whales live?", "so it is"]


async def test_rename(drive, history):
    async with drive() as chat:
        await opened(chat)
        await chat.key("f2")
        await chat.sees("Enter gives the chat this name")
        await chat.key(*"Sea", "enter")
        await chat.until(lambda: history.session(3).name == "Sea")
        await chat.key("f2")
        await chat.sees("Enter gives the chat this name")
        await chat.key(*"x", "escape")
        await chat.sees("Enter opens", "Sea")
        assert history.session(3).name == "Sea"


async def test_deleting_names_the_models_that_were_trained_on_it(drive, history, home):
    (home / "my-model").mkdir()
    remember(home / "my-model", [3])
    async with drive() as chat:
        await opened(chat)
        await chat.until(lambda: chat.app.screen.selected == 3)
        await chat.key("ctrl+d", "ctrl+d")
        await chat.sees("my-model was trained on this")
        await chat.key("escape")
        await closed(chat)


async def test_delete_asks_twice_and_takes_the_words_out_of_the_file(drive, history, home):
    async with drive() as chat:
        await opened(chat)
        await chat.key("ctrl+d")
        await chat.sees("again deletes")
        assert len(history.sessions()) == 3
        await chat.key("down", "down")
        await chat.until(lambda: chat.app.screen.selected == 1)
        await chat.key("ctrl+d")  # another one: asked anew
        await chat.sees("again deletes “where do whales live?”")
        assert len(history.sessions()) == 3
        await chat.key("ctrl+d")
        await chat.until(lambda: len(history.sessions()) == 2)
        assert {record.id for record in history.sessions()} == {2, 3}
        await chat.key("escape")
        await closed(chat)
    history.close()
    assert b"whales" not in b"".join(path.read_bytes() for path in home.glob("history.db*"))


async def test_the_open_chat_is_not_deleted(drive, history):
    async with drive(session=3) as chat:
        await opened(chat)
        await chat.key("ctrl+d", "ctrl+d")
        await chat.sees("This chat is open")
        assert len(history.sessions()) == 3


async def test_an_empty_history_says_so(drive):
    async with drive() as chat:
        await chat.enter("/sessions")
        await chat.sees("No chats yet")
        await chat.key("enter", "ctrl+d", "f2", "ctrl+n")
        await closed(chat)


@pytest.mark.parametrize("theme_size", LOOKS, ids="-".join)
def test_looks(look, theme_size, history):  # noqa: F811
    async def show(chat):
        await opened(chat)
        chat.app.screen.query_one("#words").cursor_blink = False
        await chat.sees("1970-01-04")

    assert look(theme_size, show)
