"""What of the user's is called how is known where it was said for sure; what is no name is none."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from chatkit_generation.relations import asked_name, named
from hypothesis import given
from hypothesis import strategies as st

WORDS = """
my our cat cat's cats sister is was called named name Tom biscuit I have a the of his her its no wait sorry not
Monday and , . ? what do you know or boss's in law"""


def test_the_animal_is_asked_for_by_its_kind() -> None:
    assert asked_name("what was the animal called?") == "animal"
    assert not asked_name("what is the animal called that has a long neck?")


@pytest.mark.parametrize(
    ("message", "what", "name"),
    [
        ("my cat's called Biscuit", "cat", "Biscuit"),
        ("My cat’s called Biscuit.", "cat", "Biscuit"),
        ("my cats called biscuit", "cat", "Biscuit"),
        ("my cat is called biscuit and she is old", "cat", "Biscuit"),
        ("My Cat Is Called Biscuit", "cat", "Biscuit"),
        ("my dogs name is rex", "dog", "Rex"),
        ("the name of my cat is Biscuit", "cat", "Biscuit"),
        ("we called our dog Rex", "dog", "Rex"),
        ("i have a friend named jo", "friend", "Jo"),
        ("our son Daniel is three", "son", "Daniel"),
        ("my son, Daniel, is three", "son", "Daniel"),
        ("my best friend Anna is here", "best friend", "Anna"),
        ("my sister Kate's boyfriend is nice", "sister", "Kate"),
        ("my sister is called Anna Maria", "sister", "Anna Maria"),
        ("our teacher Mrs Hill is ill", "teacher", "Mrs Hill"),
        ("My ex-wife is called Ana", "ex-wife", "Ana"),
        ("my ex is called Tom", "ex", "Tom"),
        ("my new dog is called Rex", "dog", "Rex"),
        ("my gran is called Élodie", "gran", "Élodie"),
        ("my company is called Acme", "company", "Acme"),
        ("I got a puppy! His name is Bolt", "puppy", "Bolt"),
        ("my cat was called Tom but now she is called Tina", "cat", "Tina"),
    ],
)
def test_who_is_called_how_is_told_in_many_ways(message: str, what: str, name: str) -> None:
    assert named([message])[what] == name


def test_several_are_told_in_one_message() -> None:
    assert named(["my son is called Daniel, my daughter is called Mia"]) == {"son": "Daniel", "daughter": "Mia"}
    assert named(["I've got a dog named Max and a cat called Minka"]) == {"dog": "Max", "cat": "Minka"}


def test_what_there_is_one_of_needs_no_closer_word() -> None:
    assert named(["my little sister's called mia"])["sister"] == "Mia"
    assert "sister" not in named(["my little sister is called Mia", "my big sister is called Kate"])
    assert "wife" not in named(["my ex wife is called Ana"])


@pytest.mark.parametrize(
    "message",
    [
        "my cat is called by the vet",
        "my cat was called in by the vet",
        "my flight was called off",
        "my friend is called up for duty",
        "my sister is named after our gran",
        "I named my boat after my wife",
        "my sister was named Employee of the Month",
        "my daughter was called names at school",
        "my mum called yesterday",
        "I called my mum last night",
        "I called my boss Monday",
        "i called my cat over",
        "my mum's called twice",
        "my boss called John into the office",
        "my husband called Sarah",
        "my teacher called Anna stupid",
        "my cat's name is important to me",
        "my cat's name is a secret",
        "my cat's name is unusual",
        "my cat is called something silly",
        "my cat is called",
        "my mum Monday",
        "my boss I hate him",
        "my friend English teacher",
        "my brother, LOL",
        "My Dog Is So Cute",
        "my dad, Paris is great",
        "my car BMW",
        "my son Can swim",
        "my boyfriend, Sorry, left",
        "my job is called consultant",
        "my parents are called Bob and Ann",
    ],
)
def test_what_is_no_name_is_none(message: str) -> None:
    assert named([message]) == {}


@pytest.mark.parametrize(
    "message",
    [
        "is my cat called Biscuit?",
        "if my cat was called Biscuit I would laugh",
        "my cat is not called Biscuit",
        "my cat isn't called Biscuit",
        "my son is called Tim or Tom",
        "maybe my son is called Tim",
        "what is my cat called?",
        "my neighbour got a dog called Fido",
        "my brother's wife is called Ana",
        "my sister-in-law's name is Sam",
        "Her name is Emma",
    ],
)
def test_what_was_not_told_for_sure_or_of_another_s_is_not_known(message: str) -> None:
    assert named([message]) == {}


@pytest.mark.parametrize(
    ("messages", "known"),
    [
        (["my daughter is ill", "her name is Mia"], {"daughter": "Mia"}),
        (["my wife is here", "his name is Tim"], {}),
        (["my brother met a guy", "his name is Tom"], {}),
        (["my sister-in-law is here", "her name is Ana"], {}),
        (["my brother's friend is here", "his name is Tom"], {}),
        (["my son is called Tim", "his dog is great", "its name is Rex"], {"son": "Tim"}),
        (["my dog has a disease", "it is called parvo"], {}),
        (["my cat is ill. it's called flu"], {}),
    ],
)
def test_he_and_she_are_those_who_were_spoken_of_last(messages: Sequence[str], known: dict[str, str]) -> None:
    assert named(messages) == known


@pytest.mark.parametrize(
    ("right", "name"),
    [
        ("no wait, Bruno", "Bruno"),
        ("sorry, I meant Bruno", "Bruno"),
        ("sorry i mean bruno", "Bruno"),
        ("No, it's Bruno, not Biscuit", "Bruno"),
        ("wait, not Biscuit, Bruno", "Bruno"),
        ("my cat is called Bruno", "Bruno"),
        ("Actually I went to Leeds", "Biscuit"),
        ("no, I live in Berlin", "Biscuit"),
        ("actually Monday is her birthday", "Biscuit"),
        ("Sorry, I have to go to London", "Biscuit"),
        ("sorry, bye", "Biscuit"),
        ("no it isn't", ""),
        ("Actually it's spelled Biskit", ""),
    ],
)
def test_a_name_is_put_right_and_nothing_else_takes_its_place(right: str, name: str) -> None:
    assert named(["my cat is called Biscuit", right]).get("cat", "") == name


@pytest.mark.parametrize(
    ("question", "what"),
    [
        ("what is my cat called?", "cat"),
        ("whats my cats name", "cat"),
        ("what’s my cat’s name?", "cat"),
        ("what's my cat called again pls", "cat"),
        ("what was the name of my boss?", "boss"),
        ("do you remember my sister's name?", "sister"),
        ("can you tell me what my dog is called", "dog"),
        ("what did we name our son?", "son"),
        ("what's my ex-wife's name", "ex-wife"),
        ("what is my best friend's name", "best friend"),
        ("my cat's name?", "cat"),
        ("name of my dog pls", "dog"),
        ("what is my name", ""),
        ("what is my brother's wife called?", ""),
        ("what is the name of my brother's dog", ""),
        ("what's the name of my sister-in-law", ""),
        ("what did my sister call me", ""),
        ("do you know what my sister called me", ""),
        ("what is my cat doing", ""),
        ("what is your cat called", ""),
        ("what are my cats called", ""),
        ("", ""),
    ],
)
def test_of_what_the_name_is_asked_is_told(question: str, what: str) -> None:
    assert asked_name(question) == what


@given(st.lists(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join))))
def test_any_messages_name_what_they_say(messages: list[str]) -> None:
    said = " ".join(messages).replace("\u2019", "'").lower()
    for what, name in named(messages).items():
        assert what
        assert name.lower() in said
    assert all(len(asked_name(message)) <= len(message) for message in messages)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "part", ["my cat is called Tom ", "my ", "A", "My Aa ", "i have a cat a ", "no ", "called ", "x", "'s "]
)
def test_a_megabyte_of_the_same_is_read_by_its_beginning(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert named([text, text]) == named([text[:1000], text[:1000]])
    assert asked_name(text) == asked_name(text[:1000])
