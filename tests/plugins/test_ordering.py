"""What begins an order, a list or an appointment by its form alone."""

from __future__ import annotations

import pytest
from chatkit_generation.noting import in_short
from chatkit_generation.ordering import begins_order, listed
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "text",
    [
        "one chicken curry two naan and a mango lassi pls",
        "six tulips and a bunch of lilies for my mum",
        "2 bottles of red wine and a crate of beer for the party",
        "dentist on tuesday at 10",
        "doctor, monday 8.15, blood test, must not eat before",
        "haircut with marco on friday at 3pm",
        "single room at the seaview hotel 8 to 10 august with breakfast",
        "shopping list milk eggs bread and butter",
        "For the fruit salad: apples, grapes, kiwis and bananas.",
        "i need 4 paint rollers and 2 tins of white paint",
        "We'll have three flat whites and a croissant.",
        "Put me down for a cordless drill, a hammer and a box of screws.",
    ],
)
def test_an_order_is_known_by_its_form(text: str) -> None:
    assert begins_order(text)


@pytest.mark.parametrize(
    "text",
    [
        "two cats and a dog",
        "a bit of both",
        "about three weeks and a day",
        "I need a break and some sleep",
        "a long day and a short night, that is all I can say",
        "what goes on a shopping list?",
        "the dentist was nice on tuesday, he is a friend",
        "my list is long",
        "",
        "one, two, " * 100,
    ],
)
def test_what_only_looks_like_one_begins_none(text: str) -> None:
    assert not begins_order(text)


def test_what_stands_behind_the_name_of_a_list_is_on_it() -> None:
    assert listed("guest list anna ben carla and dev") == "anna ben carla and dev"
    assert listed("For the salad: apples, grapes and kiwis.") == "apples, grapes and kiwis"
    assert listed("my list is long") == listed("I like lists") == ""


@given(st.text(max_size=400))
def test_any_text_is_read(text: str) -> None:
    assert len(listed(text)) <= len(text)
    assert isinstance(begins_order(text), bool)


@pytest.mark.parametrize(
    ("messages", "order"),
    [
        (["one curry, two naan and a lassi", "forget the lassi"], "one curry and two naan"),
        (
            ["I'd like three tickets for the concert on Thursday.", "The day after would be better."],
            "three tickets for the concert on Friday",
        ),
        (
            ["I'd like three tickets for Thursday.", "My neighbour wants to come, so one more ticket."],
            "four tickets for Thursday",
        ),
        (
            ["an appointment with the vet, Wednesday at 9.30", "Change the time to 4 pm."],
            "an appointment with the vet, Wednesday at 4 pm",
        ),
        (["a dentist on tuesday at 10", "an hour later please"], "a dentist on tuesday at 11"),
        (
            ["five sushi rolls and two miso soups", "My brother isn't coming, so only three rolls."],
            "three sushi rolls and two miso soups",
        ),
        (["2 bottles of wine and a crate of beer", "we no longer need the beer"], "2 bottles of wine"),
        (["a dozen roses and a vase", "I don't want the vase after all."], "a dozen roses"),
        (["guest list anna ben carla and dev", "ben cant make it"], "anna carla and dev"),
        (["towels, sandals and a hat", "Leave out the towels, the hotel has some."], "sandals and a hat"),
    ],
)
def test_changes_as_people_word_them_are_made(messages: list[str], order: str) -> None:
    assert in_short(messages) == order
