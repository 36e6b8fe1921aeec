"""/learn in the app and in line mode: what the engine is asked for, and what is said of it."""

from chatkit.tui import learning

SCRIPT = {"heads": {"generation": {"say": "Hm.", "echo": True}}}


async def test_learning_is_asked_for_until_it_is_switched_off_and_a_new_session_begins_without(drive):
    async with drive(SCRIPT) as chat:
        await chat.ready()
        await chat.enter("/learn")
        await chat.sees("Replies learn nothing from this session")
        await chat.say("first")
        assert "'learn'" not in chat.words
        await chat.enter("/learn on")
        await chat.sees("Nothing of it is kept", "learning from this session")
        await chat.say("second")
        assert "'learn': {'how': 'both', 'turns': 2}" in chat.words
        await chat.enter("/learn forget")
        await chat.sees("Forgotten: replies are the assistant's own again")
        await chat.enter("/learn cache")
        await chat.say("third")
        assert "'learn': {'how': 'cache', 'turns': 1}" in chat.words
        await chat.enter("/learn everything")
        await chat.sees("Write /learn on, /learn cache")
        await chat.enter("/new")
        await chat.until(lambda: chat.app.chat.learn == "")
        await chat.until(lambda: "learning from this session" not in chat.words)


def test_how_it_stands_is_said_in_words():
    class Chat:
        learn = "both"

        def learned(self):
            return {"in_force": True, "messages": 3, "drift": 0.004, "gained": 0.31, "why": "it has paid"}

    said = learning.standing(Chat())
    assert said == (
        "On, in use: it has paid; 3 messages learned from, this session costs 0.31 bits per byte less for it, "
        "weights 0.4% away from the assistant's."
    )
