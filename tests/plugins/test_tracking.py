"""An order as its changes leave it; where that cannot be told for sure, nothing is said to be so."""

from __future__ import annotations

import time

import pytest
from chatkit_generation.tracking import LONGEST, is_remark, opens, put_right, tracked
from hypothesis import given
from hypothesis import strategies as st

BURGER, FULL = "a burger with bacon and onions", "a burger with bacon, cheese and onions"
TABLE, LIST = "Can you book a table for 4 on saturday at 7pm?", "put milk, eggs and bread on my list"


@pytest.mark.parametrize(
    ("message", "order"),
    [
        (BURGER, BURGER),
        ("I'd like a burger, please!", "a burger"),
        ("Hi, can you book a table for two please?", "a table for two"),
        ("Could you book a table for two?", "a table for two"),
        (LIST, "milk, eggs and bread"),
        ("I need a cab to the airport at 6 am", "a cab to the airport at 6 am"),
        ("i'll have  the soup,\nthanks", "the soup"),
    ],
)
def test_an_order_is_what_is_left_of_a_message_without_its_manners(message: str, order: str) -> None:
    assert tracked([message]) == order


@pytest.mark.parametrize(
    ("first", "change", "order"),
    [
        (BURGER, "no onions", "a burger with bacon"),
        (
            "a visit to the vet on Friday at half past ten",
            "Oh, I looked again, and it is half past eleven.",
            "a visit to the vet on Friday at half past eleven",
        ),
        (
            "book the van, call the bank, water the plants",
            "the van is booked, so please cross that off",
            "call the bank and water the plants",
        ),
        ("coconut milk, eggs and rice", "take the milk off", "eggs and rice"),
        (BURGER, "Oh, no onions please!", "a burger with bacon"),
        (BURGER, "leave out the bacon", "a burger with onions"),
        ("a burger with onions", "no onions", "a burger"),
        (FULL, "without the cheese, please", BURGER),
        (FULL, "take the onions off", "a burger with bacon and cheese"),
        (LIST, "take off the milk", "eggs and bread"),
        (LIST, "forget the bread", "milk and eggs"),
        (LIST, "no eggs", "milk and bread"),
        ("milk and eggs and bread", "skip the eggs", "milk and bread"),
        ("a latte and a bagel", "cancel the bagel", "a latte"),
    ],
)
def test_what_is_left_out_is_gone(first: str, change: str, order: str) -> None:
    assert tracked([first, change]) == order


@pytest.mark.parametrize(
    ("first", "change", "order"),
    [
        ("two teas and a scone", "and a coffee please", "two teas and a scone and a coffee"),
        ("two teas and a scone", "add a slice of cake", "two teas and a scone and a slice of cake"),
        ("a burger with fries", "extra cheese", "a burger with fries, extra cheese"),
        ("a burger with fries", "with ketchup", "a burger with fries and ketchup"),
        (LIST, "add butter to my list", "milk, eggs and bread and butter"),
        ("a table for 4 on saturday", "at 7pm please", "a table for 4 on saturday at 7pm"),
    ],
)
def test_what_is_added_stands_beside_it(first: str, change: str, order: str) -> None:
    assert tracked([first, change]) == order


@pytest.mark.parametrize(
    ("first", "change", "order"),
    [
        (TABLE, "sunday instead of saturday", "a table for 4 on sunday at 7pm"),
        (TABLE, "8pm would be better than 7pm", "a table for 4 on saturday at 8pm"),
        (TABLE, "swap saturday for sunday", "a table for 4 on sunday at 7pm"),
        ("a latte and a bagel", "swap the bagel for a croissant", "a latte and a croissant"),
        ("a latte and a bagel", "a croissant instead of the bagel", "a latte and a croissant"),
        ("a burger with fries", "I said salad instead of fries", "a burger with salad"),
        ("a burger with fries", "can I get a salad instead of the fries?", "a burger with salad"),
        ("a flight to Rome on friday", "replace Rome with Paris", "a flight to Paris on friday"),
    ],
)
def test_one_thing_takes_the_place_of_another(first: str, change: str, order: str) -> None:
    assert tracked([first, change]) == order


@pytest.mark.parametrize(
    ("first", "change", "order"),
    [
        (TABLE, "make it 8pm", "a table for 4 on saturday at 8pm"),
        (TABLE, "sunday instead", "a table for 4 on sunday at 7pm"),
        (TABLE, "sunday at 8pm", "a table for 4 on sunday at 8pm"),
        (TABLE, "actually for 6 people", "a table for 6 people on saturday at 7pm"),
        ("a taxi at 8", "make it 9", "a taxi at 9"),
        ("a taxi at half past 8", "quarter past nine", "a taxi at quarter past nine"),
        ("a taxi on the 5th", "the 6th", "a taxi on the 6th"),
        ("pick me up at 7 on Monday", "8 o'clock suits me better", "pick me up at 8 o'clock on Monday"),
        ("a meeting today at 3", "tomorrow", "a meeting tomorrow at 3"),
        ("a room for 2 nights", "3 nights", "a room for 3 nights"),
        ("a large pizza", "make it medium", "a medium pizza"),
        ("two teas and a scone", "make it three teas", "three teas and a scone"),
        ("two pizzas and two colas", "one cola", "two pizzas and one cola"),
    ],
)
def test_a_day_a_time_or_a_number_takes_the_place_of_the_one_that_it_has(first: str, change: str, order: str) -> None:
    assert tracked([first, change]) == order


def test_a_message_of_several_sentences_makes_several_changes() -> None:
    order = ["a large pizza, with ham", "a garlic bread and a coke too. actually make the pizza medium"]
    assert tracked(order) == "a medium pizza, with ham and a garlic bread and a coke"
    assert tracked(["a flight to Rome", "to Paris instead of Rome"]) == "a flight to Paris"
    assert tracked(["a pizza with salami", "and make it large"]) == ""
    assert tracked(["a burger", "thanks, that's because I am hungry"]) == "a burger"


def test_changes_are_made_one_after_the_other() -> None:
    assert tracked([FULL, "no cheese", "extra ham", "no bacon"]) == "a burger with onions and extra ham"
    assert tracked([TABLE, "sunday", "8pm", "saturday", "7pm"]) == tracked([TABLE])
    assert tracked([BURGER, "add cheese", "no cheese"]) == BURGER


@pytest.mark.parametrize(
    ("first", "change"),
    [
        ("a burger", "no onions"),  # it has none
        ("a burger", "no burger"),  # nothing would be left
        ("a burger and a burger", "no burger"),  # which of them?
        (BURGER, "ham instead of cheese"),
        ("a large pizza and a small pizza", "make it medium"),
        ("a latte and a bagel", "oat milk in the latte, not the bagel"),
        ("a latte and a bagel", "drop the pizza"),
        ("a room for 2 nights", "make it 3 nights, from friday if they have one"),
        ("a burger with fries", "it was very good last time I had it here"),
        (TABLE, "we might be more of us, I will ask them first"),
        ("a taxi at 8", "when will it come?"),
        ("a burger", "how are you?"),
        ("a hot dog with mustard", "no mustard, but ketchup"),
        (TABLE, "can we make it five"),
        ("a table for 4 at 7pm", "for 6"),
        (TABLE, "sunday or monday"),
        ("three teas", "two"),
        ("a latte", "make it a large latte"),
        ("a salad with no onions", "with onions"),
        ("a taxi at 8", "why 8?"),
        ("a cab at 6", "oh and my bags are big"),
    ],
)
def test_where_it_cannot_be_told_nothing_is_said_to_be_so(first: str, change: str) -> None:
    assert tracked([first, change]) == ""
    assert tracked([first, change, "and a cola"]) == ""


def test_of_no_message_or_a_long_one_nothing_is_told() -> None:
    assert tracked([]) == tracked([""]) == ""
    assert tracked(["a burger and " * LONGEST]) == ""
    assert tracked(["x" * LONGEST]) == "x" * LONGEST
    assert tracked(["x" * (LONGEST + 1)]) == ""


WORDS = (
    "a an the no and with without add instead of make it for at on two three 4 7pm saturday burger onions , . ? please"
)


@given(st.lists(st.text(max_size=60), max_size=4))
def test_any_texts_leave_an_order_or_none(messages: list[str]) -> None:
    order = tracked(messages)
    assert order == order.strip()


@given(st.lists(st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join), max_size=5))
def test_any_words_of_orders_leave_an_order_or_none(messages: list[str]) -> None:
    assert isinstance(tracked(messages), str)
    assert messages or not tracked(messages)


@given(st.sampled_from([BURGER, TABLE, LIST]), st.text("abcdefghij ", max_size=30))
def test_what_it_has_none_of_cannot_be_left_out(first: str, thing: str) -> None:
    assert tracked([first, f"no q{thing.strip()}z"]) == ""


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["no ", "and ", "what ", "two a ", "saturday ", "5 ", "x", "take "])
def test_a_megabyte_of_the_same_changes_soon_what_it_changes(part: str) -> None:
    assert isinstance(tracked([BURGER, part * (1_000_000 // len(part))]), str)


def test_what_only_begins_a_list_is_nothing_of_it() -> None:
    opening = "hi, i need to make a shopping list"
    assert opens(opening)
    assert opens("can you keep a shopping list for me?")
    assert not opens("milk and eggs please")
    assert tracked([opening, "put milk, eggs and pasta on it", "take the eggs off, i've still got some"]) == (
        "milk and pasta"
    )


def test_one_thing_is_made_another_and_a_day_is_moved() -> None:
    assert tracked(["two teas and a coke", "and can you make the coke a lemonade instead"]) == "two teas and a lemonade"
    told = "i also have a dentist appointment on tuesday at 3, can you note that?"
    assert tracked([told, "ugh, the dentist moved it to thursday at 4"]) == "a dentist appointment on thursday at 4"


@pytest.mark.parametrize(
    ("message", "what"),
    [
        ("Oh dear, I've looked again, and it is half past eleven.", "it is half past eleven."),
        ("sorry, I asked Ann, make it four", "make it four"),
        ("it is half past eleven", ""),
        ("I looked, and it rained", ""),
    ],
)
def test_what_puts_right_behind_another_clause(message: str, what: str) -> None:
    assert put_right(message) == what


@pytest.mark.parametrize(
    ("order", "change", "now"),
    [
        (
            "linseed oil and four brass screws",
            "Make that eight brass screws, four will not be enough.",
            "linseed oil and eight brass screws",
        ),
        ("a brush and three rolls of tape", "make it five rolls, three are too few", "a brush and five rolls of tape"),
        (
            "tent, stove, two sleeping bags",
            "we need three sleeping bags, my cousin comes too",
            "tent, stove, three sleeping bags",
        ),
        ("two onions, one cucumber, rice", "two cucumbers instead of one", "two onions, two cucumbers, rice"),
        ("2 coffees and 3 croissants", "3 coffees, not 2", "3 coffees and 3 croissants"),
        ("batteries and light bulbs", "make it 4 light bulbs", "batteries and 4 light bulbs"),
        ("3 roses and 5 tulips", "Please double the roses.", "six roses and 5 tulips"),
        ("a coffee and two croissants", "And one croissant only.", "a coffee and one croissant"),
        ("a meeting on monday at 10", "not Monday, Tuesday", "a meeting on Tuesday at 10"),
        ("lunch on Sunday at 1 pm", "no not sunday, saturday", "lunch on saturday at 1 pm"),
        ("a haircut on wednesday at 2", "oh wednesday is bad, thursday", "a haircut on thursday at 2"),
        ("a taxi for 7 in the morning", "make it 7:30", "a taxi for 7:30 in the morning"),
        ("a table for four on Saturday", "Sorry, we are six now.", "a table for six on Saturday"),
        ("a wrap and a side salad", "and instead of the salad, fries", "a wrap and a side fries"),
        ("passport, adapter and swimsuit", "no need for the adapter after all", "passport and swimsuit"),
        ("a vet on Thursday", "Could we make it Friday, same time?", "a vet on Friday"),
    ],
)
def test_a_number_a_day_or_a_thing_is_put_right_whatever_is_said_around_it(order: str, change: str, now: str) -> None:
    assert tracked([order, change]) == now


@pytest.mark.parametrize("text", ["A wise answer, I suppose.", "How clever of you.", "No, sorry, I have mixed it up."])
def test_a_remark_is_no_part_of_an_order(text: str) -> None:
    assert tracked([BURGER, text]) == BURGER
    assert is_remark(text)


@pytest.mark.parametrize("part", ["make it 4 ", "not a, ", "a is bad, ", "1 a ", "so "])
def test_long_changes_are_read_soon(part: str) -> None:
    began = time.perf_counter()
    tracked([BURGER, part * 90])
    assert time.perf_counter() - began < 1
