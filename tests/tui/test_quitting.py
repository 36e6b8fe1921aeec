"""The end of the app: soon, and with all that was said until then kept."""

import os
import time

import pytest
from textual import events

ENDLESS = {"heads": {"generation": {"say": "word " * 20_000, "pause": 0.01}, "mood": {"bars": {"good": 1.0}}}}
SLOW = {"heads": {"generation": {"say": "word " * 400, "pause": 0.01}, "mood": {"bars": {"good": 1.0}}}}


async def test_quitting_in_the_middle_of_a_reply(drive, stored):
    async with drive(ENDLESS) as chat:
        await chat.enter("go")
        await chat.until(lambda: "word word" in chat.text)
        pid = chat.app.chat.client.pid
        start = time.monotonic()
        await chat.key("ctrl+q")
    assert time.monotonic() - start < 30  # the reply would take minutes
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    reply = stored()[-1]
    assert reply.state == "stopped"
    assert reply.text.startswith("word word")


async def test_a_prompt_that_was_sent_just_before_the_end_is_kept(drive, stored):
    async with drive() as chat:
        await chat.ready()
        chat.prompt.fill("a last word about walruses")
        for name in ("enter", "ctrl+q"):  # in one go, as where the app was busy while both were pressed
            chat.app.post_message(events.Key(name, None))
        await chat.until(lambda: chat.app._exit)
    assert "a last word about walruses" in [message.text for message in stored()]


async def test_ctrl_c_stops_then_quits_when_asked_twice(drive):
    async with drive(SLOW) as chat:
        await chat.enter("go")
        await chat.until(lambda: "word word" in chat.text)
        await chat.key("ctrl+c")
        await chat.idle()
        assert chat.app.is_running
        await chat.key("ctrl+c")
        await chat.sees("Ctrl+C again ends chatkit.")
        await chat.key("ctrl+c")
        await chat.until(lambda: chat.app._exit)
