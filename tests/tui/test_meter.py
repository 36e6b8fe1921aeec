"""The meter of familiarity, the warning, and bars that are not sure."""

import pytest

from chatkit.head.answer import Bars
from chatkit.tui.widgets.cards import BarsCard
from chatkit.tui.widgets.meter import FamiliarityMeter, meters_of

STRANGE = {"nearest": "medquad", "why": "many rare or unknown words; nearest: medquad", "warning": True}
HEADS = {"generation": {"say": "hm"}}


async def test_the_meter_shows_and_explains_on_demand(drive, stored):
    async with drive({"heads": HEADS, "familiarity": 0.31, "trust": STRANGE}) as chat:
        await chat.say("xyzzy")
        await chat.sees("familiarity", "31%")
        assert "many rare" not in chat.text
        chat.app.screen.query_one(FamiliarityMeter).focus()
        await chat.key("enter")
        await chat.sees("many rare or unknown words", "nearest: medquad")
        assert stored()[-1].facts["trust"]["nearest"] == "medquad"


async def test_the_warning_comes_once_until_it_has_passed(drive):
    async with drive({"heads": HEADS, "familiarity": 0.31, "trust": STRANGE}) as chat:
        await chat.say("xyzzy")
        await chat.say("plugh")
        assert chat.words.count("unlike what this assistant was trained on") == 1


async def test_an_assistant_that_was_not_calibrated_has_no_meter(drive):
    async with drive({"heads": HEADS}) as chat:
        await chat.say("hello")
        assert "familiarity" not in chat.text


def test_the_meter_comes_back_out_of_the_history():
    (meter,) = meters_of(0.875, STRANGE)
    assert "88%" in meter.lines(60)[0].plain
    assert meters_of(None, {}) == []


@pytest.mark.parametrize(
    ("bars", "said"),
    [
        (Bars({"a": 0.9, "b": 0.1}, "a", ("a",), 0.9), ""),
        (Bars({"a": 0.6, "b": 0.4}, "a", ("a", "b"), 0.9), "a or b, 90%"),
        (
            Bars({"a": 0.5, "b": 0.5}, "a", ("a", "b"), 0.9, True, False, "too close"),
            "not sure: a or b, 90%; too close",
        ),
        (Bars({"a": 0.9, "b": 0.1}, "a", ("a",), 0.9, False, True, "unfamiliar text"), "unfamiliar text"),
    ],
)
def test_bars_say_what_is_not_sure(bars, said):
    lines = [line.plain for line in BarsCard("mood", bars).lines(70)]
    assert lines[1:] == ([said] if said else [])


async def test_shift_reports_on_this_session(drive, monkeypatch):
    async def report(session, model):
        return True, f"report of session {session}"

    monkeypatch.setattr("chatkit.runtime.shift_process.session_shift", report)
    async with drive({"heads": HEADS}) as chat:
        await chat.ready()
        await chat.enter("/shift")
        await chat.sees("Nothing was said in this session yet")
        await chat.say("hello")
        await chat.enter("/shift")
        await chat.sees("report of session 1")
