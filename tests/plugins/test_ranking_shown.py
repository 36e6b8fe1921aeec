"""Which passages the ranking head shows: none is better than three that have nothing to do with the message."""

from __future__ import annotations

import pytest
from chatkit_retrieval.showing import is_shown, looked_for

from chatkit.assistant import Assistant
from chatkit.plugin_api import Hit
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.library import Library
from chatkit.search.bm25 import BM25
from chatkit.search.coverage import coverage
from chatkit.search.words import document_words, query_words

WORDS = Hit("the train leaves at nine", 1.0, "a.md:1", matched=1)
ALIKE = Hit("departures in the morning", 0.6, "b.md:1")
UNLIKE = Hit("boil the eggs", 0.05, "c.md:1")


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ([WORDS, ALIKE, UNLIKE], ["a.md:1", "b.md:1"]),
        ([UNLIKE, UNLIKE], []),
        ([Hit("nine", 0.01, "d.md:1", matched=1)], ["d.md:1"]),
        ([], []),
    ],
)
def test_a_passage_is_shown_for_its_words_or_its_likeness(
    assistant: Assistant, found: list[Hit], shown: list[str]
) -> None:
    conversation = Conversation(assistant, lambda vector, text, k: found[:k])
    events = list(conversation.turn("when does the train leave?", heads=["retrieval"], seed=1))
    answer = next(event["answer"] for event in events if event["event"] == "answer")
    assert [item["source"] for item in answer["items"]] == shown


PARTLY = Hit("the train and the ferry to the islands", 1.0, "e.md:1", coverage=0.3, matched=1)
CHANCE = Hit("all trains", 1.0, "g.md:1", coverage=1.0, matched=1)
MOSTLY = Hit("the train to the coast leaves at nine", 1.0, "f.md:1", coverage=0.5, matched=2)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("when does the next train to the coast leave?", ["e.md:1", "f.md:1", "b.md:1", "g.md:1"]),
        ("I took the train to the coast", ["f.md:1"]),
        ("do you like trains?", ["f.md:1"]),
        ("no, that is the whole of it", ["f.md:1"]),
        ("thanks, trains", ["f.md:1", "g.md:1"]),
    ],
)
def test_beside_a_conversation_a_passage_holds_more_than_a_word_of_it(
    assistant: Assistant, text: str, shown: list[str]
) -> None:
    conversation = Conversation(assistant, lambda vector, text, k: [PARTLY, MOSTLY, ALIKE, CHANCE])
    answer = next(
        event["answer"]
        for event in conversation.turn(text, seed=1)
        if event["event"] == "answer" and event["head"] == "retrieval"
    )
    assert [item["source"] for item in answer["items"]] == shown


def test_a_greeting_is_searched_for_only_when_it_is_asked_for(assistant: Assistant) -> None:
    asked: list[str] = []

    def search(vector: object, text: str, k: int) -> list[Hit]:
        asked.append(text)
        return []

    conversation = Conversation(assistant, search)
    list(conversation.turn("Hello, how are you?", seed=1))
    list(conversation.turn("hello", heads=["retrieval"], seed=1))
    assert "how are you?" in asked
    assert asked[-1] == "hello"


def test_a_message_of_stop_words_alone_brings_up_nothing() -> None:
    texts = ["How do I stop training? You are asked whether to save.", "How are indexes kept?", "Bread and butter."]
    bm25, words = BM25.build(document_words(text) for text in texts), query_words("how are you?")
    shares = coverage(bm25, words, texts)
    assert [share for share, _ in shares] == [0.0, 0.0, 0.0]
    assert not any(
        is_shown(Hit(text, 1.0, "a.md", coverage=share, matched=matched), "how are you?", asked=False)
        for text, (share, matched) in zip(texts, shares, strict=True)
    )


def test_what_is_left_of_a_shortened_word_is_no_word_that_was_looked_for() -> None:
    """The question "what's her name?" was answered by a page that says "chatkit's" and "name"."""
    texts = ["Name the head and the data in chatkit's formats.", "Bread and butter."]
    bm25, words = BM25.build(document_words(text) for text in texts), query_words("what's her name?")
    assert coverage(bm25, words, texts) == [(1.0, 1), (0.0, 0)]
    assert coverage(bm25, query_words("s"), texts) == [(0.0, 0), (0.0, 0)]


@pytest.mark.parametrize(
    "text",
    [
        "thanks, that helps",
        "another one",
        "that's all",
        "tell me a joke",
        "any tips?",
        "what's the weather like?",
        "what is 2 plus 2?",
        "sounds good to me",
        "you already said that",
    ],
)
def test_small_talk_brings_up_none_of_chatkits_own_pages(assistant: Assistant, text: str) -> None:
    """In 50 passages "another" and "any" are as rare as the words that a page is about."""
    found = Library(assistant).search(None, looked_for(text), 3)
    assert [hit.source for hit in found if is_shown(hit, text, asked=False)] == []


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("do you store what I say?", "getting-started.md"),
        ("where is my data stored?", "privacy.md"),
        ("thanks, and how do I add another head?", "add-a-head.md"),
        ("what's a Pareto front?", "objectives-and-weighting.md"),
        ("tell me about exit codes", "asking-from-the-shell.md"),
    ],
)
def test_what_is_asked_about_chatkit_still_brings_up_its_pages(assistant: Assistant, text: str, page: str) -> None:
    found = Library(assistant).search(None, looked_for(text), 3)
    assert page in [hit.source.split(":")[0] for hit in found if is_shown(hit, text, asked=False)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Hello, what's the weather like?", "what the weather like?"),
        ("I don\u2019t think so", "I don think so"),
        ("vitamin d", "vitamin d"),
    ],
)
def test_what_is_left_of_a_shortened_word_is_not_looked_for(text: str, words: str) -> None:
    """Each page that says "chatkit's" was found for "what's the weather like?"."""
    assert looked_for(text) == words
