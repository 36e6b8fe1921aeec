"""What a message says in so many words that it wants noted."""

from __future__ import annotations

import pytest
from chatkit_generation.notes import is_request
from chatkit_generation.wanting import READ, wanted
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("Great. Put on the list: call the plumber and buy dog food.", "call the plumber and buy dog food"),
        ("can you add bin bags to my shopping list?", "bin bags"),
        ("put milk and eggs on my list please", "milk and eggs"),
        ("So you do take notes. Then please note that I have to call the plumber.", "I have to call the plumber"),
        ("so note it: gym monday and friday", "gym monday and friday"),
        ("can you remember my gym days? its monday and friday", "my gym days: monday and friday"),
        (
            "Can you put down a physio appointment for me? Tuesday the 14th at 4:15 pm.",
            "a physio appointment, Tuesday the 14th at 4:15 pm",
        ),
        ("Kindly note the following: two tins of paint and a brush.", "two tins of paint and a brush"),
        ("remind me: call the plumber tomorrow at 9", "call the plumber tomorrow at 9"),
        ("i need to remember a meeting with Mrs Okafor on monday", "a meeting with Mrs Okafor on monday"),
        ("note to self: water the plants on sunday", "water the plants on sunday"),
        ("Put this down for me, please: Ida's birthday is on the 9th", "Ida's birthday is on the 9th"),
        ("hi, can u write down: pick up kids 3:30, call bank", "pick up kids 3:30, call bank"),
        ("please write a list for my trip: tent, stove", "tent, stove"),
        ("Could you jot down these: nails, a hammer?", "nails, a hammer"),
        ("remember that my mum comes on friday", "my mum comes on friday"),
        ("Can you note down: call Mum's doctor on Tuesday?", "call Mum's doctor on Tuesday"),
        ("We sing on Saturday. Would you please remember that date for me?", "We sing on Saturday"),
        (
            "Their names are Ida and Poppy. Could you remember those names for me, please?",
            "Their names are Ida and Poppy",
        ),
        ("put dentist friday 9 in my calendar", "dentist friday 9"),
        ("Could you please add a haircut on the 3rd in my diary?", "a haircut on the 3rd"),
        ("Add to my calendar: vet on friday", "vet on friday"),
        ("pop vet on friday in the diary, please", "vet on friday"),
        ("log my weight: 81 kilos", "my weight: 81 kilos"),
        ("so log 5 miles for me", "5 miles"),
        ("could you record that I took my pills", "I took my pills"),
        ("Please save the wifi code 4471 for later", "the wifi code 4471"),
        ("Dentist friday at 9, stick it in my diary", "Dentist friday at 9"),
        ("The rent is due on the 1st. Can you jot that down for me?", "The rent is due on the 1st"),
        ("Mum lands at 6:40, set that on my list please", "Mum lands at 6:40"),
    ],
)
def test_what_is_to_be_noted_is_found(message: str, what: str) -> None:
    assert wanted(message) == what
    assert is_request(message)


@pytest.mark.parametrize(
    "message",
    [
        "do you remember my name?",
        "can you remember what I said?",
        "can you remember things for me?",
        "remember me?",
        "could you put the kettle on",
        "I'll add that to my list of excuses",
        "on a happier note, we won",
        "can you write to my mum?",
        "remember when we met?",
        "Would you remember that?",  # nothing stands before it
        "stick it in my diary",
        "save me from my boss",
        "Store it in a cool place",
        "record what I say",
        "can you save this?",
        "I put the diary in my bag",
        "",
    ],
)
def test_what_only_sounds_like_it_is_left_alone(message: str) -> None:
    assert wanted(message) == ""


@given(st.text(max_size=300))
def test_any_text_is_read(message: str) -> None:
    assert len(wanted(message)) <= len(message) + 2


def test_a_long_message_is_read_in_part() -> None:
    assert len(wanted("note milk " * 100_000)) <= READ


@pytest.mark.parametrize(
    "text",
    [
        "Record shops are dying out",
        "Log cabin holiday in Wales, it rained",
        "Store brand is just as good",
        "enter the dragon is on tonight",
        "could you save my life",
        "log in to the portal please",
        "Found an old clock, set it",
    ],
)
def test_a_verb_of_noting_may_be_another_word(text: str) -> None:
    assert wanted(text) == ""
