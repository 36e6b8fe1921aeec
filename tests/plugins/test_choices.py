"""Of two things one may be chosen by a coin, where they are two things and nothing hangs on it."""

from __future__ import annotations

import pytest
from chatkit_generation.choices import LONGEST, options_in
from hypothesis import given
from hypothesis import strategies as st

WORDS = "should i get wear take have a the my red or and blue tea coffee , ? then it mum between decide better is for"


@pytest.mark.parametrize(
    ("question", "options"),
    [
        ("would you go for chocolate or lemon?", ("chocolate", "lemon")),
        ("tea or coffee?", ("tea", "coffee")),
        ("Tea or coffee ?!", ("Tea", "coffee")),
        ("so, tea or coffee then?", ("tea", "coffee")),
        ("pasta or rice tonight?", ("pasta", "rice")),
        ("should i wear red or blue", ("red", "blue")),
        ("Should I wear the red dress or the blue one?", ("red dress", "blue one")),
        ("should I have the soup or the salad, please?", ("soup", "salad")),
        ("should I make soup or stew for dinner?", ("soup", "stew")),
        ("do you like Mac or PC more", ("Mac", "PC")),
        ("which is better, python or java?", ("python", "java")),
        ("would you say blue or green is nicer?", ("blue", "green")),
        ("I can’t decide between Italy and Spain", ("Italy", "Spain")),
        ("i cant decide between italy and spain", ("italy", "spain")),
        ("do you think we should get a dog or a cat?", ("dog", "cat")),
    ],
)
def test_the_two_things_are_told_without_what_stands_around_them(question: str, options: tuple[str, str]) -> None:
    assert options_in(question) == options


def test_the_user_s_own_things_are_not_said_to_be_those_of_the_other_one() -> None:
    assert options_in("should I wear my coat or my jacket?") == ("coat", "jacket")


@pytest.mark.parametrize(
    "question",
    [
        "yes or no?",
        "true or false?",
        "now or never?",
        "an hour or two?",
        "two or three?",
        "do you want to play or not?",
        "should I call him or text him?",
        "up or down?",
        "this one or that one?",
        "should I get up or sleep in?",
        "is it better to have loved or lost",
        "do you think it will rain or snow",
        "what do you like about cats or dogs",
        "how long or short?",
        "which do you like best, or hate least?",
    ],
)
def test_what_is_no_two_things_is_no_choice(question: str) -> None:
    assert options_in(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "tea or coffee or water?",
        "Berlin, Hamburg or Munich?",
        "should i get red, green or blue?",
        "fish and chips or pizza?",
    ],
)
def test_of_three_things_none_is_left_out(question: str) -> None:
    assert options_in(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "what's the difference between tea and coffee?",
        "which country lies between France and Spain?",
        "what is between Italy and Spain",
        "do you have brothers or sisters?",
        "do you take milk or sugar?",
        "where should I get shoes or boots?",
        "what can I get for 5 or 10 euros",
        "do you like cats and dogs?",
        "I like tea or coffee",
        "can you recommend a book or a film?",
        "",
    ],
)
def test_what_asks_for_something_else_is_no_choice(question: str) -> None:
    assert options_in(question) is None


@pytest.mark.parametrize(
    "question",
    [
        "should I take ibuprofen or paracetamol?",
        "should I choose chemo or radiation?",
        "my mum or my dad?",
        "should I choose my wife or my girlfriend?",
        "should i buy a gun or a knife?",
        "heroin or cocaine?",
        "should I take the job or a year off?",
        "should I pick Trump or Biden?",
        "islam or christianity?",
        "who is better, men or women?",
        "should I get married or buy a house?",
        "dead or alive?",
    ],
)
def test_of_grave_things_no_coin_is_tossed(question: str) -> None:
    assert options_in(question) is None


@given(st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join)))
def test_any_text_offers_two_things_of_its_own_or_none(text: str) -> None:
    options = options_in(text)
    assert options is None or all(option and option in " ".join(text.split()) for option in options)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["or ", "tea or coffee ", "like ", "x", "between a and ", "for a "])
def test_a_long_text_offers_none(part: str) -> None:
    assert options_in(part * (1_000_000 // len(part))) is None
    assert options_in("tea or " + "x" * LONGEST + "?") is None
