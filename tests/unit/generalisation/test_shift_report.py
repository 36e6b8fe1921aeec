from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chatkit import cli
from chatkit.assistant import Assistant
from chatkit.generalisation.bodies import Message, make_body, read_body
from chatkit.generalisation.features import see
from chatkit.generalisation.render_html import html_report
from chatkit.generalisation.render_text import text_report
from chatkit.generalisation.report import label_estimate, shift_report
from chatkit.generalisation.verdict import verdict
from chatkit.runtime.store import Store
from chatkit.training.recipe import resolve_path

GERMAN = [
    f"{a} {b} {c} heute leider nicht geöffnet."
    for a in ("Der Bäcker", "Die Straße", "Das Museum")
    for b in ("um die Ecke", "am Fluss", "in Köln", "bei uns")
    for c in ("hat", "ist", "bleibt")
]


def corpus(name: str) -> Path:
    return resolve_path(f"corpora:english/{name}", Path())


def test_a_foreign_body_is_found_apart_and_unfamiliar(assistant: Assistant) -> None:
    home = read_body(corpus("sentiment"))
    away = make_body("german", [Message(text, label="negative") for text in GERMAN], read="test")
    report = shift_report(assistant, home, away, label=4)
    json.dumps(report, allow_nan=False)
    assert report["two_sample"]["p_value"] < 0.01
    assert report["familiarity"]["target"]["unfamiliar"] > report["familiarity"]["reference"]["unfamiliar"] + 0.3
    sentiment = report["heads"]["sentiment"]
    assert sentiment["true"]["target"]["examples"] == len(GERMAN)
    assert sentiment["gap"]["low"] <= sentiment["gap"]["mean"] <= sentiment["gap"]["high"]
    assert len(sentiment["to_label"]) == 4
    assert any("clearly another kind" in sentence for sentence in report["verdict"])
    assert any("chatkit adapt" in sentence for sentence in report["verdict"])
    estimate = label_estimate(report, "sentiment", away, assistant, ["negative"] * 4)
    assert 0 <= estimate.low <= estimate.mean <= estimate.high <= 1


def test_a_body_against_itself_is_no_shift(assistant: Assistant) -> None:
    body = read_body(corpus("sentiment"))
    report = shift_report(assistant, body, body)
    assert report["two_sample"]["p_value"] > 0.01
    assert report["words"]["divergence"] == 0
    assert abs(report["heads"]["sentiment"]["gap"]["mean"]) < 1e-9
    assert report["verdict"][0].startswith(("Your text (the target) looks like", "No difference was found"))


def test_labels_that_cannot_be_used_are_named(assistant: Assistant) -> None:
    home = read_body(corpus("sentiment"))
    some = [Message(text, label="negative") for text in GERMAN[:3]] + [Message(GERMAN[4], label="furious")]
    target = make_body("german", [*some, *map(Message, GERMAN[5:])], read="test")
    bare = make_body("bare", [Message(text) for text in GERMAN], read="test")
    said = " ".join(shift_report(assistant, home, target, heads=["sentiment"], labelled=[bare])["verdict"])
    assert "1 of the labels in german are none that sentiment gives (furious): left out." in said
    assert "3 labelled messages are too few to measure sentiment on: it takes 20." in said
    assert "bare holds no labels: nothing is predicted from it." in said


def told(p_value: float | None, unfamiliar: float, messages: int, gap: float = 0.0) -> str:
    """The verdict on a report of these figures."""
    familiar = {"reference": {"unfamiliar": 0.02, "nearest": []}, "target": {"unfamiliar": unfamiliar, "nearest": []}}
    head = {
        "true": {},
        "predicted": [{"accuracy": 0.4, "error": 0.1}, {"accuracy": 0.6, "error": 0.1}],
        "gap": {"high": gap, "low": gap - 0.1, "mean": gap},
    }
    report = {
        "two_sample": None if p_value is None else {"p_value": p_value, "a_distance": 0.5},
        "familiarity": familiar,
        "words": {"more_in_target": []},
        "reference": {"messages": 400},
        "target": {"messages": messages},
        "heads": {"sentiment": head},
    }
    return " ".join(verdict(report))


def test_what_a_weak_test_cannot_prove_is_no_all_clear() -> None:
    """A body of 30 messages, all of them unfamiliar, was said to look like the reference."""
    strange = told(0.08, 1.0, 30)
    assert "another kind of text" in strange
    assert "looks like" not in strange
    assert "--label 30" in strange
    assert "chatkit adapt" in strange
    assert "other ways to guess it say 40% to 60%" in strange
    assert "another kind of text" in told(0.3, 0.02, 30, gap=-0.2)
    few = told(0.5, 0.05, 30)
    assert "No difference was found; in 30 messages" in few
    assert "looks like" in told(0.5, 0.05, 300)
    assert "should be right" not in told(None, 0.5, 1)  # of one message nothing is predicted


def test_heads_without_bars_are_measured_by_their_own_reader(assistant: Assistant) -> None:
    body = read_body(corpus("dialogue"))
    metrics = shift_report(assistant, body, body, heads=["generation"])["heads"]["generation"]["metrics"]
    assert metrics["reference"]["bits_per_byte"] == metrics["target"]["bits_per_byte"]


def test_renderings_hold_the_verdict_and_load_nothing(assistant: Assistant) -> None:
    away = make_body("<b>german</b>", [Message(text) for text in GERMAN], read="test")
    report = shift_report(assistant, read_body(corpus("sentiment")), away, heads=["sentiment"])
    plain, page = text_report(report), html_report(report)
    assert report["verdict"][0] in plain
    assert "predicted" in plain
    assert "<svg" in page
    assert "<b>german" not in page
    assert not re.findall(r"""(?:src|href)\s*=|url\(|@import|<script|https?://""", page)


def test_the_command_prints_json_and_writes_a_page(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "mine"
    target.mkdir()
    (target / "notes.txt").write_text("\n".join(GERMAN), encoding="utf-8")
    args = ["shift", "--model", str(trained), "--target", str(target), "--html", str(tmp_path / "page.html")]
    assert cli.run([*args, "--head", "sentiment", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["target"]["messages"] == len(GERMAN)
    assert report["reference"]["name"] == "its training data"
    assert "dialogue" in report["reference"]["read"]
    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_the_history_is_a_target(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["shift", "--model", str(trained), "--history"]) == 2
    assert "holds no message yet" in capsys.readouterr().err
    store = Store()
    session = store.create_session()
    for text in GERMAN[:14]:
        store.start_reply(store.add_prompt(session, text))
    store.close()
    for target in (["--history"], ["--session", str(session)]):
        assert cli.run(["shift", "--model", str(trained), "--head", "sentiment", *target, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["target"]["messages"] == 14
    assert cli.run(["shift", "--model", str(trained), "--session", "99"]) == 2


@pytest.mark.parametrize("wrong", [[], ["--history", "--session", "1"], ["--target", "no/such/place"]])
def test_mistakes_are_said_in_one_line(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["shift", *wrong]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_line_breaks_of_a_file_are_no_unknown_characters(assistant: Assistant) -> None:
    broken, plain = (see(assistant, [text]) for text in ("how are\n\nyou today", "how are you today"))
    assert broken.fallback == plain.fallback
    assert broken.bits_per_byte == pytest.approx(plain.bits_per_byte)
