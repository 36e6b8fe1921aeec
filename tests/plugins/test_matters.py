"""What is said of a matter: found by its cues, by what the message does, nothing twice while more is left."""

from __future__ import annotations

import json
import tomllib
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from chatkit_generation.acts import kind_of
from chatkit_generation.attending import Attended, attended, is_weak
from chatkit_generation.finding import Fit
from chatkit_generation.focus import focus_of
from chatkit_generation.matters import KEYS, Found, Matter, Matters, table_of, unread
from chatkit_generation.storing import open_table
from hypothesis import given
from hypothesis import strategies as st

FILES: dict[str, dict[str, Any]] = {
    "pets.toml": {
        "sets": {"pet": "dog cat"},
        "limping": {
            "cues": ["@pet + limp*", "@pet + limp* + badly/still"],
            "told": ["Poor thing. Is it the same leg all the time?", "How do they cope with stairs?"],
            "more": ["Does it trouble them much?"],
            "advice": ["Rest for a day or two, then the vet."],
        },
        "pet": {
            "cues": ["@pet"],
            "unless": ["hot dog"],
            "you": ["I have no pets."],
            "told": ["A pet, then."],
            "tips": ["Be patient."],
        },
    },
    "jokes.toml": {"joke": {"cues": ["joke + cat/dog"], "ask": ["One cat, please.", "Two dogs walk in."]}},
}
SHIPPED = sorted((Path(__file__).parents[2] / "docs" / "recipes" / "default" / "matters").glob("*.toml"))
LONGEST = 420  # characters of a text that is given, of any other reply 240


def opened(files: dict[str, dict[str, Any]]) -> Matters:
    data = table_of(files)
    matters = Matters(len(data))
    matters.learn(data)
    return matters


MATTERS = opened(FILES)


def said(*turns: str) -> Attended | None:
    """What may be said after turns, the user's and the assistant's in turn."""
    text, focus = turns[-1], focus_of(turns[-1])
    kind = kind_of(focus.text, {}, act=focus.act)
    return attended(MATTERS, focus, text, turns[:-1], kind, range)


def lines(*turns: str) -> list[str]:
    found = said(*turns)
    return list(found.replies) if found else []


def test_the_cue_that_says_most_wins() -> None:
    assert [found.matter.name for found in MATTERS.found("my dog limps")] == ["limping", "pet"]
    assert MATTERS.found("a hot dog, please") == []


def test_what_is_said_depends_on_what_the_message_does() -> None:
    limping = FILES["pets.toml"]["limping"]
    assert lines("My dog has been limping badly since Sunday.") == limping["told"]
    assert lines("What should I do, my dog is limping?") == limping["advice"]
    assert lines("do you like my dog?") == ["I have no pets."]
    assert lines("how to train a dog?") == ["Be patient."]
    assert lines("should I train my dog?") == []
    assert lines("tell me a joke about a cat") == FILES["jokes.toml"]["joke"]["ask"]


def test_nothing_is_said_twice() -> None:
    first, second = FILES["pets.toml"]["limping"]["told"]
    assert lines("my dog limps", first, "the dog still limps a lot") == [second]
    more = FILES["pets.toml"]["limping"]["more"]
    assert lines("my dog limps", first, "x", second, "the dog still limps a lot") == more
    assert lines("my dog limps", first, "x", second, "y", more[0], "the dog still limps a lot") == []


@pytest.mark.parametrize(
    ("text", "words", "act", "weak"),
    [
        ("I saw the cat limp badly", 2, "statement", True),  # a word or two may be meant in another sense
        ("I saw the cat limp badly", 3, "statement", False),
        ("I saw the cat limp badly", 3, "plan", False),
        ("my cat limps", 2, "plan", True),
        ("is my cat ill?", 1, "question", False),  # what asks is short, and its share tells
        ("is my cat ill, do you think?", 1, "opinion", True),  # 1 of 7
        ("one two three four five", 1, "advice", False),  # a fifth
        ("one two three four five six", 1, "advice", True),
        (" ".join(["word"] * 15), 3, "statement", False),  # a fifth
        (" ".join(["word"] * 16), 3, "statement", True),
        ("", 0, "question", True),
    ],
)
def test_a_cue_that_takes_little_of_a_message_says_too_little(text: str, words: int, act: str, weak: bool) -> None:
    assert is_weak(Found(Matter("x", {}), Fit(1, words, 0)), text, act) == weak


def test_a_word_or_two_say_too_little_of_what_is_told() -> None:
    assert said("I saw a cat") is None
    assert said("my dog limps") is None
    assert lines("my dog limps badly") == FILES["pets.toml"]["limping"]["told"]


def test_where_the_assistant_only_listened_less_of_a_message_is_enough() -> None:
    text = " ".join(["my dog was limping badly", *["and so on it went"] * 3])  # 3 of 20 words
    told = FILES["pets.toml"]["limping"]["told"]
    assert said("hello", "Where was that?", text) is None
    assert lines("hello", "I see. Go on, I'm listening.", text) == told
    assert said("hello", "Go on, I'm listening.", f"{text} {text.replace('limping', 'lame')}") is None  # 3 of 40


def test_few_words_of_many_say_too_little_of_what_is_asked() -> None:
    assert lines("do you like my dog?") == ["I have no pets."]
    assert said("do you like it when people bring along a dog to the office?") is None


def test_what_a_question_leaves_open_was_said_before_it() -> None:
    advice = FILES["pets.toml"]["limping"]["advice"]
    assert lines("my dog was with me", "Oh?", "what can I do when somebody is limping?") == advice
    assert said("we had rain", "Oh?", "what can I do when somebody is limping?") is None
    assert said("my dog was with me", "Oh?", "and I was limping, by the way") is None  # it tells something of its own


def test_a_short_answer_goes_on_with_no_matter() -> None:
    question = FILES["pets.toml"]["limping"]["told"][0]
    assert said("my dog limps badly", question, "yes, always") is None
    assert said("my dog limps badly", question, "any advice?") is None


def test_another_one_is_given_of_what_was_given() -> None:
    assert lines("a joke about dogs, one with a cat", "One cat, please.", "another one") == ["Two dogs walk in."]


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a": {"x": {"cues": ["dog"]}}}, "a: x: must have cues and replies"),
        ({"a": {"x": {"told": ["Oh."]}}}, "a: x: must have cues and replies"),
        ({"a": {"x": {"cues": ["dog"], "tolt": ["Oh."]}}}, "a: x.tolt: did you mean told"),
        ({"a": {"x": {"cues": "dog", "told": ["Oh."]}}}, "a: x.cues: must be a list"),
        ({"a": {"x": {"cues": ["@fish"], "told": ["Oh."]}}}, "a: x: cue '@fish': there is no set"),
        ({"a": {"x": ["dog"]}}, "a: x: must be a table"),
        ({"a": {"sets": {"pet": ["dog"]}}}, "a: sets must be a table of words"),
        (
            {"a": {"x": {"cues": ["dog"], "told": ["Oh."]}}, "b": {"x": {"cues": ["cat"], "told": ["Ah."]}}},
            "b: x: there is a matter of this name already",
        ),
    ],
)
def test_what_is_no_matter_is_told(files: dict[str, dict[str, Any]], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        table_of(files)


def test_a_table_fits_its_room_and_is_read_again_where_it_is_loaded() -> None:
    data = table_of(FILES)
    with pytest.raises(ValueError, match="room for 10 bytes"):
        Matters(10).learn(data)
    empty = Matters(len(data))
    assert empty.found("my dog limps") == []
    empty.load_state_dict(MATTERS.state_dict())
    assert empty.found("my dog limps")
    assert empty.table.dtype == torch.uint8


def test_a_reply_belongs_to_the_last_matter_that_has_it() -> None:
    twice = {"a": {name: {"cues": [name], "told": ["Oh.", f"A {name}."]} for name in ("dog", "cat")}}
    matters = opened(twice)
    found = [matters.of_reply(text) for text in ("Oh.", "A dog.", "A cat.", "A", "dog", "")]
    assert [each and each.name for each in found] == ["cat", "dog", "cat", None, None, None]
    assert opened({}).of_reply("Oh.") is None


TABLE = table_of(FILES)
BODY = 12  # bytes before what is checked: the mark and the checksum


def test_a_table_of_the_old_layout_is_refused_with_what_fills_it() -> None:
    old = json.dumps(FILES).encode()
    matters = Matters(len(old) + 10)
    with pytest.raises(
        ValueError, match=r"old layout; fill it anew with: python docs/recipes/default/matters\.py MODEL$"
    ):
        matters.learn(old)
    with pytest.raises(ValueError, match="old layout"):
        matters.load_state_dict({"table": torch.frombuffer(bytearray(old + b"\0" * 10), dtype=torch.uint8)})


def test_what_may_be_of_an_old_layout_is_loaded_unread_and_told_when_it_is_asked() -> None:
    matters = Matters(10)
    with unread():
        matters.load_state_dict({"table": torch.full((10,), ord("{"), dtype=torch.uint8)})
    with pytest.raises(ValueError, match="old layout"):
        matters.found("my dog limps")


@given(st.integers(0, len(TABLE) - 1), st.integers(1, 255))
def test_a_damaged_table_is_told_where_it_is_taken_over(place: int, change: int) -> None:
    matters = opened(FILES)
    damaged = bytearray(TABLE)
    damaged[place] ^= change
    for data in (bytes(damaged), TABLE[: place + 1] if place < len(TABLE) - 2 else b"?"):
        with pytest.raises(ValueError, match=r"matters is (damaged, or none|of an old layout).*; fill it anew with: "):
            matters.learn(data)
    assert matters.found("my dog limps")  # nothing was taken over


@given(st.lists(st.tuples(st.integers(BODY, len(TABLE) - 1), st.integers(0, 255)), min_size=1, max_size=4))
def test_a_foreign_table_is_refused_or_holds(changes: list[tuple[int, int]]) -> None:
    foreign = bytearray(TABLE)
    for place, value in changes:
        foreign[place] = value
    foreign[BODY - 4 : BODY] = zlib.crc32(foreign[BODY:]).to_bytes(4, "little")
    try:
        open_table(np.frombuffer(foreign, np.uint8), len(KEYS))
    except ValueError:
        return
    matters = Matters(len(foreign))
    matters.learn(bytes(foreign))
    for text in ("my dog limps", "a cat joke", "hot dog", "joke about a dog", *FILES["pets.toml"]["limping"]["told"]):
        matters.found(text)
        matters.found(text, "my dog", 3)
        matters.of_reply(text)


@given(st.text(max_size=300))
def test_any_text_is_attended_to(text: str) -> None:
    said("my dog limps", "How do they cope with stairs?", text)


@pytest.fixture(scope="module")
def shipped() -> dict[str, dict[str, Any]]:
    return {path.name: tomllib.loads(path.read_text(encoding="utf-8")) for path in SHIPPED}


def test_what_ships_is_well_formed(shipped: dict[str, dict[str, Any]]) -> None:
    matters = opened(shipped)
    assert matters.found("my dog has been limping since Sunday")


def test_what_ships_has_replies_of_a_readable_length_and_none_in_two_lists(shipped: dict[str, dict[str, Any]]) -> None:
    for file, content in shipped.items():
        for name, matter in content.items():
            if name == "sets":
                continue
            for key in KEYS:
                for line in matter.get(key, ()):
                    assert line == line.strip(), (file, name)
                    assert len(line) <= (LONGEST if key in ("ask", "question", "advice", "more") else 240), (name, line)
