"""Cues: what is written stands for what is found, whatever else a message says."""

from __future__ import annotations

import pytest
from chatkit_generation.cues import Finder, Fit, Reader
from hypothesis import given
from hypothesis import strategies as st

SETS = {"pet": ["dog", "cat"], "boss": ["boss", "manager"]}
CUES = [
    "@pet + died/passed away",
    "(my/our) @boss",
    "knock*/pushed + off",
    "dog + dog",
]
FINDER = Finder([Reader(SETS).cue(text) for text in CUES])


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("My cat has passed away last night!", [0]),
        ("it DIED, my poor dog", [0]),
        ("my cat passed the door", []),
        ("away it passed, the cat", []),
        ("Our manager is nice", [1]),
        ("a manager of ours", []),
        ("He knocked my cup off the table", [2]),
        ("knocking? off!", [2]),
        ("one dog", []),
        ("one dog and another dog", [3]),
        ("", []),
    ],
)
def test_all_parts_stand_in_the_message_in_words_of_their_own(message: str, found: list[int]) -> None:
    assert sorted(FINDER.found(message)) == found


def test_parts_stand_near_to_each_other() -> None:
    assert FINDER.found(f"the cat {'and ' * 8}died")
    assert not FINDER.found(f"the cat {'and ' * 20}died")


def test_a_fit_tells_parts_words_and_where() -> None:
    assert FINDER.found("the dog passed away today")[0] == Fit(parts=2, words=3, place=3)


def test_apostrophes_and_marks_are_read_as_in_messages() -> None:
    finder = Finder([Reader({}).cue("i don't know + what's up")])
    assert finder.found("What’s up?? I dont know!")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("dog + ", "no words"),
        ("", "no words"),
        ("@fish", "no set @fish; there are: pet, boss"),
        ("(a/b", "bracket"),
        ("ab*", "at least 3 letters"),
    ],
)
def test_what_is_no_cue_is_told(text: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Reader(SETS).cue(text)


@given(st.lists(st.sampled_from(["dog", "cat", "died", "passed", "away", "my", "boss", "off", "knocked"]), max_size=12))
def test_words_before_and_behind_change_nothing(words: list[str]) -> None:
    text = " ".join(words)
    assert FINDER.found(text).keys() == FINDER.found(f"well, {text} yesterday").keys()


@given(st.text(max_size=200))
def test_any_text_is_searched(text: str) -> None:
    FINDER.found(text)


def test_a_part_within_another_may_share_its_words() -> None:
    finder = Finder([Reader({}).cue("nice poem/fair point + poem/point")])
    assert finder.found("nice poem")
    assert finder.found("fair point, everybody likes it")
    assert not finder.found("a poem")


def test_what_was_said_before_completes_a_cue_of_which_a_part_stands_in_the_message() -> None:
    assert FINDER.found("it has died", "about my old dog", 1).keys() == {0}
    assert FINDER.found("it has died", "about my old dog", 0) == {}
    assert FINDER.found("it is so", "my old dog has died", 9) == {}
    assert FINDER.found("it has died", "", 9) == {}
