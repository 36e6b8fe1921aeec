"""What the loaded assistant's objectives gave up for each other, in the chat and in lines."""

import json

import pytest
from test_plain import chat as chat  # a fixture

from chatkit.training.report.tradeoff_words import UNKNOWN, sections

PAIR = {"verdict": "conflict: cosine -0.120 ± 0.020", "cosine": -0.12, "shared_cosine": None}
FOUND = {
    "sweep": "many",
    "runs": 12,
    "split": "test",
    "objectives": ["generation", "sentiment"],
    "shown": {"generation": ["word_perplexity", "lower"], "sentiment": ["macro_f1", "higher"]},
    "here": {"losses": {"generation": 4.1, "sentiment": 0.8}, "metrics": {"generation": 120.0, "sentiment": 0.61}},
    "front": [
        {"name": name, "losses": {"generation": a, "sentiment": b}, "metrics": {"generation": c, "sentiment": d}}
        for name, a, b, c, d in (("sum-1-0", 4.0, 1.0, 110.0, 0.4), ("sum-0-1", 5.0, 0.7, 300.0, 0.64))
    ],
    "gave_up": {"sentiment": {"said": "sentiment: lost 0.030 macro-F1: macro-F1 0.610 here"}},
    "standing": {"said": "on the front: nothing that was measured is better"},
    "exchange": ["from here to sum-0-1: generation +180.0 perplexity (worse), sentiment +0.030 macro-F1 (better)"],
}
REPORT = {
    "tradeoff": FOUND,
    "objectives": {"pairs": {"generation/sentiment": PAIR}, "objectives": {"generation": {"self_cosine": 0.31}}},
    "dial": {"why": "not offered, for there is no front: sentiment gains nothing beyond noise", "offered": False},
}


def folder_with(report, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "assistant.toml").write_text("")
    (folder / "report.json").write_text(json.dumps(report))
    return folder


def test_the_place_among_the_front_is_marked_in_order():
    lines = dict(sections(REPORT))["Where this assistant stands"]
    names = [line.split()[0] for line in lines[2:5]]
    assert names == ["sum-1-0", ">", "sum-0-1"]
    assert lines[3].split()[-2:] == ["120.0", "0.610"]
    assert "12 runs of the sweep many" in lines[-1]


@pytest.mark.parametrize("report", [{}, {"objectives": {}}, {"training": {"steps": 3}}])
def test_a_report_without_data_says_how_to_get_them(report):
    said = dict(sections(report))
    assert said["What each objective gave up against being trained alone"] == list(UNKNOWN)
    assert "chatkit sweep" in " ".join(UNKNOWN)


async def test_the_chat_says_what_was_given_up(drive, tmp_path):
    async with drive(model=str(folder_with(REPORT, tmp_path))) as chat:
        await chat.ready()
        await chat.enter("/tradeoff")
        await chat.sees("lost 0.030 macro-F1", "on the front", "> this assistant", "sum-0-1: generation +180.0")
        await chat.sees("generation and sentiment: conflict: cosine -0.120", "noise floor", "generation +0.31")
        await chat.sees("not offered, for there is no front")


async def test_the_shipped_assistant_says_what_it_knows(drive):
    async with drive() as chat:
        await chat.ready()
        await chat.enter("/tradeoff")
        await chat.sees("Not known: this assistant was never held against", "objectives.sweep=SWEEP", "pull against")


def test_lines_say_the_same(chat):
    done = chat(b"/tradeoff\n")
    lines = done.stdout.decode().splitlines()
    assert lines[0] == "chatkit: What each objective gave up against being trained alone"
    assert lines[1] == f"chatkit: {UNKNOWN[0]}"
    assert done.returncode == 0
