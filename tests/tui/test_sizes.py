"""Every screen in terminals from 40 x 12 to 250 x 70, resized while it is open; wide and right-to-left characters."""

import json

import pytest
from driver import FAKE, Driver
from rich.cells import cell_len
from screens import NAMES, SCREENS

from chatkit.tui.app import ChatkitApp
from chatkit.tui.opening import Options
from chatkit.tui.widgets.prompt import Prompt
from chatkit.tui.widgets.status import StatusLine

SMALLEST, LARGEST = (40, 12), (250, 70)
SIZES = [(100, 32), SMALLEST, LARGEST, (60, 18)]


def inside(widget, size):
    region = widget.region
    return region.width > 0 and region.height > 0 and region.right <= size[0] and region.bottom <= size[1]


@pytest.mark.parametrize("name", NAMES)
async def test_nothing_that_matters_is_cut_off(name, monkeypatch, home):
    show = SCREENS[name]
    monkeypatch.setenv("FAKE_ENGINE", json.dumps(show.script))
    show.prepare(home, monkeypatch)
    app = ChatkitApp(Options(command=FAKE, **show.options))
    async with app.run_test(size=SIZES[0]) as pilot:
        chat = Driver(app, pilot)
        await chat.ready()
        await show.do(chat)
        for size in SIZES[1:]:
            await pilot.resize_terminal(*size)
            await chat.until(lambda size=size: tuple(app.screen.outer_size) == size)
            await chat.sees_words(*show.words)
            await chat.until(lambda size=size: all(cell_len(line) <= size[0] for line in chat.text.split("\n")))
            if len(app.screen_stack) == 1:
                assert inside(chat.prompt, size)
                assert inside(app.screen.query_one(StatusLine), size)


def test_every_screen_says_what_matters_on_it():
    assert all(show.words for show in SCREENS.values())


async def test_resized_while_a_reply_streams(drive):
    said = " ".join(f"word{n}" for n in range(120))
    async with drive({"heads": {"generation": {"say": said, "pause": 0.01}}}, size=(100, 40)) as chat:
        await chat.ready()
        await chat.enter("go on")
        await chat.until(lambda: chat.turns and "word3" in chat.turns[0].reply_text)
        for size in (SMALLEST, LARGEST, (60, 18), (100, 40)):
            await chat.pilot.resize_terminal(*size)
            before = chat.turns[0].reply_text
            await chat.until(lambda before=before: chat.turns[0].reply_text != before or not chat.app.chat.current)
        await chat.idle()
        assert chat.turns[0].reply_text == said
        assert said in chat.words
        assert chat.prompt.has_focus


@pytest.mark.parametrize("size", [SMALLEST, (100, 40)])
@pytest.mark.parametrize(
    "text",
    [
        "今天天气很好我想去公园散步你觉得怎么样明天见谢谢请问附近有没有好吃的饭馆",
        "שלום, איפה אפשר לאכול כאן הערב?",
        "مرحبا، أين يمكنني أن آكل الليلة؟",
        "👩‍👩‍👧 family, e\u0301 accent, ไทย, ｆｕｌｌ width",
    ],
    ids=["chinese", "hebrew", "arabic", "joined"],
)
async def test_wide_and_right_to_left_characters(drive, size, text):
    async with drive({"heads": {"generation": {"say": "{text}"}}}, size=size) as chat:
        await chat.ready()
        chat.prompt.fill(text)
        await chat.pilot.pause()
        assert "".join(text.split())[:6] in "".join(chat.prompt.text.split())
        await chat.key("enter")
        await chat.idle()
        shown = "".join("".join(line.strip(" ▌") for line in chat.text.split("\n")).split())
        assert shown.count("".join(text.split())) == 2  # what was said, and the reply
        assert all(cell_len(line) <= size[0] for line in chat.text.split("\n"))
        assert inside(chat.app.screen.query_one(Prompt), size)
