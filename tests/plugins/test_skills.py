"""What can be worked out is worked out, and nothing else is taken for it."""

from __future__ import annotations

import datetime
import random

import pytest
from chatkit_generation.clock import by_the_clock
from chatkit_generation.skills import skilled
from chatkit_generation.sums import sum_in, worked_out
from chatkit_generation.wording import bare
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime.datetime(2026, 12, 1, 9, 5)
WORDS = {("fr", "good day"): "bonjour"}


def said(text: str) -> str:
    draw = random.Random(1)
    return skilled(text, NOW, draw.randrange, lambda source, language: WORDS.get((language, source.lower()), ""))


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("what is 17 times 23?", "391."),
        ("12*7", "84."),
        ("whats 15% of 80", "12."),
        ("square root of 144", "12."),
        ("what's 2 to the power of 10?", "1,024."),
        ("two hundred and five plus one", "206."),
        ("how much is 1,200 divided by 7?", "171.42857."),
        ("what is 3 + 4 * (2 - 1)", "7."),
        ("what is 1 / 0?", "That divides by zero, which nobody can."),
        ("10 - 12", "-2."),
        ("what is twenty plus two and a half", "22.5."),
        ("I did 23 deliveries at 4.20 each, how much is it?", "4.20 x 23 = 96.60."),
    ],
)
def test_sums(message: str, reply: str) -> None:
    assert said(message) == reply


@pytest.mark.parametrize(
    "message",
    ["I am 5-6 years old", "2026-12-01", "24/12", "call 555-1234", "9**9**9**9**9", "room 12", "two for me please", "1",
     "is 7 a prime number?", "what's up", "sqrt", "(((", "plus", "I have two dogs and three cats"],
)  # fmt: skip
def test_what_is_no_sum_is_left_alone(message: str) -> None:
    assert said(message) == ""


@given(st.integers(-(10**6), 10**6), st.integers(1, 10**6), st.sampled_from("+-*"))
def test_sums_come_to_what_they_come_to(left: int, right: int, way: str) -> None:
    assert worked_out(sum_in(f"{abs(left)} {way} {right}")) == f"{eval(f'{abs(left)}{way}{right}'):,}"


@given(st.text(alphabet="0123456789+-*/(). ^%sqrtof", max_size=60))
def test_any_figures_are_read(text: str) -> None:
    said(text)


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("What time is it?", "It is 09:05 by the clock of this machine."),
        ("can you tell me what the time is", "It is 09:05 by the clock of this machine."),
        ("what day is it today?", "It is Tuesday, 1 December 2026."),
        ("What's the date?", "It is Tuesday, 1 December 2026."),
        ("which year is it", "It is 2026, by the clock of this machine."),
        ("what day is tomorrow", "Tomorrow is Wednesday, 2 December 2026."),
        ("how many days until christmas?", "24 days: it is Friday, 25 December 2026."),
        ("how long until the 1st of December", "That is today, Tuesday, 1 December 2026."),
        ("how many days till 29 February", "455 days: it is Tuesday, 29 February 2028."),
        ("how many days until 31 June", ""),
        ("when is christmas?", "Friday, 25 December 2026."),
        ("what day is the 3rd of March", "Wednesday, 3 March 2027."),
        ("when is the concert?", ""),
        ("how many days until my birthday", ""),
        ("what time is the meeting?", ""),
        ("what time is it in Tokyo", ""),
        ("what day is the concert", ""),
    ],
)
def test_the_clock(message: str, reply: str) -> None:
    assert by_the_clock(bare(message), NOW) == reply


@pytest.mark.parametrize(
    ("message", "replies"),
    [
        ("flip a coin", {"Heads.", "Tails."}),
        ("heads or tails?", {"Heads.", "Tails."}),
        ("roll a die please", {f"{n}." for n in range(1, 7)}),
        ("pick a number between 3 and 5", {"3.", "4.", "5."}),
        ("how many letters are in banana?", {"6."}),
        ("spell stressed backwards", {"desserts."}),
        ("how do you say “good day” in French?", {"“bonjour”, as far as my small French goes."}),
        ("translate to french: Good day", {"“bonjour”, as far as my small French goes."}),
        ("how do you say thank you in Japanese", {"I have no Japanese, only French, German and Spanish."}),
        ("what is the weather in french", {""}),
        ("whats good day in french", {"“bonjour”, as far as my small French goes."}),
        ("can you say in french good day", {"“bonjour”, as far as my small French goes."}),
        (
            "so I want to prove you: how do you say 'Good day' in French?",
            {"“bonjour”, as far as my small French goes."},
        ),
        ("what's the french word for good day?", {"“bonjour”, as far as my small French goes."}),
        (
            'how do you say "happy name day" in polish, I want to see',
            {"I have no Polish, only French, German and Spanish."},
        ),
        ('can you say in dutch "where can I report it"', {"I have no Dutch, only French, German and Spanish."}),
        ("How do you say hello in Tokelauan?", {"I have no Tokelauan, only French, German and Spanish."}),
        ("how do you say bonjour in english", {""}),
        ("how do you say that in german", {""}),
        ("can you translate english to german", {""}),
        ("she told me to say yes in polish", {""}),
        ("what's happening in Turkish politics", {""}),
        ("I can translate into French, German and Spanish.", {""}),
        ("roll over, dog", {""}),
        ("the number between us", {""}),
    ],
)
def test_chance_letters_and_languages(message: str, replies: set[str]) -> None:
    assert said(message) in replies


@given(st.text(max_size=500))
def test_any_text_is_looked_at(text: str) -> None:
    said(text)
