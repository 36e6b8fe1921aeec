"""What is said back reads well and is what the user said; what does not read well is not said back."""

from __future__ import annotations

import re

import pytest
from chatkit_generation.reflecting import FEWEST, LONGEST, MOST, exchanged, reflected
from hypothesis import given
from hypothesis import strategies as st

WORDS = """
i I'm im my me we us our was wasn't am is are has have the cat sister mum and so but because , . at of to with moved
left home really never dont mine myself today it he she they 7 US"""
OF_ONESELF = re.compile(r"\b(?:i|i'm|im|i've|me|my|mine|myself|we|us|our|ourselves|am)\b", re.IGNORECASE)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("my sister has moved to Leeds", "your sister has moved to Leeds"),
        ("I was at my aunt's yesterday", "you were at your aunt's yesterday"),
        ("I wasn't at home yesterday", "you weren't at home yesterday"),
        ("I really was so tired today", "you really were so tired today"),
        ("I never was good at maths", "you never were good at maths"),
        ("i have got a new cat", "you have got a new cat"),
        ("I’m so tired of my job", "you are so tired of your job"),
        ("im so tired of my job", "you are so tired of your job"),
        ("ive been having trouble sleeping lately", "you have been having trouble sleeping lately"),
        ("we were at the beach all day", "you were at the beach all day"),
        ("we did it all by ourselves", "you did it all by yourselves"),
        ("I can't believe I was so happy", "you can't believe you were so happy"),
        ("it looks like I was wrong", "it looks like you were wrong"),
        ("my brother thinks I am late", "your brother thinks you are late"),
        ("he gave me a book for my birthday", "he gave you a book for your birthday"),
        ("My son John has moved to Leeds", "your son John has moved to Leeds"),
        ("the book is mine, not his", "the book is yours"),
        ("I went for a run at 6 am", "you went for a run at 6 am"),
    ],
)
def test_the_persons_are_exchanged_and_the_verb_goes_with_them(text: str, said: str) -> None:
    assert reflected(text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("i dont like my boss", "you don't like your boss"),
        ("i cant sleep at night", "you can't sleep at night"),
        ("i shouldnt have sold the house", "you shouldn't have sold the house"),
        ("oh well, my cat died last night...", "your cat died last night"),
        ("haha I lost my keys again lol", "you lost your keys"),
        ("I lost my job today 😢", "you lost your job today"),
        ("i have a cat :)", "you have a cat"),
        ("I finished my book!! it was great", "you finished your book"),
        ("I got up at 7:30 today", "you got up at 7:30 today"),
        ("we won 1,000 euros today", "you won 1,000 euros today"),
        ("I moved to Leeds and I love it", "you moved to Leeds and you love it"),
        ("I'm tired of it all because my boss is mean", "you are tired of it all"),
        (
            "I moved to Leeds last year and I have been looking for new people ever since",
            "you moved to Leeds last year",
        ),
        ("Nice. My dad is in hospital", "your dad is in hospital"),
    ],
)
def test_a_clause_is_said_back_without_what_stands_around_it(text: str, said: str) -> None:
    assert reflected(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "I met him in the US",  # "in the you"
        "we lived in the us",
        "I saw WE at the cinema",
        "we watched My Fair Lady yesterday",
        "he works in a mine",
        "it was my bad again",
        "I read about world war I",
        "I I was so tired",
        "I'm I'm so tired of it",
        "I is very tired today",
        "I has a new cat",
        "I likes my new job",
        "i ain't got no money",
        "I bought me a car",
        "I got us two tickets",
        "I did it myslef again",
        "I WAS AT HOME ALL DAY",
        "my old worried mum at home",
        "I and my brother",
        "I am a bit worried about",
        "my mum and my dad are getting divorced",
        "I have two dogs, a cat and a horse",
        "I have to buy milk, eggs and bread",
        "I work at www.example.com all day",
        "I like {0} and {name} so much",
        "",
    ],
)
def test_what_would_not_read_well_is_not_said_back(text: str) -> None:
    assert reflected(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "he told my boss, I was late again",
        "she said, I was fat and lazy",
        "if my cat dies, I will be so sad",
        "if I was rich, I would buy a house",
        "maybe I was at home then",
        "I think my boss hates me",
        "I wish I was taller",
        "I love you so much",
        "was I wrong about it?",
        "it's time my wife and I had a long and honest talk about all of it",
    ],
)
def test_what_the_user_did_not_claim_is_not_said_back(text: str) -> None:
    assert reflected(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "I want to kill myself",
        "i was raped when i was young",
        "I hate myself for it",
        "I feel so stupid and ugly",
        "I have pills with me",
    ],
)
def test_what_is_grave_is_not_said_back(text: str) -> None:
    assert reflected(text) == ""


def test_a_clause_of_any_words_is_exchanged() -> None:
    assert exchanged("") == ""
    assert exchanged("what was I to do") == "what were you to do"
    assert exchanged("i-phones and self-help are for me") == "i-phones and self-help are for you"


@pytest.mark.parametrize("text", ["IM I has 0", "my brother like me was ill", "my friend and  i  has a dog"])
def test_what_would_not_be_grammatical_is_not_said_back(text: str) -> None:
    assert reflected(text) == ""


@given(st.one_of(st.text(max_size=120), st.lists(st.sampled_from(WORDS.split()), max_size=16).map(" ".join)))
def test_any_text_is_said_back_in_few_words_and_never_in_the_first_person(text: str) -> None:
    said = reflected(text)
    assert said == said.strip()
    assert len(said.split()) <= 2 * MOST
    assert len(said) <= 2 * LONGEST
    assert not said or len(said.split()) >= FEWEST
    assert not OF_ONESELF.search(re.sub(r"\d am\b", "", said)) or "am" in text
    assert not re.search(r"\byou (?:was|am|is|has)\b", said)
    assert isinstance(exchanged(text), str)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["I was ", "my ", ", ", "i and ", "x", "I'm ", " ", "so ", "thanks "])
def test_a_megabyte_of_the_same_is_read_by_its_beginning(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert reflected(text) == reflected(text[:2000])
