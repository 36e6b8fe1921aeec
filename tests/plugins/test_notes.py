"""What an order takes: what gives one, changes it, closes it or calls it off is told apart from talk."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from chatkit_generation.content import names_any
from chatkit_generation.notes import (
    FRESH,
    Notes,
    asks_whether_done,
    cancels,
    closes,
    ends,
    gathered,
    is_request,
    may_change,
)
from hypothesis import given
from hypothesis import strategies as st

MORE = "I have noted it. Anything else?"


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        ("I'd like to order a pizza", True),
        ("can I have a coffee?", True),
        ("Could you book a table for two?", True),
        ("I'll have the soup", True),
        ("I need a taxi to the station", True),
        ("put milk on my list", True),
        ("write down milk", True),
        ("8pm instead of 7", True),
        ("make it two", True),
        ("please add eggs", True),
        ("my number is 555", True),
        ("what can I order?", False),
        ("how can I book a table?", False),
        ("I like pizza", False),
        ("we ordered pizza yesterday", False),
        ("I booked a flight", False),
        ("I put my trust in her", False),
        ("", False),
    ],
)
def test_a_request_orders_books_or_changes_something(text: str, requests: bool) -> None:
    assert is_request(text) == requests


@pytest.mark.parametrize(
    ("text", "alone", "named"),
    [
        ("with cheese", True, True),
        ("and a coffee", True, True),
        ("the blue one", True, True),
        ("no onions", True, True),
        ("make it large", True, True),
        ("leave the onions out please", True, True),
        ("for six", True, True),
        ("I went home", False, True),
        ("my mum is ill", False, True),
        ("I think so on Monday", False, False),  # what is said of oneself and others names days, too
        ("she is nice", False, False),
        ("I think 8 would be better", False, True),
        ("should we make it at 8?", True, True),
        ("yes", False, False),
        ("thanks", False, False),
        ("lol", False, False),
        ("hmm", False, False),
        ("are you a robot?", False, False),
    ],
)
def test_what_may_change_an_order_is_told_from_talk(text: str, alone: bool, named: bool) -> None:
    assert may_change(text, named=False) == alone
    assert may_change(text, named=True) == named


@pytest.mark.parametrize(
    "text",
    [
        "that's all",
        "thats it",
        "No, that's it.",
        "ok, that will be all for now",
        "that's everything for now please",
        "nothing else",
        "I'm done",
        "all good",
    ],
)
def test_what_says_that_it_is_all_closes(text: str) -> None:
    assert closes(text, "")
    assert closes(text, MORE)
    assert ends(text, "")


@pytest.mark.parametrize("text", ["no", "no thanks", "yes", "thank you", "good"])
@pytest.mark.parametrize(
    ("before", "closed"),
    [(MORE, True), ("Noted. Is that right?", True), ("What else?  ", True), ("How are you?", False), ("", False)],
)
def test_a_word_closes_only_where_more_was_asked_for(text: str, before: str, closed: bool) -> None:
    assert closes(text, before) == closed


@pytest.mark.parametrize(
    "text",
    ["that's all I know about it", "is that all?", "No more onions", "a coffee", "two", "I think no is the answer", ""],
)
def test_what_goes_on_does_not_close(text: str) -> None:
    assert not closes(text, "")
    assert not closes(text, MORE)


@pytest.mark.parametrize(
    "text",
    [
        "cancel it",
        "Forget it!",
        "Oh wait, cancel that please",
        "scrap the order",
        "cancel my booking",
        "cancel the whole order thanks",
        "forget all of it",
        "delete everything",
    ],
)
def test_what_calls_all_of_it_off_cancels(text: str) -> None:
    assert cancels(text)
    assert ends(text, "")


@pytest.mark.parametrize(
    "text",
    [
        "drop the onions",
        "don't cancel it",
        "can I cancel it?",
        "cancel that and give me a pizza with ham instead",
        "I had to cancel it",
        "",
    ],
)
def test_what_leaves_something_of_it_does_not_cancel(text: str) -> None:
    assert not cancels(text)
    assert not ends(text, "")


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("is it booked?", True),
        ("Is the table booked now", True),
        ("did you order it?", True),
        ("have you really sent it?", True),
        ("was my pizza ordered", True),
        ("did you even place my order", True),
        ("is my order on its way?", True),
        ("has everything been ordered?", True),
        ("what did I order?", False),
        ("is it raining?", False),
        ("did you ever book a flight?", False),
        ("I ordered it", False),
        ("", False),
    ],
)
def test_whether_it_is_done_is_asked(text: str, asks: bool) -> None:
    assert asks_whether_done(text) == asks


def has_digit(text: str) -> bool:
    return any(letter.isdigit() for letter in text)


def noted(*told: tuple[str, float]) -> Notes:
    return gathered(told, 0.8, 0.3, has_digit)


ORDER, TALK, OTHER = ("a table for 4", 0.9), ("it rains here a lot", 0.0), ("I like the sea", 0.0)


@pytest.mark.parametrize(
    ("told", "texts", "ago"),
    [
        ([], [], 0),
        ([TALK], [], 0),
        ([ORDER], ["a table for 4"], 1),
        ([ORDER, ("at 7", 0.0)], ["a table for 4", "at 7"], 1),
        ([ORDER, TALK], ["a table for 4"], 2),
        ([ORDER, TALK, ("at 7", 0.0)], ["a table for 4", "at 7"], 1),
        ([ORDER, TALK, OTHER, ("at 7", 0.0)], ["a table for 4"], 4),  # what is old is not changed
        ([ORDER, TALK, OTHER, ("a taxi at 8", 0.9)], ["a table for 4", "a taxi at 8"], 1),
        ([ORDER, ("we will be late", 0.4)], ["a table for 4", "we will be late"], 1),
        ([("we will be late", 0.4)], [], 0),  # it goes on with nothing
        ([("two teas", 0.4)], ["two teas"], 1),  # as an order begins
        ([("two teas", 0.1)], [], 0),
        ([("I'd like to order flowers", 0.0)], ["I'd like to order flowers"], 1),
        ([("thanks", 1.0)], [], 0),
        ([("that's all", 1.0)], [], 0),
        ([ORDER, ("that's all", 1.0), ("lol", 1.0)], ["a table for 4"], 3),
        ([ORDER, ("cancel it", 0.9)], [], 0),
        ([ORDER, ("cancel it", 0.9), ("a taxi at 8", 0.9)], ["a taxi at 8"], 1),
        ([ORDER, TALK, OTHER, ("cancel it", 0.0)], ["a table for 4"], 4),
    ],
)
def test_what_was_to_be_noted_is_gathered(told: Sequence[tuple[str, float]], texts: Sequence[str], ago: int) -> None:
    notes = noted(*told)
    assert (list(notes.texts), notes.ago) == (texts, ago)
    assert notes.is_fresh == (0 < ago <= FRESH)


def test_nothing_noted_is_not_fresh() -> None:
    assert not Notes().is_fresh
    assert Notes(["a tea"], FRESH).is_fresh
    assert not Notes(["a tea"], FRESH + 1).is_fresh


@given(st.lists(st.tuples(st.text(max_size=60), st.floats(0, 1)), max_size=6), st.text(max_size=60))
def test_any_texts_are_gathered_in_their_order(told: list[tuple[str, float]], before: str) -> None:
    notes = noted(*told)
    rest = iter([text for text, _ in told])
    assert all(text in rest for text in notes.texts)
    assert bool(notes.texts) == (notes.ago > 0)
    assert notes.ago <= len(told)
    for text, _ in told:
        assert ends(text, before) == (closes(text, before) or cancels(text))
        assert asks_whether_done(text) in (True, False)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["! ", "no ", "cancel ", "is it really ", "that's all ", "i need a ", "and ", "x"])
def test_a_megabyte_of_the_same_is_read_soon(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert not cancels(text)
    assert not asks_whether_done(text)
    closes(text, text)
    may_change(text, named=True)
    assert noted((text, 0.9), (text, 0.1)).ago <= FRESH


def test_what_is_taken_from_an_order_is_no_refusal() -> None:
    assert gathered([("a burger with onions", 0.9), ("no onions", 0.0)], 0.5, 0.2, lambda text: False).texts == [
        "a burger with onions",
        "no onions",
    ]
    assert not closes("no onions", "A burger. Anything else?")


@pytest.mark.parametrize("text", ["that's all, thanks", "That's all. Thanks!", "that's it, thank you very much"])
def test_a_polite_end_is_one(text: str) -> None:
    assert closes(text, "")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["put ", "write ", "leave ", "! ", "no "])
def test_a_megabyte_is_quick(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert not is_request(text)
    may_change(text, named=False)
    closes(text, "")
    cancels(text)
    asks_whether_done(text)


def test_a_plan_is_no_note_though_one_was_just_taken() -> None:
    plan = "ok. i'm gonna cook carbonara tonight, first time ever"
    assert gathered([("milk and eggs", 0.9), (plan, 0.9), ("and pasta", 0.0)], 0.5, 0.2, lambda text: False).texts == [
        "milk and eggs",
        "and pasta",
    ]


@pytest.mark.parametrize(
    "text", ["and can you make the coke a lemonade instead", "the dentist moved it to thursday", "can we say Thursday?"]
)
def test_a_change_may_be_asked_for(text: str) -> None:
    assert may_change(text, named="hursday" in text)


def test_to_note_that_is_a_request() -> None:
    assert is_request("i have a dentist appointment on tuesday at 3, can you note that?")
    assert is_request("book me a haircut on friday at 3pm")
    assert not is_request("book lovers are nice people")
    assert is_request("can you keep a shopping list for me?")
    assert not is_request("a delivery went out to the wrong place")


@pytest.mark.parametrize(
    "text",
    [
        "A wise answer, I suppose.",
        "It is for my nephew, he is picky.",
        "the gym was packed today",
        "need to pack tonight",
    ],
)
def test_what_is_told_beside_an_order_is_no_part_of_it(text: str) -> None:
    assert not may_change(text, named=True)


def test_what_the_judge_takes_for_a_note_is_none_where_it_only_tells() -> None:
    told = [("book a taxi for 7 tomorrow please", 1.0), ("haha my suitcase is bigger than me", 1.0)]
    assert gathered(told, 0.5, 0.2, names_any).texts == [told[0][0]]


@pytest.mark.parametrize(
    "text", ["add some salt, they said, it will be fine", "make it stop, this rain is awful", "something nice please"]
)
def test_what_only_sounds_like_an_order_is_none(text: str) -> None:
    assert not is_request(text)
