"""What is said before the reply proper: a greeting, thanks, or that the assistant was put right is heard, too."""

from __future__ import annotations

import pytest
from chatkit_generation.leading import lead_of
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("message", "reply", "lead"),
    [
        ("Hi there, I'm Ellen. What are you exactly?", "A program.", "Nice to meet you, Ellen."),
        ("hey, i'm back! grandma just left", "How was it?", "Welcome back!"),
        ("no no, i meant tips for my cold", "Drink tea.", "Sorry, my mistake."),
        ("I just told you. The book is red.", "Red, I see.", "Sorry, my mistake."),
        ("What? I was talking about the party.", "Who comes?", "Sorry, my mistake."),
        ("I have to walk the dog now, wish me luck for Monday!", "Bye!", "Good luck!"),
        ("Thanks! What is your name?", "I am chatkit.", "You're welcome."),
    ],
)
def test_what_leads_to_a_message_is_heard(message: str, reply: str, lead: str) -> None:
    assert lead_of(message, reply, known=False) == lead


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        ("What are you exactly?", "A program."),
        ("Hi there, I'm Ellen. What are you?", "Nice to meet you, Ellen. I am a program."),  # said already
        ("no no, i meant tips for my cold", "Sorry! Drink tea."),
        ("Thanks! What is your name?", "You are welcome, I am chatkit."),
        ("wish me luck", "I keep my fingers crossed."),
        ("My name is Ellen.", "Hello!"),  # all of it is answered by the reply
        ("", ""),
    ],
)
def test_what_the_reply_says_or_the_message_does_not_is_not_said_before_it(message: str, reply: str) -> None:
    assert lead_of(message, reply, known=False) == ""


def test_somebody_known_is_not_met_again() -> None:
    assert lead_of("I'm Ellen, remember? What are you?", "A program.", known=True) == ""


def test_who_surely_tells_something_puts_nothing_right() -> None:
    text = "no no, i meant every word, and my hands were shaking"
    assert lead_of(text, "And then?", known=False) == "Sorry, my mistake."
    assert lead_of(text, "And then?", known=False, tells=True) == ""
    assert lead_of("Hi there, I'm Ellen. What a day.", "Oh?", known=False, tells=True) == "Nice to meet you, Ellen."


@given(st.text(max_size=300), st.text(max_size=50), st.booleans(), st.booleans())
def test_any_text_is_read(message: str, reply: str, known: bool, tells: bool) -> None:
    lead = lead_of(message, reply, known=known, tells=tells)
    assert not lead or lead[-1] in ".!"
