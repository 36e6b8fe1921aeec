"""Of a message that says several things, what is asked is answered, else what is told last."""

from __future__ import annotations

import pytest
from chatkit_generation.acts import ACTS
from chatkit_generation.focus import LONGEST, clauses, focus_of, is_lead, is_open, told_last
from hypothesis import given
from hypothesis import strategies as st

WORDS = "thanks! hi. any ideas? what should i do? my dad is ill. bye. lol why? really? no. ok. :( it was but nice"


@pytest.mark.parametrize(
    ("message", "text", "act"),
    [
        ("thanks! I got the job. any tips for the first day?", "any tips for the first day?", "advice"),
        ("What is the capital of France? I need it for school.", "What is the capital of France?", "question"),
        ("I got a job! What should I wear? I am so nervous.", "What should I wear?", "advice"),
        ("Can you add milk? I hate shopping.", "Can you add milk?", "directive"),
        ("I'm bored. tell me a joke", "tell me a joke", "directive"),
        ("Hello! How are you?", "How are you?", "personal"),
        ("How are you? I am fine.", "How are you?", "personal"),
        ("Do you like cats? Why?", "Do you like cats?", "personal"),
        ("you ok? i heard you", "you ok?", "personal"),
        ("bye! wait, what is the time?", "wait, what is the time?", "question"),
    ],
)
def test_what_is_asked_is_answered(message: str, text: str, act: str) -> None:
    focus = focus_of(message)
    assert (focus.text, focus.act, focus.asks) == (text, act, True)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("I have a headache. Any ideas?", "I have a headache. Any ideas?"),
        ("thanks. my boss yelled at me. what should i do", "my boss yelled at me. what should i do"),
        ("My dad is ill. I don't know what to do. Can you help me?", "My dad is ill. Can you help me?"),
        ("My exam went well! Thanks for the tips. What now?", "My exam went well! What now?"),
        ("I'm fine, thanks. And you?", "I'm fine, thanks. And you?"),
        ("Please help me. I am lost.", "I am lost. Please help me."),
        ("what should i do? my boss hates me.", "my boss hates me. what should i do?"),
        ("Should I call her? What do you think?", "Should I call her? What do you think?"),
        ("Should I wear red? Or blue?", "Should I wear red? Or blue?"),
        ("wow. cool. so what now?", "so what now?"),
    ],
)
def test_what_says_not_of_what_it_asks_goes_with_what_was_told(message: str, text: str) -> None:
    assert focus_of(message).text == text
    assert focus_of(message).asks


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("haha no. I was at home.", "I was at home."),
        ("the back pain? yes, every day", "yes, every day"),
        ("My cat? She is fine.", "She is fine."),
        ("I'm sad. My dog died. Thank you for listening.", "My dog died."),
        ("I lost my job. lol.", "I lost my job."),
        ("I am sad. :(", "I am sad."),
        ("I am sad. 😢", "I am sad."),
        ("Hi! I'm from Leeds. Nice to meet you!", "I'm from Leeds."),
        ("Really? I did not know.", "I did not know."),
    ],
)
def test_what_is_told_last_is_answered_where_nothing_is_asked(message: str, text: str) -> None:
    focus = focus_of(message)
    assert focus.text == text
    assert not focus.asks


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("Guess what? I won!", "I won!"),
        ("You know what? I quit my job.", "I quit my job."),
        ("I got the job. Can you believe it?", "I got the job."),
        ("I got the job! Isn't that great?", "I got the job!"),
        ("It's raining again. Typical, huh?", "It's raining again."),
        ("Why me? I never did anything wrong.", "I never did anything wrong."),
        ("Who knows? I don't mind.", "I don't mind."),
        ("How nice! I love it.", "I love it."),
        ("What a day! I'm so tired.", "I'm so tired."),
    ],
)
def test_what_only_has_the_form_of_a_question_is_not_answered(message: str, text: str) -> None:
    assert focus_of(message).text == text
    assert not focus_of(message).asks


@pytest.mark.parametrize(
    "message", ["I have to go now. Bye!", "It was nice. I have to go. See you!", "ok bye. thanks!"]
)
def test_who_leaves_is_taken_leave_of(message: str) -> None:
    assert focus_of(message).act == "leaving"


def test_what_else_is_said_is_kept_in_its_order() -> None:
    assert focus_of("thanks! I got the job. any tips for the first day?").others == ["thanks!", "I got the job."]
    assert focus_of("I got up. what should I wear? it is cold.").others == ["I got up.", "it is cold."]
    assert focus_of("I got the job").others == ()


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("I like it but I am tired of it", "I am tired of it"),
        ("it was ok, but then my car broke down", "my car broke down"),
        ("it was fun but at least we got home in time", "we got home in time"),
        ("nothing but rain all day long", "nothing but rain all day long"),
        ("it was fine but cold", "it was fine but cold"),
        ("hm. it was nice but the food was cold. Thanks!", "the food was cold."),
    ],
)
def test_the_mood_stands_behind_a_but(message: str, told: str) -> None:
    assert told_last(message) == told


def test_open_questions_leads_and_clauses_are_told_by_their_words() -> None:
    assert is_open("any ideas?")
    assert not is_open("any ideas for dinner?")
    assert is_lead("hi there!")
    assert is_lead("...")
    assert not is_lead("hi, it rains")
    assert clauses("well, my sister is ill today, and it has been raining") == [
        "my sister is ill today",
        "and it has been raining",
    ]


def test_of_a_long_message_the_question_at_its_end_is_read() -> None:
    long = "My boss yelled at me today. " * 200
    assert focus_of(f"{long}What should I wear tomorrow?").text == "What should I wear tomorrow?"


@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS.split()), max_size=20).map(" ".join)))
def test_any_message_has_a_part_of_it_to_be_answered(message: str) -> None:
    focus = focus_of(message)
    assert focus.act in ACTS
    assert all(part in message for part in (*focus.others, *focus.text.split("? ")[:1] * (not focus.asks)))
    assert len(focus.text) <= len(message)
    assert told_last(message) in focus.text
    assert isinstance(is_open(message), bool)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["! ", "? ", "what ", "but ", "x", "hi. ", "any ideas? ", "I won. ", " "])
def test_a_megabyte_of_the_same_is_read_in_part(part: str) -> None:
    text = part * (1_000_000 // len(part))
    focus = focus_of(text)
    assert len(focus.text) + sum(map(len, focus.others)) <= LONGEST
    assert len(told_last(text)) <= LONGEST
