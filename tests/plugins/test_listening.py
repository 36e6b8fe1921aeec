"""What is said to a message that nothing like it is known of: by kind and form, nothing twice while more is left."""

from __future__ import annotations

import random
import tomllib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from chatkit_generation.acts import ACTS, KINDS
from chatkit_generation.asked import QUESTIONS
from chatkit_generation.listening import Listening, listening_of, replies_of, taken_up
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
    "forms": {
        "leads": {"bad": ["Oh no."]},
        "must": {"cues": "\\bi must\\b", "replies": ["When does it have to be done by?", "How big a job is it?"]},
        "told": {"cues": "\\bshe says\\b", "replies": ["Do you agree?"]},
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


def test_what_is_told_is_asked_on_by_its_form_behind_a_word_on_its_mood() -> None:
    must = TABLE["forms"]["must"]["replies"]
    assert said("I must paint the whole fence") == must
    assert said("I must paint the whole fence", before=must[0]) == must[1:]
    assert said("I must go, she says, and soon", before=" ".join(must)) == ["Do you agree?"]
    assert said("I must paint the whole fence", {"negative": 0.9}) == [f"Oh no. {reply}" for reply in must]
    assert said("I must paint the whole fence", sad=True) == TABLE["statement"]


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("with a colleague", "With a colleague, I see."),
        ("and with a colleague", "With a colleague, I see."),
        ("so, maybe on friday!", "On friday, I see."),
        ("  two days.  ", "Two days, I see."),
        ("Leeds", ""),  # one word says too little
        ("at my house", ""),  # whose it is would be turned round
        ("one two three four five", ""),
        ("the " + "x" * 80, ""),
        ("😀 indeed", ""),
        ("well", ""),
        ("", ""),
    ],
)
def test_a_few_words_are_taken_up_as_they_are(text: str, reply: str) -> None:
    assert taken_up(text) == ([reply] if reply else [])


def test_an_answer_is_taken_up_now_and_then() -> None:
    assert said("with a colleague") == TABLE["answer"]
    taken = "With a colleague, I see."
    assert LISTENING.replies("with a colleague", {}, "", last) == [taken]
    assert LISTENING.replies("with a colleague", {}, taken, last) == TABLE["answer"]
    assert LISTENING.replies("Leeds", {}, "", last) == TABLE["answer"]


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
        ({"forms": 5}, "listening.forms must be a table of forms, got 5"),
        ({"forms": {"must": {"replies": ["a"]}}}, "listening.forms.must must have cues, a text, and replies"),
        ({"forms": {"leads": {"sadly": ["a"]}}}, "listening.leads: no mood 'sadly'; did you mean sad?"),
    ],
)
def test_a_bad_option_is_told_in_one_line(option: Any, message: str) -> None:
    with pytest.raises(ValueError) as raised:
        listening_of(option)
    assert str(raised.value) == message


def test_replies_are_a_list_of_texts() -> None:
    assert replies_of(["a", "b"], "said") == ("a", "b")
    assert replies_of((), "said") == ()
    with pytest.raises(ValueError, match=r"^said must be a list of replies, got 'a'$"):
        replies_of("a", "said")


def test_the_shipped_table_has_replies_to_each_act(shipped: dict[str, Any]) -> None:
    listening = listening_of(shipped)
    assert {*ACTS} <= {*listening.kinds} <= {*KINDS}
    assert all(listening.kinds.values())
    assert all(replies for _, replies in listening.forms.values())


def test_no_shipped_reply_is_long_or_doubled_within_its_kind(shipped: dict[str, Any]) -> None:
    listening = listening_of(shipped)
    forms = [(name, replies) for name, (_, replies) in listening.forms.items()]
    for name, lines in [*listening.kinds.items(), *listening.asked.items(), *forms]:
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
    text=st.text(max_size=80) | st.sampled_from(["I'm Anna", "the cat is called Rex", "We won!", "two days"]),
    mood=st.dictionaries(st.sampled_from(["negative", "positive"]), st.floats(0, 1)),
    before=st.text(max_size=80),
    sad=st.booleans(),
    seed=st.integers(0, 99),
)
def test_any_text_is_listened_to(
    listening: Listening, text: str, mood: dict[str, float], before: str, sad: bool, seed: int
) -> None:
    replies = listening.replies(text, mood, before, shuffled(seed), sad=sad)
    assert replies
    assert all(reply.strip() and "{name}" not in reply for reply in replies)


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
