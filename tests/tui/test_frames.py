"""What streams comes in frames: in order, nothing lost, and never more than the screen has drawn."""

import asyncio

from chatkit.runtime.turn import Turn, Update
from chatkit.tui.frames import Frames


def piece(turn, text, head="generation"):
    return Update("event", turn, {"event": "piece", "head": head, "text": text})


def texts(shown):
    return [update.event.get("text", update.kind) for update in shown]


async def test_pieces_are_put_together_and_all_else_keeps_its_place():
    shown, turn = [], Turn(1, "hello")
    frames = Frames(shown.append)
    frames.tell(Update("started", turn))
    for word in ("a ", "b ", "c "):
        frames.tell(piece(turn, word))
    frames.tell(piece(turn, "x ", head="other"))
    frames.tell(Update("ended", turn))
    assert texts(shown) == ["started", "a b c ", "x ", "ended"]
    assert frames._timer is None


async def test_a_frame_waits_until_the_one_before_was_drawn():
    shown, turn = [], Turn(1, "hello")
    frames = Frames(shown.append)
    frames.tell(piece(turn, "a"))
    while not shown:
        await asyncio.sleep(0)
    for word in "bcdef":
        frames.tell(piece(turn, word))
    assert frames._timer is None  # however long it takes
    assert texts(shown) == ["a"]
    frames.drawn(0.0)
    assert frames._timer is not None
    while len(shown) < 2:
        await asyncio.sleep(0.01)
    assert texts(shown) == ["a", "bcdef"]


async def test_the_pause_grows_with_what_a_frame_costs_and_has_an_end():
    frames, now = Frames(lambda update: None), asyncio.get_running_loop().time
    pauses = []
    for seconds in (0.0, 0.1, 100.0):
        frames._next, before = 0.0, now()
        frames.drawn(seconds)
        pauses.append(frames._next - before)
    assert 0.05 <= pauses[0] < pauses[1] < pauses[2]
    assert pauses[1] >= 0.3
    assert pauses[2] < 10


async def test_a_flood_of_pieces_is_a_handful_of_messages_to_the_screen(drive):
    said = " ".join(f"word{n}" for n in range(2000))
    async with drive({"heads": {"generation": {"say": said}}}) as chat:
        await chat.ready()
        showing, frames = chat.app.screen.showing, []
        show = showing.show_event

        async def count(view, event):
            frames.append(event["event"])
            await show(view, event)

        showing.show_event = count
        await chat.say("go")
        assert chat.turns[-1].reply_text == said
        assert 1 <= frames.count("piece") < 400


async def test_a_cleared_screen_does_not_hold_up_what_still_streams(drive):
    script = {"heads": {"generation": {"say": " ".join(f"w{n}" for n in range(300)), "pause": 0.005}}}
    async with drive(script) as chat:
        await chat.ready()
        await chat.enter("go")
        await chat.until(lambda: chat.turns and chat.turns[-1].reply_text)
        await chat.enter("/clear")
        await chat.until(lambda: chat.app.chat.current is None)
        await chat.say("again")
        assert chat.turns[-1].reply_text.endswith("w299")
