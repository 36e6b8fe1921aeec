"""Who wishes for a poem or a joke gets one: of the topic, or else another and an honest word."""

from __future__ import annotations

import pytest
from chatkit_generation.matters import Matters, table_of
from chatkit_generation.wishes import ANY, given, wanted_text
from hypothesis import given as given_any
from hypothesis import strategies as st

FILE = {
    "poem_sea": {"cues": ["poem + sea"], "ask": ["The sea comes in.", "Two lines more: the sea."]},
    "poem_night": {"cues": ["poem + night"], "ask": ["The night is long."]},
    "poem_birthday": {"cues": ["poem + birthday"], "ask": ["May cake be large."]},
    "joke_cat": {"cues": ["joke + (cat/cats)"], "ask": ["Mice Krispies.", "A cat has nine."]},
    "joke_work": {"cues": ["joke + work"], "ask": ["The boss parked his car. It laughed."]},
    "riddle": {"cues": ["riddle"], "ask": ["What has a neck?"]},
    "fact_any": {"cues": ["fun fact"], "ask": ["Bananas are berries."]},
    "story_cat": {"cues": ["story + cat"], "ask": ["A cat went out, " * 10 + "far.", "And it came home."]},
    "dogs": {"cues": ["dog"], "ask": ["Dogs bark."], "told": ["How old is it?"]},
}


@pytest.fixture(scope="module")
def matters() -> Matters:
    data = table_of({"a.toml": FILE})
    out = Matters(len(data))
    out.learn(data)
    return out


@pytest.mark.parametrize(
    ("message", "kind", "topic"),
    [
        ("Give me a short poem, something soft, it's been that sort of week.", "poem", ""),
        ("Now you must give me one joke to take to the park tomorrow.", "joke", ""),
        ("write me a poem about a drum kit nobody lets you play", "poem", "a drum kit"),
        ("give us a short spooky poem I can read him at breakfast", "poem", "spooky"),
        ("train to crewe, 2 hrs, phone on 31 percent, entertain me", ANY, ""),
        ("Okay that made me smile. Tell me something funny about cars.", "joke", "cars"),
        ("do you know any good jokes about fishing?", "joke", "fishing"),
        ("i'm stuck in a waiting room, make me laugh", "joke", ""),
        ("tell me an interesting fact about bees", "fact", "bees"),
        ("got any riddles for a car journey?", "riddle", "a car journey"),
        ("I'd love a poem", "poem", ""),
        ("another joke", "joke", ""),
        ("Right, cheer me up with a silly joke", "joke", ""),
        ("could you find me a nice poem for a christening", "poem", "a christening"),
        ("i could do with a laugh, say something daft", "joke", ""),
        ("poem about cats please", "poem", "cats"),
        ("entertain me with a story", "story", ""),
        ("tell my daughter a bedtime story", "story", "bedtime"),
        ("write a haiku about rain", "haiku", "rain"),
    ],
)
def test_what_is_wished_for(message: str, kind: str, topic: str) -> None:
    wish = wanted_text(message)
    assert wish is not None
    assert (wish.kind, wish.topic) == (kind, topic)


@pytest.mark.parametrize(
    "message",
    """He told me a joke about cats
my joke fell flat
do you know the poem Daffodils?
I want to write a poem for my wife
help me write a poem
can I tell you a joke?
I know a good joke
no joke, he is 46
don't tell me a joke
do you write poems?
can you tell jokes?
she makes me laugh
don't make me laugh
you make me laugh
tell me a story about you
cool story
a sad story
I have a story to tell you
I need a haircut, that's a fact
did you just make a joke
A riddle: the more you take, the more you leave behind.
write me a poem for my dad's funeral""".splitlines(),
)
def test_what_is_no_wish(message: str) -> None:
    assert wanted_text(message) is None


def first(count: int) -> int:
    return 0


def test_a_line_of_the_topic_is_given(matters: Matters) -> None:
    assert given(matters, "tell me a joke about cats", [], first) in FILE["joke_cat"]["ask"]
    assert given(matters, "tell me a joke about cars", [], first) == "The boss parked his car. It laughed."  # names one


def test_of_another_topic_it_is_said_so(matters: Matters) -> None:
    reply = given(matters, "write me a poem about my drum kit", [], first)
    assert reply == "I have none about your drum kit, but I have this one. The sea comes in."
    assert "spooky" in given(matters, "a spooky poem please", [], first)
    assert given(matters, "a spooky poem please", [], first).endswith("The night is long.")


def test_of_no_topic_none_is_owned_up_to(matters: Matters) -> None:
    assert given(matters, "give me a poem", [], first) == "The sea comes in."
    assert given(matters, "got any riddles for a car journey?", [], first) == "What has a neck?"


def test_nothing_is_said_again_while_another_is_left(matters: Matters) -> None:
    said: list[str] = []
    for message in ("tell me a joke about cats", "another one", "tell me a joke about cats", "tell me a joke"):
        reply = given(matters, message, said, first)
        said += [message, reply]
    replies = said[1::2]
    assert set(replies[:2]) == set(FILE["joke_cat"]["ask"])
    assert replies[2] == "That was all I have about cats. Here is another one. The boss parked his car. It laughed."
    assert replies[3] == ""  # all were said: it is for others to say something


def test_a_line_that_goes_on_with_others_is_no_first_one(matters: Matters) -> None:
    said = {given(matters, "tell me a story", [], lambda count, at=at: at % count) for at in range(4)}
    assert said == {FILE["story_cat"]["ask"][0]}
    assert given(matters, "a poem about the sea", ["x", "The sea comes in."], first) == "Two lines more: the sea."


def test_a_poem_for_an_occasion_is_given_to_who_asks_for_it(matters: Matters) -> None:
    assert given(matters, "a birthday poem please", [], first) == "May cake be large."
    said = {given(matters, "write a poem", [], lambda count, at=at: at % count) for at in range(9)}
    assert "May cake be large." not in said


def test_what_is_not_wanted_is_not_given(matters: Matters) -> None:
    assert given(matters, "tell me a joke about cats", [], first, ["Mice Krispies."]) == "A cat has nine."


def test_another_is_of_what_was_given(matters: Matters) -> None:
    assert given(matters, "another one", ["a", "None about tea. Mice Krispies."], first) == "A cat has nine."
    assert given(matters, "another one", ["a", "How old is it?"], first) == ""
    assert given(matters, "another one", [], first) == ""


def test_matters_are_found_by_how_they_are_named(matters: Matters) -> None:
    assert [each.name for each in matters.named("joke_")] == ["joke_cat", "joke_work"]


@given_any(st.text(max_size=420))
def test_any_text_is_looked_at(text: str) -> None:
    wanted_text(text)
