"""Incognito chats leave nothing on the disk; a session is named from the prompt."""


async def test_nothing_of_an_incognito_session_is_on_the_disk(drive, tmp_path, home):
    async with drive({"heads": {"generation": {"say": "the reply says xylophone"}}}) as chat:
        await chat.say("a kept marimba")
        await chat.enter("/incognito")
        await chat.sees("Incognito", "not saved")
        await chat.say("a secret zeppelin")
        await chat.sees("xylophone")
        await chat.enter("/sessions")
        await chat.sees("a kept marimba", "Enter opens")
        assert "zeppelin" not in chat.text
        await chat.key("escape")
        await chat.sees("a secret zeppelin")  # looking at the list has not ended it
        await chat.enter("/sessions")
        await chat.sees("Enter opens")
        await chat.key("enter")
        await chat.until(lambda: "not saved" not in chat.text)
        await chat.sees("a kept marimba")
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert b"zeppelin" not in written
    assert b"marimba" in written  # so that words would be found


async def test_the_app_can_start_incognito(drive, tmp_path, home):
    async with drive(incognito=True) as chat:
        await chat.sees("not saved")
        await chat.say("a secret zeppelin")
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"zeppelin" in path.read_bytes()]


async def test_a_session_is_named_from_the_prompt(drive):
    async with drive() as chat:
        await chat.enter("/rename Dinner")
        await chat.sees("no session to name")
        await chat.say("hello")
        await chat.enter("/rename Dinner")
        await chat.sees("This session is called Dinner")
        assert chat.app.chat.store.session(chat.app.chat.session).name == "Dinner"
