"""What a question asks back in other words is found in what the user said; what could not be meant is not quoted."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from chatkit_generation.faithful import Said
from chatkit_generation.honest import CLOSEST, QUOTED, RETOLD, Honest
from chatkit_generation.notes import Notes
from chatkit_generation.recalling import asks_back
from hypothesis import given
from hypothesis import strategies as st

HONEST = Honest(["You have not told me that yet."], ["I know few facts."])


def quoted(*messages: str) -> str:
    """The clauses that answer the last message for sure, joined."""
    found = Said(messages).recalled
    return " / ".join(clause.text for clause in found.clauses) if found and found.is_sure else ""


@pytest.mark.parametrize(
    ("told", "question", "holds"),
    [
        (
            ["We got a dog, a brown one, three years old.", "He is called Bruno."],
            "what was the animal called?",
            "Bruno",
        ),
        (
            ["We got a dog, a brown one, three years old.", "He is Bruno."],
            "how old did I say he is?",
            "three years old",
        ),
        (["My daughter Emma starts school in September."], "What's my girl's name, do you know it still?", "Emma"),
        (["my brother lives in oslo with his wife"], "where does my brother live", "oslo"),
        (["ive got a dentist thing on thursday at half nine"], "which day is the thing with the dentist?", "thursday"),
        (["I moved to Ghent, because my girlfriend works there."], "Which city did I move to?", "Ghent"),
        (["my name is dex and i just turned 19 last week", "got an old red golf"], "how old am i", "turned 19"),
        (["ok so my girl is 6", "and my boy is 9"], "how old is my son?", "9"),
        (["My phone number changed, it's 0170 555 2368 now."], "What's my new number?", "0170 555 2368"),
        (["i take metformin for my diabetes, twice a day"], "how often do i take it?", "twice a day"),
        (["we met at a concert in Berlin.", "That was in 2009."], "what year did we meet?", "2009"),
        (["now my left knee hurts", "Sorry, I meant the right knee."], "which knee did I say?", "right knee"),
        (["Our hamster Peanut escaped.", "We found her behind the fridge."], "Where did we find the animal?", "fridge"),
        (["I live in Lyon for my studies of law."], "What do I study?", "studies of law"),
        (["my nephew tom broke his arm", "hes 8 and fearless"], "how old is tom?", "hes 8"),
        (["the exam is on friday at nine, they said"], "and what time?", "nine"),
    ],
)
def test_what_is_asked_in_other_words_is_found(told: Sequence[str], question: str, holds: str) -> None:
    assert holds in quoted(*told, question)


def test_two_questions_in_one_are_answered_by_two_clauses() -> None:
    told = ("my flight leaves on friday at 6:40", "my seat is 14C")
    assert quoted(*told, "tell me when my flight leaves and what my seat is").count("/") == 1


@pytest.mark.parametrize(
    ("told", "question"),
    [
        (["My father was a tailor."], "And what is my job?"),
        (["I am a vegetarian, since ten years."], "what's my job?"),
        (["my brother lives in oslo"], "where does my sister live?"),
        (["my dog Rex barks all night", "How can I stop my dog from barking?"], "What is the best food for my dog?"),
        (["My thoughts run in circles about money."], "how much money do i need to be happy?"),
        (["my sister never calls me back"], "why does my sister do that?"),
        (["I told my boss I want to leave."], "What do I do now?"),
        (["i moved to leeds for uni"], "what's the weather like in leeds?"),
        (["my wife is from Portugal"], "what is the capital of Portugal?"),
    ],
)
def test_what_was_not_told_or_is_of_the_world_is_answered_by_nothing(told: Sequence[str], question: str) -> None:
    assert not quoted(*told, question)


@pytest.mark.parametrize(
    "text",
    [
        "when I get home I always take a bath",
        "where I come from people are quiet",
        "Sorry, I said left knee, I meant the right one.",
        "i need to remember a meeting on monday",
        "do you remember me?",
        "do you know how I can sleep better?",
        "what should I wear to my interview?",
        "what do you do all day?",
    ],
)
def test_what_tells_or_asks_for_advice_asks_for_nothing_told(text: str) -> None:
    assert not asks_back(text)


def settled(*messages: str) -> list[str]:
    """What is said to the last message, where words alone tell."""
    return HONEST.settled(Said(messages), Notes)


def test_what_comes_closest_is_quoted_and_not_denied() -> None:
    told = "my car wouldnt start and then i missed the train"
    assert settled(told, "what colour is my car") == [form.format(f'"{told}"') for form in CLOSEST]


def test_nothing_is_quoted_that_has_nothing_to_do_with_it() -> None:
    assert settled("I like tea.", "how old am I?") == []
    said = Said(["I like tea.", "how old am I?"])
    judged = HONEST.revised((0.1, 0.1, 0.9, 0), said)
    assert HONEST.left(["Ninety."], judged, said, Notes) == ["You have not told me that yet."]


def test_what_is_asked_for_is_not_cut_where_it_is_told_again() -> None:
    told = "I'm training for a marathon in Hamburg, on April 27"
    assert settled(told, "When is my marathon?") == [form.format(f'"{told}"') for form in QUOTED]
    where = [form.format("you are training for a marathon in Hamburg") for form in RETOLD]
    assert settled(told, "Where is my marathon?") == where


BIKE = "my bike is green and squeaks"


def heard(*messages: str, is_asking: bool | None) -> Said:
    """What was said, the latest heard to ask for what was told (or not), the first message always the closest."""
    return Said(messages, is_asking=is_asking, nearest=lambda question, told: list(told[:1]))


def test_what_is_heard_to_ask_for_what_was_told_does_in_whatever_words() -> None:
    text = "say, the colour of that bike of mine was"
    assert not Said([BIKE, text]).asks_for_told
    said = heard(BIKE, text, is_asking=True)
    assert said.asks_for_told
    assert said.recalled
    assert [clause.message for clause in said.recalled.clauses] == [BIKE]


def test_what_is_heard_to_ask_nothing_recalls_nothing() -> None:
    text = "what colour is my bike, I told you"
    assert Said([BIKE, text]).recalled
    said = heard(BIKE, text, is_asking=False)
    assert not said.asks_for_told
    assert said.recalled is None
    assert said.closest() == ()
    everything = "what is on my list?"
    assert Said(["tea", everything]).asks_back
    assert not heard("tea", everything, is_asking=False).asks_back
    assert HONEST.settled(said, Notes) == []


def test_what_may_ask_for_advice_is_recalled_only_as_what_comes_closest() -> None:
    told, text = "my train leaves at nine", "when should I take my train?"
    assert Said([told, text]).recalled is None
    found = Said([told, text], is_asking=True).recalled
    assert found
    assert not found.is_sure


def test_what_no_words_find_is_found_by_what_comes_closest() -> None:
    told, question = ("a pigeon stole my lunch", "I like tea"), "name the beast that ruined my break"
    assert heard(*told, question, is_asking=True).closest() == [told[0]]
    assert heard(*told, question, is_asking=None).closest() == ()
    assert Said([*told, question], is_asking=True).closest() == ()  # no vectors tell what is alike
    said = heard(*told, question, is_asking=True)
    assert HONEST.settled(said, Notes) == [form.format(f'"{told[0]}"') for form in CLOSEST]
    assert HONEST.settled(said, Notes, unlike=[CLOSEST[0].format(f'"{told[0]}"')]) == [
        CLOSEST[1].format(f'"{told[0]}"')
    ]
    assert HONEST.settled(Said([*told, question]), Notes) == []


def test_what_words_find_for_sure_goes_before_what_comes_closest() -> None:
    said = heard("I like tea", BIKE, "what colour is my bike?", is_asking=True)
    assert all("bike" in reply and "tea" not in reply for reply in HONEST.settled(said, Notes))


def test_what_was_put_right_is_quoted_with_what_puts_it_right() -> None:
    told = ("I moved to Bath last year", "Sorry, scratch that, Bristol it is")
    found = Said([*told, "where did I move to?"]).recalled
    assert found
    assert any("Bristol" in clause.text for clause in found.clauses)
    found = Said([*told[:1], "We like it there.", "where did I move to?"]).recalled
    assert found
    assert not any("like it" in clause.text for clause in found.clauses)


@given(st.lists(st.text(max_size=60), max_size=4), st.text(max_size=60), st.sampled_from([None, True, False]))
def test_of_any_texts_only_what_was_said_is_recalled(told: list[str], question: str, is_asking: bool | None) -> None:
    found = Said([*told, question], is_asking=is_asking).recalled
    assert all(any(clause.text in message for message in told) for clause in (found.clauses if found else ()))
