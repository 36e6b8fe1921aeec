"""What a message does is told by its form, and what its mood adds by what the mood head makes of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from chatkit_generation.acts import ACTS, BAD, GOOD, KINDS, MOODY, act_alone, act_of, is_asking, kind_of
from chatkit_generation.names import names_in, own_name
from hypothesis import given
from hypothesis import strategies as st

MESSAGES = {
    "statement": (
        "I went to the park today",
        "this is boring",
        "no, I was at home",
        "We had rain all day",
        "I'm tired",
    ),
    "answer": ("with a colleague", "Leeds", "two days", "hello", "😀", "!!!", " ", ""),
    "introduction": ("My name is Tom", "I'm Anna", "Call me Ishmael.", "my name is anna", "I'm Al, by the way"),
    "naming": ("The cats are called Miso and Pickle", "we named him Rex"),
    "plan": ("I will call her tomorrow", "im gonna bake a cake", "going to the gym later", "maybe tomorrow"),
    "hope": ("I hope she gets better", "Wish me luck", "hopefully it works"),
    "agree": ("yes", "ok sure", "that makes sense", "You are right", "Maybe so."),
    "reject": ("no", "Not really.", "nope", "no thanks"),
    "laugh": ("haha", "lol that's funny", "Hahaha!"),
    "unsure": ("I don't know", "idk", "no idea tbh", "not sure yet"),
    "sound": ("hmm", "oh wow", "Aww..."),
    "leaving": ("I have to go now", "bye", "good night", "see you tomorrow", "have a nice day"),
    "thanks": ("thanks", "Thank you so much!", "cheers", "thx"),
    "choice": ("Would you go for chocolate or lemon?", "tea or coffee?", "I can't decide between Italy and Spain"),
    "advice": ("Should I call her?", "What should I wear", "how do I fix it?", "any tips?", "help me with my homework"),
    "opinion": ("What do you think?", "how do you feel about it"),
    "personal": ("Are you a robot?", "where do you live", "do you like it", "how are you?"),
    "directive": (
        "Tell me a joke",
        "please set a timer",
        "can you call mum",
        "I'd love to hear a joke",
        "I need a recipe for soup",
    ),
    "praise": ("You are lovely", "your jokes are bad"),  # which of both it is its mood says
    "meaning": ("What do you mean by that?", "I don't follow you at all", "explains what lol", "you've muddled me up"),
    "why": ("why?", "But why not?", "really?", "how come"),
    "question": (
        "what time is it",
        "Who wrote Hamlet?",
        "is it raining",
        "I wonder what it costs",
        "do they sell bread",
    ),
}


@pytest.mark.parametrize(("act", "text"), [(act, text) for act, texts in MESSAGES.items() for text in texts])
def test_the_form_of_a_message_tells_its_act(act: str, text: str) -> None:
    assert act_of(text) == act


def test_each_act_but_the_one_that_only_its_mood_tells_is_in_the_table() -> None:
    assert {*ACTS} - {*MESSAGES} == {"complaint"}


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("im gonna bake a cake", "I'm going to bake a cake."),
        ("I don’t know", "I don't know"),
        ("DO U LIKE IT", "do you like it?"),
        ("idk", "I do not know"),
        ("why ?!", "why"),
    ],
)
def test_what_is_typed_in_many_ways_is_one_act(typed: str, meant: str) -> None:
    assert act_of(typed) == act_of(meant)


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("what time is it", True),
        ("is it raining", True),
        ("and how is she", True),
        ("it is raining", False),
        ("", False),
    ],
)
def test_a_question_is_one_without_its_mark(said: str, asks: bool) -> None:
    assert is_asking(said) == asks


@pytest.mark.parametrize(
    ("text", "mood", "kind"),
    [
        ("I slept badly", {"negative": 0.8}, "statement.bad"),
        ("I slept badly", {"negative": 0.6}, "statement"),
        ("I did not sleep", {"negative": 0.5}, "statement.bad"),  # what is denied is sooner bad
        ("We won", {"positive": 0.8}, "statement.good"),
        ("We won", {"positive": 0.5}, "statement"),
        ("We won!", {"positive": 0.5}, "statement.good"),
        ("I'll move out", {"negative": 0.8}, "plan.bad"),
        ("I'll move in", {"positive": 0.8}, "plan.good"),
        ("all alone", {"negative": 0.8}, "answer.bad"),
        ("two days", {"positive": 0.9}, "answer.good"),
        ("You are lovely", {"positive": 0.9}, "praise"),
        ("You are useless", {"negative": 0.9}, "complaint"),
        ("You are tall", {}, "statement"),
        ("he sings", {}, "statement.he"),
        ("and then she left", {}, "statement.she"),
        ("he fell", {"negative": 0.9}, "statement.bad"),
        ("Should I go?", {"negative": 0.9}, "advice"),
        ("I hope so much", {"positive": 0.9}, "hope"),
        ("thanks", {"positive": 0.9}, "thanks"),
    ],
)
def test_what_is_told_or_planned_is_bad_or_good_where_that_is_sure(
    text: str, mood: Mapping[str, float], kind: str
) -> None:
    assert kind_of(text, mood) == kind


@pytest.mark.parametrize(
    ("text", "mood", "kind"),
    [
        ("We lost her", {}, "statement.sad"),
        ("We lost her", {"negative": 0.9}, "statement.sad"),
        ("We lost her", {"positive": 0.9}, "statement.good"),
        ("she died", {}, "statement.sad"),
        ("all alone", {}, "answer.sad"),
        ("Should I go?", {}, "advice"),
    ],
)
def test_sad_words_make_sad_what_is_not_good(text: str, mood: Mapping[str, float], kind: str) -> None:
    assert kind_of(text, mood, sad=True) == kind


def test_the_act_of_a_kind_is_one_of_the_acts() -> None:
    assert {act_alone(kind) for kind in KINDS} == {*ACTS}
    assert len({*KINDS}) == len(KINDS)
    assert {kind for kind in KINDS if kind.endswith(".bad")} == {f"{act}.bad" for act in MOODY}


@given(st.text(max_size=120))
def test_any_text_has_an_act(text: str) -> None:
    assert act_of(text) in ACTS


@given(
    st.lists(st.sampled_from([word for texts in MESSAGES.values() for word in " ".join(texts).split()]), max_size=8),
    st.sampled_from([{}, {"negative": BAD}, {"positive": GOOD}, {"negative": 0.5, "positive": 0.5}]),
    st.booleans(),
)
def test_any_words_are_of_a_kind_whose_act_is_their_act(words: list[str], mood: Mapping[str, float], sad: bool) -> None:
    text = " ".join(words)
    kind = kind_of(text, mood, sad=sad)
    assert kind in KINDS
    is_plain = act_of(text) == "praise" or (sad and act_of(text) in ("naming", "introduction"))
    assert act_alone(kind) == act_of(text) or is_plain


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["! ", "? ", "what ", "ha ", "hm", "my name is Al ", "i hope ", "so what order ", "x"])
def test_a_megabyte_of_the_same_is_read_by_its_beginning(part: str) -> None:
    text = part * (1_000_000 // len(part))
    assert act_of(text) == act_of(text[:2000])
    assert kind_of(text, {"negative": 0.6}) in KINDS
    assert own_name(text) == own_name(text[:2000])
    assert names_in(text) == names_in(text[:2000])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Élodie", "Élodie"),
        ("my name's tom", "Tom"),
        ("I'm Sarah by the way", "Sarah"),
        ("Her name is Rosa", ""),
        ("my sister's name is Ana", ""),
        ("call me later", ""),
        ("My name is not important", ""),
        ("my name is the same", ""),
        ("I'm French.", ""),
        ("hi, i'm karen", "Karen"),
        ("i'm karen, nice to meet you", "Karen"),
        ("i'm leo, i study biology, second year", "Leo"),
        ("i'm tired, i work as a nurse", ""),
        ("hi, i'm bored", ""),
    ],
)
def test_only_the_user_s_own_name_is_one(text: str, name: str) -> None:
    assert own_name(text) == name


def test_to_be_off_work_is_not_to_leave() -> None:
    assert act_of("i'm off") == act_of("ok i'm off to bed") == "leaving"
    assert act_of("anyway, i'm off this weekend so i might go fishing") == "plan"
