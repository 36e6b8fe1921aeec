"""What is kept of an order is all of it, each matter apart; what cannot be told for sure is quoted by others."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from chatkit_generation.notes import READ
from chatkit_generation.noting import MOST, about, apart, asked_of, in_short, note_parts
from hypothesis import given
from hypothesis import strategies as st

LIST, DENTIST = "put milk and eggs on my list", "i have a dentist appointment on thursday at 3"
HAIRCUT, TABLE = "and i have a haircut on friday at 2", "book a table for 4 on saturday at 7pm"
WORDS = (
    "add milk and eggs to my list . a dentist appointment on friday at 3 i have no thanks , may we - also 2 table lol"
)


@pytest.mark.parametrize(
    ("message", "short"),
    [
        ("Thanks! And can you add bin bags to my list? I hate shopping", "bin bags"),
        (LIST, "milk and eggs"),
        ("I need milk. And eggs. Also bread.", "milk and eggs and bread"),
        ("I need milk, eggs... and bread!", "milk, eggs and bread"),
        ("Hi! I need a shopping list. Milk, eggs and bread please.", "Milk, eggs and bread"),
        ("two teas please. and a scone. I am so hungry!", "two teas and a scone"),
        ("milk and eggs. i have bread already", "milk and eggs"),
        ("I need bread. It is for my mum. She loves it.", "bread"),
        ("add milk, thank you", "milk"),
        ("I’d like two teas", "two teas"),
        ("sorry, can you add milk?", "milk"),
        ("thanks, can you add milk? and eggs too", "milk and eggs"),
        ("haha ok add milk lol", "milk"),
        ("not quite. two teas and a scone", "two teas and a scone"),
        ("I have a dentist appointment on Thursday at 3. Can you note that?", "a dentist appointment on Thursday at 3"),
        ("Could you add salt and pepper? Thank you.", "salt and pepper"),
        ("please add 2 kg of potatoes, 1.5 l of milk", "2 kg of potatoes, 1.5 l of milk"),
    ],
)
def test_nothing_that_is_ordered_is_lost_and_nothing_else_is_kept(message: str, short: str) -> None:
    assert in_short([message]) == short


@pytest.mark.parametrize(
    "message",
    [
        "- milk\n- oat bread\n- eggs",
        "milk\noat bread\neggs",
        "1. milk 2. oat bread 3. eggs",
        "1) milk\n2) oat bread\n3) eggs",
        "we need: milk, oat bread, eggs",
        "my shopping list:\n* milk\n* oat bread\n* eggs",
    ],
)
def test_the_things_of_a_written_list_are_kept_apart(message: str) -> None:
    assert in_short([message]) == "milk, oat bread, eggs"


@pytest.mark.parametrize(
    "message",
    [
        "remind me to call mum tomorrow",
        "add milk to my list and a dentist appointment on thursday at 3",
        "a burger, no onions please. and fries.",  # fries are wanted
        "I got milk. I need eggs.",
        "Thanks",
        "lol",
        "",
        "milk and " * READ,
    ],
)
def test_what_would_not_read_well_or_is_not_sure_is_not_told_in_short(message: str) -> None:
    assert in_short([message]) == ""


def test_what_is_the_user_s_is_said_to_be_so() -> None:
    assert in_short(["my mum's birthday is on May 5"]) == "your mum's birthday is on May 5"


@pytest.mark.parametrize(
    ("messages", "groups"),
    [
        ([LIST, DENTIST, "add bread to my list"], [[LIST, "add bread to my list"], [DENTIST]]),
        ([LIST, DENTIST, "and bread"], [[LIST, "and bread"], [DENTIST]]),
        ([LIST, "add a dentist appointment on thursday at 3"], 2),
        ([LIST, "dentist on thursday at 3 please"], 2),
        ([LIST, "and a table for two on friday at 7"], 2),
        ([DENTIST, HAIRCUT], 2),
        ([DENTIST, "i have a vet appointment on friday at 2"], 2),
        ([TABLE, "and i need a taxi at 6.30pm"], 2),
        ([TABLE, "also book a table for 2 on monday at 9pm"], 2),
        ([TABLE, "make it 8pm"], 1),
        (
            [TABLE, "and put bin bags on my list", "8pm instead"],
            [[TABLE, "8pm instead"], ["and put bin bags on my list"]],
        ),
        ([TABLE, "the table should be outside", "8pm"], 1),
        (
            [DENTIST, HAIRCUT, "the dentist moved it to monday"],
            [[DENTIST, "the dentist moved it to monday"], [HAIRCUT]],
        ),
        ([DENTIST, HAIRCUT, "moved the haircut to saturday"], [[DENTIST], [HAIRCUT, "moved the haircut to saturday"]]),
        (["two teas", "and a scone", "may I have a cake too"], 1),
        ([LIST, "add birthday candles to my list for saturday"], 1),
        (["a coffee for 3.50 euros", "and a scone"], 1),
        ([], 0),
    ],
)
def test_what_is_of_one_matter_stands_together(messages: Sequence[str], groups: list[list[str]] | int) -> None:
    found = apart(messages)
    assert (len(found) if isinstance(groups, int) else found) == groups


def test_of_a_long_list_nothing_is_lost() -> None:
    messages = [LIST, *(f"and thing{number}" for number in range(MOST - 1))]
    assert apart(messages) == [messages]


@pytest.mark.parametrize(
    ("question", "places"),
    [
        ("what is on my list?", [0]),
        ("which appointments do i have?", [1]),
        ("what's in my diary and on my list?", [0, 1]),
        ("what did you note?", [0, 1]),
    ],
)
def test_a_question_for_all_of_them_means_the_list_the_appointments_or_both(question: str, places: list[int]) -> None:
    groups = apart([LIST, DENTIST])
    assert asked_of(question, groups) == [groups[place] for place in places]


def test_a_list_for_a_day_is_a_list() -> None:
    groups = apart(["add milk to my list for saturday", DENTIST])
    assert asked_of("what is on my list?", groups) == groups[:1]


def test_the_matters_that_tell_of_something_are_found() -> None:
    groups = apart([LIST, DENTIST])
    assert about(groups, lambda message: "dentist" in message) == groups[1:]
    assert about(groups, lambda message: False) == []


@given(st.lists(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join))))
def test_each_message_is_of_one_matter(messages: list[str]) -> None:
    groups = apart(messages)
    assert sorted(message for group in groups for message in group) == sorted(messages[-MOST:])
    assert all(groups)
    assert all(group in groups for group in asked_of("list", groups))
    assert all(isinstance(in_short(group), str) for group in groups)
    assert all(note_parts(message) or not message.strip() for message in messages)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["and ", "- milk\n", "1. ", ", ", "a table ", "x", "sorry ", "? ", "no "])
def test_of_a_megabyte_nothing_is_told_in_short(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert in_short([text, text]) == ""
    assert apart([text, text])
    assert sum(map(len, note_parts(text))) <= 2 * READ


def test_lists_with_names_and_what_is_told_are_kept_apart() -> None:
    todo = "Put on my to-do list: call the plumber and ring Ana."
    shop = "Can you start a shopping list for me? Leeks, cream and bacon."
    more, told = "Yes, add dog food please. And take the leeks off.", "remember that my mum comes on friday"
    groups = apart([todo, shop, more, told])
    assert groups == [[todo], [shop, more], [told]]
    assert [in_short(group) for group in groups] == [
        "call the plumber and ring Ana",
        "cream, bacon and dog food",
        "your mum comes on friday",
    ]
    assert asked_of("what is on my to-do list?", groups) == [[todo]]
    assert asked_of("what's on my shopping list now?", groups) == [[shop, more]]


def test_an_order_that_is_said_anew_is_what_was_said_last() -> None:
    first = "Can you make me a shopping list with chicken and cream?"
    assert in_short([first, "No, that's not right. It should be chicken, rice and salad."]) == "chicken, rice and salad"
    assert in_short([first, "Hm. Let's start over: my shopping list is rice."]) == "rice"
