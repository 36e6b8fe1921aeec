"""Direct requests, completion, and versions of a turn, in the running app."""

from chatkit.runtime.store import Store
from chatkit.tui.widgets.transcript import Transcript
from chatkit.tui.widgets.turn_bar import TurnBar

ECHO = {
    "heads": {
        "generation": {"say": "to {text}: {turns}, {seed}"},
        "mood": {"bars": {"good": 1.0}},
        "code": {"text": "unused"},
    }
}


async def test_one_head_is_asked_beside_the_conversation(drive, stored):
    async with drive(ECHO) as chat:
        await chat.ready()
        await chat.say("one")
        await chat.say("@mood how is this")
        assert "@mood how is this" in chat.text
        assert chat.text.count("100%") == 2
        await chat.say("two")
        assert "to two: 2," in chat.text  # the request beside it is not part of the conversation
        assert [message.facts.get("heads") for message in stored() if message.text == "how is this"] == [["mood"]]
        await chat.enter("/sentiment what")
        await chat.sees("There is no head sentiment")


async def test_commands_are_completed(drive):
    async with drive(ECHO) as chat:
        await chat.ready()
        await chat.key("/", "h", "e")
        await chat.sees("/help", "show the keys and commands", "/heads [on|off NAME]")
        await chat.key("down", "tab")
        assert chat.prompt.text == "/heads "
        await chat.sees("switch a head on")
        await chat.key("down", "tab")
        await chat.sees("generation")
        await chat.key("m", "enter")
        await chat.sees("mood is off for this session.")
        assert chat.prompt.text == ""
        await chat.key("/", "escape")
        await chat.until(lambda: "show the keys" not in chat.text)
        assert chat.prompt.text == "/"
        await chat.key("backspace", "@", "m", "enter")
        assert chat.prompt.text == "@mood "


async def test_a_choice_is_taken_by_click(drive):
    async with drive(ECHO) as chat:
        await chat.ready()
        await chat.key("@")
        await chat.sees("@mood")
        await chat.pilot.click("#choices", offset=(3, 1))
        await chat.until(lambda: chat.prompt.text == "@mood ")


async def test_earlier_prompts_are_found_by_their_words(drive):
    async with drive(ECHO) as chat:
        for text in ("book a table", "what about tea", "cancel the table"):
            await chat.say(text)
        chat.prompt.fill("a draft")
        await chat.key("ctrl+r")
        await chat.sees("nothing fits")
        chat.prompt.fill("table")
        await chat.until(lambda: chat.prompt.choices.chosen is not None)
        await chat.key("ctrl+r", "enter")
        assert chat.prompt.text == "book a table"
        chat.prompt.fill("another draft")
        await chat.key("ctrl+r", "escape")
        assert chat.prompt.text == "another draft"


async def test_another_reply_keeps_the_first_one(drive, stored):
    async with drive(ECHO) as chat:
        await chat.say("one")
        first = stored()[-1].text
        await chat.key("ctrl+g")
        await chat.until(lambda: "reply ‹ 2 of 2 ›" in chat.text)
        assert stored()[-1].text != first
        assert first not in chat.text
        await chat.key("ctrl+up", "left")
        await chat.sees("reply ‹ 1 of 2 ›", first)
        assert stored()[-1].text == first
        await chat.until(lambda: chat.turns[-1].has_focus)
        await chat.key("right")
        await chat.sees("reply ‹ 2 of 2 ›")
        await chat.key("escape")
        await chat.until(lambda: chat.prompt.has_focus)
        await chat.say("two")
        assert "to two: 2," in chat.text  # one prompt, one reply before it


async def test_an_earlier_prompt_is_said_anew_on_a_branch(drive, stored):
    async with drive(ECHO) as chat:
        await chat.say("one")
        await chat.say("two")
        await chat.key("ctrl+up", "up")
        await chat.until(lambda: chat.turns[0].has_focus)
        await chat.key("e")
        await chat.until(lambda: chat.prompt.text == "one")
        await chat.sees("said anew")
        chat.prompt.fill("uno")
        await chat.key("enter")
        await chat.until(lambda: "prompt ‹ 2 of 2 ›" in chat.text)
        assert [message.text[:6] for message in stored()] == ["uno", "to uno"]
        assert "two" not in chat.text
        await chat.key("ctrl+up", "shift+left")
        await chat.until(lambda: "prompt ‹ 1 of 2 ›" in chat.text and "two" in chat.text)
        assert [message.text[:6] for message in stored()] == ["one", "to one", "two", "to two"]
        await chat.until(lambda: chat.turns[0].has_focus)
        await chat.key("e")
        await chat.sees("said anew")
        await chat.key("escape")
        assert chat.prompt.text == ""
        await chat.until(lambda: "said anew" not in chat.text)


async def test_nothing_is_branched_while_a_reply_runs(drive):
    slow = {"heads": {"generation": {"say": "word " * 200, "pause": 0.02}}}
    async with drive(slow) as chat:
        await chat.enter("go")
        await chat.sees("word word")
        await chat.key("ctrl+g")
        await chat.sees("A reply is running; Esc stops it.")
        await chat.key("escape")
        await chat.idle()
        assert "stopped" in chat.text


async def test_replies_and_code_blocks_are_copied(drive):
    said = "First:\n\n```python\nx = 1\n```\n\nthen:\n\n```\ny = 2\n```"
    async with drive({"heads": {"generation": {"say": said}}}) as chat:
        await chat.say("go")
        await chat.enter("/copy code 2")
        await chat.until(lambda: chat.app.clipboard == "y = 2")
        await chat.enter("/copy")
        await chat.until(lambda: chat.app.clipboard == said)
        await chat.enter("/copy code 3")
        await chat.sees("The last reply holds 2 code blocks")
        await chat.key("ctrl+up", "y")
        await chat.until(lambda: chat.app.clipboard == "x = 1")


async def test_the_bar_can_be_clicked(drive, stored):
    async with drive(ECHO) as chat:
        await chat.say("one")
        bar = chat.app.screen.query_one(TurnBar)
        at = chat.text.splitlines()[bar.region.y].find("another reply")
        assert at < 0  # seen only where the mouse is
        await chat.pilot.hover(chat.turns[0], offset=(6, 0))
        await chat.sees("another reply")
        column = chat.text.splitlines()[bar.region.y].find("another reply")
        await chat.pilot.click(offset=(column + 2, bar.region.y))
        await chat.until(lambda: "reply ‹ 2 of 2 ›" in chat.text)


async def test_a_long_session_is_a_window(drive, home):
    store = Store(home / "history.db")
    session = store.create_session()
    for number in range(150):
        reply = store.start_reply(store.add_prompt(session, f"prompt {number}"))
        store.set_answer(reply, "generation", {"type": "text", "text": f"reply {number}"}, text=f"reply {number}")
        store.finish(reply, "done", text=f"reply {number}")
    first = store.messages(session, limit=300)[0].id
    store.close()
    async with drive(session=session) as chat:
        await chat.sees("reply 149")
        transcript = chat.app.screen.query_one(Transcript)
        for _ in range(8):
            top = chat.turns[0].text
            if top == "prompt 0":
                break
            transcript.scroll_home(animate=False)
            await chat.until(lambda top=top: chat.turns[0].text != top)
            await chat.pilot.pause(0.1)
            assert len(chat.turns) <= 60
        assert [turn.text for turn in chat.turns] == [f"prompt {number}" for number in range(60)]
        for _ in range(8):
            bottom = chat.turns[-1].text
            if bottom == "prompt 149":
                break
            transcript.scroll_end(animate=False)
            await chat.until(lambda bottom=bottom: chat.turns[-1].text != bottom)
            await chat.pilot.pause(0.1)
            assert len(chat.turns) <= 60
        assert [turn.text for turn in chat.turns] == [f"prompt {number}" for number in range(90, 150)]
        await chat.app.screen.turns.open(first + 100)
        await chat.sees("prompt 50")
        assert len(chat.turns) < 60
        await chat.key("escape")
        await chat.say("a new one")
        await chat.sees("reply 149", "a new one")


async def test_of_what_is_taller_than_the_screen_the_beginning_is_read_first(drive):
    async with drive() as chat:
        transcript = chat.app.screen.query_one(Transcript)
        await transcript.note("\n".join(f"line {number}" for number in range(200)))
        await chat.until(lambda: "line 0" in chat.text)
        assert "line 199" not in chat.text
        await transcript.note("short")
        await chat.until(lambda: "short" in chat.text)  # and what is not, at the end as ever
