"""Blanks of templated dialogues: names are filled, directions taken out, other blanks leave the dialogue out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chatkit_generation import Generation

from chatkit.data.blanks import NAMES, fill_blanks
from chatkit.training.reading import training_records
from chatkit.training.recipe import HeadConfig, Recipe, SourceConfig


def dialogue(*texts: str) -> dict[str, object]:
    return {"turns": [{"speaker": "AB"[i % 2], "text": text} for i, text in enumerate(texts)]}


def said(*texts: str) -> list[str]:
    filled = fill_blanks(dialogue(*texts))
    assert filled is not None
    return [turn["text"] for turn in filled["turns"]]


@pytest.mark.parametrize(
    ("first", "second", "both"),
    [
        ("[user 1's name]", "[user 2's name]", "[user 1's name]"),
        ("(User 1)", "(user 2 name)", "(User 1)"),
        ("User 1", "[user2]", "user1"),
        ("[name]", "(name)", "[your name]"),
    ],
)
def test_each_speaker_keeps_one_name(first: str, second: str, both: str) -> None:
    one, two, three = said(f"Hi, I'm {first}.", f"My name is {second}.", "Well met.")[:3]
    own, other = one[len("Hi, I'm ") : -1], two[len("My name is ") : -1]
    assert {own, other} <= set(NAMES)
    assert (own != other, three) == (True, "Well met.")
    again = said(f"Hi, I'm {first}.", f"Nice to meet you, {both}. I'm {second}.")
    assert again[0][len("Hi, I'm ") : -1] == again[1].split(", ")[1].split(".")[0]


def test_names_hang_on_the_content_alone() -> None:
    assert said("I'm [user 1].", "Hello.") == said("I'm [user 1].", "Hello.")
    assert len({said("I'm [user 1].", f"Hello {i}.")[0] for i in range(20)}) > 5


def test_directions_are_taken_out_and_other_blanks_leave_the_dialogue_out() -> None:
    assert said("See you. [A week later] Hi!", "Wait (user 1 runs to user 2) there you are.") == [
        "See you. Hi!",
        "Wait there you are.",
    ]
    assert fill_blanks(dialogue("I'm from [country].", "Me too.")) is None
    assert fill_blanks(dialogue("I like [user 1's hobby].", "Me too.")) is None


def test_what_has_no_blank_stays_as_it_is() -> None:
    plain = dialogue("I <3 you (really) :[", "a user 's guide, person to person")
    assert fill_blanks(plain) == plain
    assert fill_blanks({"text": "[country]"}) == {"text": "[country]"}


def test_a_source_of_the_recipe_asks_for_it(tmp_path: Path) -> None:
    rows = [dialogue("I'm [user 1].", "Hello."), dialogue("In [country]?", "Yes."), dialogue("Hi.", "Hello.")]
    (tmp_path / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    (tmp_path / "dev.jsonl").write_text(json.dumps(rows[0]) + "\n", encoding="utf-8")
    heard: list[str] = []
    for blanks, count in (("keep", 3), ("fill", 2)):
        config = HeadConfig((SourceConfig(str(tmp_path), blanks=blanks),))  # type: ignore[arg-type]
        records = training_records(Generation, config, Recipe({"generation": config}), heard.append)
        assert len(records) == count
    assert "[" not in json.dumps(records)[1:-1].replace('"turns": [', "")
    assert heard == [f"generation: 2 records of {tmp_path.name} had blanks to fill in, 1 of them left out"]
