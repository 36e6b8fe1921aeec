"""What a message speaks of is named in the second person, or not at all: no word of it is made up."""

from __future__ import annotations

import pytest
from chatkit_generation.echoing import READ, echoed
from chatkit_generation.wording import GRAVE
from hypothesis import given
from hypothesis import strategies as st

# What is likely to be put together wrongly, beside any text.
PIECES = st.sampled_from(
    ["my", "My", "our", "her", "the", "a", "dog", "wedding cake", "old", "thing", "my’s", "in", "is", ",", ".", "\n"]
)
TEXTS = st.text(max_size=120) | st.lists(PIECES | st.text(max_size=8), max_size=12).map(" ".join)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("my leeks are nearly ready", "your leeks"),
        ("we painted our fence yesterday, all of it", "your fence"),
        ("i dropped the wedding cake, bottom tier", "the wedding cake"),
        ("I saw a heron by the pond", "the heron"),
        ("They closed an underpass at the station.", "the underpass"),
        ("his tractor is back", "his tractor"),
        ("their dog was loud", "their dog"),
        ("hm, this wallpaper is peeling", "the wallpaper"),
        ("I washed my dogs’ bowls in the sink twice", "your dogs' bowls"),
        ("MY ROOF!", "your ROOF"),
        ("A heron and my leeks are all that I saw out there", "your leeks"),  # one's own before others
        ("the hens and a heron came along to the pond today", "the hens"),  # the first
        ("my two cats, both asleep", "your two cats"),
        ("the  wedding\tcake", "the wedding cake"),
        ("  my leeks\n" + " " * 40, "your leeks"),
    ],
)
def test_what_is_spoken_of_is_named(text: str, named: str) -> None:
    assert echoed(text) == named


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "my",
        "my, well",
        "It rained.",
        "it happened in the bathtub",  # where it only is
        "he snores like an old tractor",  # what it is likened to
        "I had a bad day",  # says nothing
        "my thing",
        "the really",
        "my red tin box",  # more than two words are no sure thing
        "my boss mumbled",
        "the " + "x" * 80,
        "my 17",
        "my ox",
        "I watered my leeks",  # what is said behind the middle is seldom what it is about
        "It was so long until we saw a heron.",
        "the dog, call the emergency number",  # a cry for help is not chatted about
    ],
)
def test_what_is_no_sure_thing_is_not_named(text: str) -> None:
    assert echoed(text) == ""


def test_what_was_spoken_of_before_is_not_new() -> None:
    text = "my leeks and a heron are all that I saw out there"
    assert echoed(text, "we had the leak repaired") == "your leeks"
    assert echoed(text, "How are the LEEKS?") == "the heron"
    assert echoed(text, "leeks, and a heron") == ""


@given(TEXTS, TEXTS)
def test_of_any_text_only_what_stands_in_it_is_named(text: str, before: str) -> None:
    named = echoed(text, before)
    if not named:
        return
    first, *rest = named.split(" ")
    assert first in ("your", "his", "her", "their", "the")
    assert 1 <= len(rest) <= 2
    assert " ".join(rest) in " ".join(text.replace("’", "'").split())
    assert not GRAVE.search(text)


@given(st.lists(PIECES, max_size=12).map(" ".join))
def test_what_is_ones_own_is_never_said_to_be_the_assistants(text: str) -> None:
    assert not {"my", "our", "i"} & {*echoed(text).lower().split()}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("part", ["my ", "my dog ", "the, ", "a" * 50, "! ", "my dog. "])
def test_a_megabyte_of_the_same_is_read_soon(part: str) -> None:
    named = echoed(part * (1_000_000 // len(part)))
    assert len(named) <= READ
