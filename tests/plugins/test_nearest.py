"""Which message comes closest to what is asked: by pieces that mean alike and by the kind of thing."""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import pytest
import torch
from chatkit_generation.nearest import MOST, READ, closest
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

ALIKE = [{"animal", "pigeon", "heron"}, {"ruined", "stole", "wrecked"}, {"colour", "green"}, {"job", "plumber"}]
RARE, COMMON = 5_000, 3  # ids of a word that is rare, and of one that is common
WORDS = sorted(set[str]().union(*ALIKE))
IDS = {word: RARE + place for place, word in enumerate(WORDS)}
TABLE = torch.zeros(RARE + 1_000, 32)
for group, words in enumerate(ALIKE):
    for word in words:
        TABLE[IDS[word], group] = 2.0  # lengths say nothing
TABLE[RARE + 100 :] = torch.randn(900, 32, generator=torch.Generator().manual_seed(1))


def ids_of(text: str) -> list[int]:
    """Each word a piece: one that is known, a common one of up to four letters, or one of its own."""
    return [
        IDS.get(word, COMMON if len(word) <= 4 else RARE + 100 + zlib.crc32(word.encode()) % 900)
        for word in text.replace("?", "").split()
    ]


def vectors(ids: Tensor) -> Tensor:
    return TABLE[ids]


def nearest(question: str, *messages: str) -> list[str]:
    return closest(question, messages, ids_of, vectors)


PIGEON, PLUMBER = "a pigeon stole my lunch", "I am a plumber in town"


def test_what_was_told_in_other_words_is_found() -> None:
    assert nearest("what animal ruined it?", PLUMBER, PIGEON) == [PIGEON]
    assert nearest("what is my job?", PIGEON, PLUMBER) == [PLUMBER]


def test_what_could_not_be_meant_is_not_quoted() -> None:
    assert nearest("what colour is it?", PIGEON, PLUMBER) == []


def test_at_most_two_are_quoted_the_closest_in_the_order_in_which_they_were_said() -> None:
    heron, both = "a heron sat in the reeds", "the pigeon wrecked it"
    found = nearest("what animal ruined it?", both, heron, PIGEON, PLUMBER)
    assert found == [both, PIGEON]
    assert len(nearest("what animal ruined it?", *[PIGEON] * 5)) == MOST


def test_of_two_alike_the_one_of_the_kind_that_is_asked_for_is_closer() -> None:
    told = ("the pigeon was here on friday", "the pigeon was here without luck", "the pigeon was here with feathers")
    assert nearest("when did the animal come?", *told[1:], told[0]) == [told[1], told[0]]


def test_what_tells_of_somebody_else_is_not_meant() -> None:
    other, mine = "my uncle stole it", "my sister stole it"
    assert nearest("what ruined my sister?", other, mine) == [mine]
    assert nearest("what ruined it?", other, mine) == [other, mine]


def test_what_puts_a_message_right_is_quoted_with_it() -> None:
    wrong, right = "a pigeon stole my lunch", "sorry, I meant a seagull"
    assert nearest("what animal ruined it?", PLUMBER, wrong, right, PLUMBER) == [wrong, right]
    assert nearest("what animal ruined it?", wrong, PLUMBER, right) == [wrong]  # it puts something else right


def test_what_asks_is_further_than_what_tells() -> None:
    tells = "a pigeon in the yard"
    assert nearest("which animal?", f"{tells}?", tells, f"{tells}? ", tells) == [tells, tells]


@pytest.mark.parametrize(
    ("question", "messages"),
    [
        ("", [PIGEON]),
        ("?", [PIGEON]),
        ("is it so", [PIGEON]),  # common pieces alone say nothing
        ("what animal ruined it?", []),
        ("what animal ruined it?", [""]),
        ("what animal ruined it?", ["", " ", "?"]),
    ],
)
def test_where_nothing_is_said_nothing_is_close(question: str, messages: list[str]) -> None:
    assert closest(question, messages, ids_of, vectors) == []


@given(st.lists(st.text(max_size=60) | st.sampled_from([PIGEON, PLUMBER, ""]), max_size=5), st.text(max_size=60))
def test_of_any_texts_whole_messages_are_quoted_in_their_order(messages: list[str], question: str) -> None:
    for asked in (question, f"what animal ruined it {question}"):
        found = nearest(asked, *messages)
        assert len(found) <= MOST + 1  # with what puts one right
        places = iter(messages)
        assert all(text in places for text in found)


@pytest.mark.timeout(20)
def test_a_long_message_is_read_in_part_and_quoted_whole() -> None:
    read: list[int] = []

    def counted(text: str) -> Sequence[int]:
        read.append(len(text))
        return ids_of(text)

    long = PIGEON + " so" * 300_000
    assert closest(f"what animal ruined it {'so ' * 300_000}?", [long], counted, vectors) == [long]
    assert max(read) <= READ
