"""What is said to a message that nothing like it is known of: by its kind, nothing twice while more is left."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from chatkit_generation.acts import ACTS, KINDS
from chatkit_generation.asked import QUESTIONS
from chatkit_generation.listening import Listening, invites, listening_of, replies_of
from chatkit_generation.names import names_in, own_name
from hypothesis import given
from hypothesis import strategies as st

TABLE: dict[str, Any] = {
    "statement": ["I see. Tell me more?", "Go on?", "And then?"],
    "statement.bad": ["Oh dear."],
    "statement.he": ["What is he like?"],
    "answer": ["Ah, I see."],
    "plan": ["What comes first?"],
    "introduction": ["Hello {name}!", "Nice to meet you, {name}."],
    "naming": ["{name}, nice."],
    "asked": {
        "long": ["That tells me more."],
        "long.bad": ["So long?"],
        "offer.yes": ["Go ahead."],
        "who": ["Good company?"],
    },
}
LISTENING = listening_of(TABLE)
SHIPPED = Path(__file__).parents[2] / "docs" / "recipes" / "default" / "listening.toml"
LONGEST = 110  # characters of a reply


def first(count: int) -> Sequence[int]:
    return range(count)


def last(count: int) -> Sequence[int]:
    return range(count)[::-1]


def shuffled(seed: int) -> Callable[[int], Sequence[int]]:
    return lambda count: random.Random(seed).sample(range(count), count)


def said(text: str, mood: Mapping[str, float] | None = None, before: str = "", *, sad: bool = False) -> list[str]:
    return LISTENING.replies(text, mood or {}, before, first, sad=sad)


@pytest.fixture(scope="module")
def shipped() -> dict[str, Any]:
    return tomllib.loads(SHIPPED.read_text(encoding="utf-8"))


def test_what_is_said_fits_the_act_and_the_mood() -> None:
    assert said("We had rain all day") == TABLE["statement"]
    assert said("We had rain all day", {"negative": 0.9}) == TABLE["statement.bad"]
    assert said("he sings all day") == TABLE["statement.he"]


def test_of_a_kind_without_replies_those_of_its_act_are_said_or_plain_ones() -> None:
    assert said("I'll move out", {"negative": 0.9}) == TABLE["plan"]
    assert said("she sings all day") == TABLE["statement"]
    assert said("Should I call her?") == TABLE["statement"]
    assert listening_of({}).replies("We had rain", {}, "", first) == []


@pytest.mark.parametrize(
    ("text", "answered", "mood", "reply"),
    [
        ("about three years", "I see. How long have you had it?", {}, "That tells me more."),
        ("since we moved here, I think", "How long?", {"positive": 0.9}, "That tells me more."),
        ("far too long", "I see. How long have you had it?", {"negative": 0.9}, "So long?"),
        ("yes", "Do you want to talk about it?", {}, "Go ahead."),
        ("my cat", "Who is it?", {}, "Good company?"),
    ],
)
def test_an_answer_to_a_question_gets_what_fits_the_question(
    text: str, answered: str, mood: Mapping[str, float], reply: str
) -> None:
    assert LISTENING.replies(text, mood, "", first, answered=answered) == [reply]
    assert LISTENING.replies(text, mood, reply, first, answered=answered) != [reply]


@pytest.mark.parametrize(
    ("text", "answered", "sad"),
    [
        ("about three years", "I have had it for long.", False),  # asks nothing
        (" ".join(["We had rain all day"] * 9), "How long?", False),
        ("What do you think?", "How long?", False),
        ("the whole year", "How long?", True),
        ("yes", "How long?", False),  # no such answer
        ("no", "Do you want to talk about it?", False),
    ],
)
def test_what_is_no_answer_gets_what_it_would_get_anyway(text: str, answered: str, sad: bool) -> None:
    plain = LISTENING.replies(text, {}, "", first, sad=sad)
    assert LISTENING.replies(text, {}, "", first, sad=sad, answered=answered) == plain


def test_what_was_said_before_is_not_said_while_any_is_left() -> None:
    lines = TABLE["statement"]
    assert said("We had rain all day", before=lines[0]) == lines[1:]
    assert said("We had rain all day", before=" ".join(lines[:2])) == lines[2:]
    assert said("We had rain all day", before=" ".join(lines)) == lines


@given(
    st.sampled_from(["We had rain all day", "my cat likes the office", "Leeds", "with a colleague", "I'm Anna", "hm"]),
    st.integers(0, 99),
)
def test_in_a_whole_conversation_nothing_is_doubled_while_any_is_left(text: str, seed: int) -> None:
    heard: list[str] = []
    drawn = shuffled(seed)
    while (reply := LISTENING.replies(text, {}, "\n".join(heard), drawn)[0]) not in heard:
        heard.append(reply)
    assert set(LISTENING.replies(text, {}, "", drawn)) <= {*heard}
    assert len(heard) < 10


def test_replies_come_in_an_order_that_is_drawn() -> None:
    assert LISTENING.replies("We had rain all day", {}, "", last) == TABLE["statement"][::-1]


NAMING: dict[str, Any] = {
    "statement": ["Go on?", "And then?"],
    "statement.bad": ["Oh dear."],
    "plan": ["What comes first?"],
    "naming": ["{name}, nice."],
    "question": ["No idea."],
    "echoed": ["Ah, {0}. Tell me more?", "{0}, you say.", "okay, {0}. Go on?"],
}


def named(text: str, mood: Mapping[str, float] | None = None, before: str = "", **options: Any) -> list[str]:
    return listening_of(NAMING).replies(text, mood or {}, before, last, **options)


def test_what_a_message_speaks_of_is_named_now_and_then() -> None:
    lines = ["Okay, your leeks. Go on?", "Your leeks, you say.", "Ah, your leeks. Tell me more?"]
    assert named("my leeks are up in rows") == lines
    assert listening_of(NAMING).replies("my leeks are up in rows", {}, "", first) == NAMING["statement"]
    assert named("my leeks, I will water them") == lines
    unnamed = listening_of({**NAMING, "echoed": []})
    assert unnamed.replies("my leeks are up in rows", {}, "", last) == NAMING["statement"][::-1]


@pytest.mark.parametrize(
    ("text", "mood", "sad", "replies"),
    [
        ("It rained all day", {}, False, NAMING["statement"][::-1]),  # nothing is sure to be spoken of
        ("my leeks are up in rows", {"negative": 0.9}, False, NAMING["statement.bad"]),  # its mood is met first
        ("my leeks are up in rows", {"positive": 0.9}, False, NAMING["statement"][::-1]),
        ("my leeks are up in rows", {}, True, NAMING["statement"][::-1]),
        ("are my leeks tasty or what", {}, False, NAMING["question"]),  # it asks
    ],
)
def test_what_has_a_mood_or_asks_is_not_met_by_naming_a_thing(
    text: str, mood: Mapping[str, float], sad: bool, replies: list[str]
) -> None:
    assert named(text, mood, sad=sad) == replies


def test_no_thing_and_no_frame_is_named_twice() -> None:
    assert named("my leeks are up in rows", before="how are your leeks?") == NAMING["statement"][::-1]
    assert named("my leeks are up in rows", before="Ah, your dog. Tell me more?") == [
        "Okay, your leeks. Go on?",
        "Your leeks, you say.",
    ]


def test_an_act_that_is_known_goes_before_the_form() -> None:
    text = "are my leeks tasty?"
    assert LISTENING.replies(text, {}, "", first, act="plan") == TABLE["plan"]
    assert LISTENING.replies("I'll move out", {}, "", first, act="statement") == TABLE["statement"]
    assert LISTENING.replies("I'll move out", {"negative": 0.9}, "", first, act="statement") == TABLE["statement.bad"]
    for act in ACTS:
        assert LISTENING.replies(text, {}, "", first, act=act)


def test_who_says_a_name_is_called_by_it() -> None:
    assert said("My name is Tom") == ["Hello Tom!", "Nice to meet you, Tom."]
    assert said("I'm Anna", before="Hello Anna!") == ["Nice to meet you, Anna."]
    assert said("The cats are called Miso and Pickle") == ["Miso and Pickle, nice."]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("My name is Tom", "Tom"),
        ("my name is anna", "Anna"),
        ("I'm Tom Baker from Leeds", "Tom Baker"),
        ("my name's O'Brien", "O'Brien"),
        ("I'm called Bob and I like tea", "Bob"),
        ("Call me Ishmael.", "Ishmael"),
        ("so im dan, just trying this out", "Dan"),
        ("ok it's Paul", "Paul"),
        ("im knackered, long day", ""),
        ("this is boring", ""),
        ("I'm Sorry", ""),
        ("i am tired", ""),
        ("The cats are called Miso and Pickle", ""),
        ("what is my name", ""),
        ("", ""),
    ],
)
def test_the_name_of_oneself_is_told_from_other_names(text: str, name: str) -> None:
    assert own_name(text) == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("The cats are called Miso and Pickle", "Miso and Pickle"),
        ("Their names are Al, Bo and Cy", "Al, Bo and Cy"),
        ("we named him Rex", "Rex"),
        ("it is called a mug", ""),
        ("", ""),
    ],
)
def test_the_names_of_others_are_all_told(text: str, names: str) -> None:
    assert names_in(text) == names


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (5, "listening must be a table of replies by the kind of message, got 5"),
        (None, "listening must be a table of replies by the kind of message, got None"),
        (["I see."], "listening must be a table of replies by the kind of message, got ['I see.']"),
        ({"statement": "I see."}, "listening.statement must be a list of replies, got 'I see.'"),
        ({"statement": None}, "listening.statement must be a list of replies, got None"),
        ({"statement": [5]}, "listening.statement must be a list of replies, got [5]"),
        ({"statement": ["I see.", " "]}, "listening.statement must be a list of replies, got ['I see.', ' ']"),
        ({"statment": ["I see."]}, "listening: no kind of message 'statment'; did you mean statement?"),
        ({"hope.bad": ["I see."]}, "listening: no kind of message 'hope.bad'; did you mean hope?"),
        ({"zzz": ["I see."]}, f"listening: no kind of message 'zzz'; there are: {', '.join(ACTS)}"),
        ({5: ["I see."]}, f"listening: no kind of message 5; there are: {', '.join(ACTS)}"),
        ({"asked": ["I see."]}, "listening.asked must be a table of replies by the kind of question, got ['I see.']"),
        ({"asked": {"long": "I see."}}, "listening.asked.long must be a list of replies, got 'I see.'"),
        ({"asked": {"lung.bad": ["a"]}}, "listening.asked: no kind of question 'lung.bad'; did you mean long.bad?"),
        ({"asked": {5: ["a"]}}, f"listening.asked: no kind of question 5; there are: {', '.join(QUESTIONS)}"),
        ({"about": 5}, "listening.about must be a table of matters, got 5"),
        ({"about": {"keys": {"replies": ["a"]}}}, "listening.about.keys must have cues, a text, and replies"),
        (
            {"about": {"keys": {"cues": "a", "replies": "a"}}},
            "listening.about.keys.replies must be a list of replies, got 'a'",
        ),
        (
            {"about": {"keys": {"cues": "(", "replies": ["a"]}}},
            "listening.about.keys.cues is no regular expression: missing ), unterminated subpattern at position 0",
        ),
        (
            {"reflected": {"plain": ["I see."]}},
            "listening.reflected.plain: {0} must stand in it once, and not first, got 'I see.'",
        ),
        ({"reflected": {"sadly": ["a"]}}, "listening.reflected: no mood 'sadly'; did you mean sad?"),
        ({"echoed": 5}, "listening.echoed must be a list of replies, got 5"),
        ({"echoed": "Ah, {0}."}, "listening.echoed must be a list of replies, got 'Ah, {0}.'"),
        ({"echoed": ["Ah, {0}.", ""]}, "listening.echoed must be a list of replies, got ['Ah, {0}.', '']"),
        ({"echoed": ["I see."]}, "listening.echoed: {0} must stand in it once, got 'I see.'"),
        ({"echoed": ["{0}?", "{0} and {0}"]}, "listening.echoed: {0} must stand in it once, got '{0} and {0}'"),
        ({"echoed": ["Ah, {name}."]}, "listening.echoed: {0} must stand in it once, got 'Ah, {name}.'"),
        ({"echoed": ["{0}, {name}."]}, "listening.echoed: {0} must stand in it once, got '{0}, {name}.'"),
    ],
)
def test_a_bad_option_is_told_in_one_line(option: Any, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        listening_of(option)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("reply", "only_listens"),
    [
        ("Go on, I'm listening.", True),
        ("Right, I'm with you. Tell me a bit more?", True),
        ("Let me hear the rest of it.", True),
        ("KEEP GOING!", True),
        ("Oh dear. Is it the same leg all the time?", False),
        ("Well done!", False),
        ("", False),
    ],
)
def test_a_reply_that_says_no_more_than_that_it_listens_is_known(reply: str, only_listens: bool) -> None:
    assert invites(reply) == only_listens


def test_parts_of_earlier_versions_are_left_out() -> None:
    old = {"forms": {"must": {"cues": "\\bi must\\b", "replies": ["By when?"]}}, "topics": {"x": 5}}
    assert listening_of({**TABLE, **old}) == LISTENING


def test_replies_are_a_list_of_texts() -> None:
    assert replies_of(["a", "b"], "said") == ("a", "b")
    assert replies_of((), "said") == ()
    with pytest.raises(ValueError, match=r"^said must be a list of replies, got 'a'$"):
        replies_of("a", "said")


def test_the_shipped_table_has_replies_to_each_act(shipped: dict[str, Any]) -> None:
    listening = listening_of(shipped)
    assert {*ACTS} <= {*listening.kinds} <= {*KINDS}
    assert all(listening.kinds.values())
    assert listening.echoed


def test_no_shipped_reply_is_long_or_doubled_within_its_kind(shipped: dict[str, Any]) -> None:
    listening = listening_of(shipped)
    for name, lines in [*listening.kinds.items(), *listening.asked.items(), ("echoed", listening.echoed)]:
        assert len({line.casefold().strip() for line in lines}) == len(lines), name
        assert not [line for line in lines if len(line) > LONGEST or line != line.strip()], name


def test_names_stand_only_where_one_is_known(shipped: dict[str, Any]) -> None:
    listening = listening_of(shipped)
    for name, lines in listening.kinds.items():
        assert name in ("introduction", "naming", "choice") or not [line for line in lines if "{" in line], name


@pytest.fixture(scope="module")
def listening(shipped: dict[str, Any]) -> Listening:
    return listening_of(shipped)


@given(
    text=st.text(max_size=80)
    | st.sampled_from(["I'm Anna", "the cat is called Rex", "We won!", "two days", "my leeks are up in rows"]),
    mood=st.dictionaries(st.sampled_from(["negative", "positive"]), st.floats(0, 1)),
    before=st.text(max_size=80),
    sad=st.booleans(),
    seed=st.integers(0, 99),
    act=st.sampled_from(["", *ACTS]),
)
def test_any_text_is_listened_to(
    listening: Listening, text: str, mood: dict[str, float], before: str, sad: bool, seed: int, act: str
) -> None:
    replies = listening.replies(text, mood, before, shuffled(seed), sad=sad, act=act)
    assert replies
    assert all(reply.strip() and "{name}" not in reply and "{0}" not in reply for reply in replies)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("part", ["! ", "and ", "cat ", "called Al, ", "my name is Al "])
def test_a_megabyte_of_the_same_is_listened_to_soon(part: str) -> None:
    assert said(part * (1_000_000 // len(part)))


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("is our conversation private?", "private"),
        ("So nobody else can read what I type here, not even the people who made you?", "private"),
        ("is what I write saved anywhere?", "private"),
        ("How can I delete this chat?", "deleting"),
        ("are there any other commands I should know?", "commands"),
        ("which key does that?", "commands"),
        ("And how do you actually work?", "working"),
        ("Do you think I should see a doctor, or just wait a few days?", "doctor"),
        ("I saw a doctor yesterday", ""),
        ("what do you like?", ""),
        ("my private life is dull", ""),
    ],
)
def test_questions_about_the_program_have_an_answer_of_their_own(listening: Listening, text: str, matter: str) -> None:
    assert listening.of_matter(text) == (listening.about[matter][1] if matter else ())


def test_what_was_told_is_said_back_now_and_then(listening: Listening) -> None:
    said = [
        listening.replies("My sister has moved to Leeds last week", {}, "", shuffled(seed))[0] for seed in range(30)
    ]
    assert any("your sister has moved to Leeds" in reply for reply in said)
    assert any("your sister has moved to Leeds" not in reply for reply in said)


def test_what_is_spoken_of_is_named_by_what_ships_now_and_then(listening: Listening) -> None:
    said = [listening.replies("my leeks are up in rows", {}, "", shuffled(seed))[0] for seed in range(30)]
    assert any("your leeks" in reply for reply in said)
    assert any("leeks" not in reply for reply in said)


def test_a_question_with_such_words_does_more_than_listen() -> None:
    assert invites("Okay. Tell me a bit more?")
    assert invites("Go on, I'm listening.")
    assert not invites("How long will it go on?")


@pytest.mark.parametrize("part", ["echoed", "reflected"])
def test_a_stray_bracket_is_refused(part: str) -> None:
    lines = ["Ah, {0}} nice"]
    with pytest.raises(ValueError, match=part):
        listening_of({part: lines if part == "echoed" else {"plain": lines}})
