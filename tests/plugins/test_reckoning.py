"""Days and hours that are reckoned from others."""

from __future__ import annotations

import datetime
import re

import pytest
from chatkit_generation.reckoning import reckoned
from chatkit_generation.skills import skilled
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime.datetime(2026, 12, 1, 9, 5)  # a Tuesday


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("six weeks from the 4th is what date", "Friday, 15 January 2027, counted from Friday, 4 December 2026."),
        ("What is three weeks from today?", "Tuesday, 22 December 2026."),
        ("what date is it ten days from now", "Friday, 11 December 2026."),
        ("whats 10 days before the 24th", "Monday, 14 December 2026, counted from Thursday, 24 December 2026."),
        ("when is a month after the 31st", "Sunday, 31 January 2027, counted from Thursday, 31 December 2026."),
        ("what day will it be in 100 days", "Thursday, 11 March 2027."),
        ("how many days till the 14th", "13 days: it is Monday, 14 December 2026."),
        ("how many days till friday", "3 days: it is Friday, 4 December 2026."),
        ("how many weeks till the 14th of March", "14 weeks and 5 days: it is Sunday, 14 March 2027."),
        (
            "malaysia is 8 hours ahead so if its 4pm here what time is it there",
            "midnight there, the next day: 4 pm + 8 hours.",
        ),
        ("if it's 9am here and new york is 5 hours behind what time is it there", "4 am there: 9 am - 5 hours."),
        ("he's 5 hours behind so what time is it there right now?", "4:05 am there: 9:05 am - 5 hours."),
        (
            "India is five and a half hours ahead, it's 10am here, what time is it there",
            "3:30 pm there: 10 am + 5.5 hours.",
        ),
        ("if it's 4 here and they're 8 hours ahead, what time is it there", ""),  # of the morning or the afternoon?
        ("what day was it 3 days ago", "Saturday, 28 November 2026."),
        ("two weeks from the 4th i start my job", ""),
        ("how many days till next friday", ""),  # which one that is, people do not agree on
        ("how many days till the 45th", ""),
        ("we are 3 hours behind schedule, what time is the train", ""),
    ],
)
def test_days_and_hours(message: str, reply: str) -> None:
    assert reckoned(message, NOW) == reply


def test_the_time_is_asked_beside_something_told() -> None:
    reply = skilled(
        "what time is now? I must go to do the turning at three", NOW, lambda n: 0, lambda source, language: ""
    )
    assert reply == "It is 09:05 by the clock of this machine."


@given(st.integers(1, 999))
def test_so_many_days_from_today_are_so_many(days: int) -> None:
    day = NOW.date() + datetime.timedelta(days)
    assert reckoned(f"what date is {days} days from today?", NOW) == f"{day:%A}, {day.day} {day:%B} {day.year}."


@given(st.integers(0, 23), st.integers(1, 14), st.sampled_from(["ahead", "behind"]))
def test_hours_there(here: int, hours: int, way: str) -> None:
    half = "am" if here < 12 else "pm"
    reply = reckoned(f"it's {here % 12 or 12}{half} here and they are {hours} hours {way}, what time is it there", NOW)
    there = (here + (hours if way == "ahead" else -hours)) % 24
    shown = {0: "midnight", 12: "noon"}.get(there, f"{there % 12 or 12} {'am' if there < 12 else 'pm'}")
    assert re.match(rf"{shown} there", reply)


@given(st.text(max_size=200))
def test_any_text_is_looked_at(text: str) -> None:
    reckoned(text, NOW)
