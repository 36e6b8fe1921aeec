"""``ask --learn`` and replay of a session that was learned from; ``adapt --session``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chatkit import cli
from chatkit.runtime import context
from chatkit.runtime.api import Chat as Assistant
from chatkit.runtime.exchange import export_json
from chatkit.runtime.store import Store

SAID = ("der Zug nach Bern fährt heute nicht", "der Zug nach Bern fährt morgen", "fährt der Zug nach Bern?")


def test_a_text_is_learned_from_before_the_answer_and_what_it_did_is_said(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.txt").write_text("\n\n".join(SAID * 2), encoding="utf-8")
    ask = ["ask", "--model", str(trained), "--head", "generation", "--seed", "3", "--json", "fährt der Zug?"]
    assert cli.run([*ask, "--learn", str(tmp_path / "train.txt")]) == 0
    out = capsys.readouterr()
    assert json.loads(out.out)["learned"]["how"] == "both"
    assert "learned from" in out.err
    assert cli.run(ask) == 0
    assert "learned" not in json.loads(capsys.readouterr().out)
    assert cli.run([*ask, "--learn", str(tmp_path / "nothing.txt")]) == 2


def test_a_session_that_was_learned_from_is_replayed_word_for_word(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store, chat = Store(tmp_path / "history.db"), Assistant(str(trained))
    session = store.create_session()
    spoke = False
    for number, text in enumerate(SAID * 2, 1):
        history = context.turns([{**vars(m), "facts": {}} for m in store.messages(session, limit=99)])
        prompt = store.add_prompt(session, text, {})
        reply = store.start_reply(prompt, seed=number, lineage=chat.assistant.lineage)
        options = {"max_tokens": 12, "learn": {"how": "both", "turns": number}}
        said = chat.ask(text, history=history, heads=["generation"], seed=number, **options)
        spoke = spoke or said.learned["in_force"]
        answer = said.answers[0].answer
        store.set_answer(reply, "generation", answer.as_json(), state="done", text=said.reply)
        facts = {"options": options, "seen": len(history)}
        store.finish(reply, "done", text=said.reply, facts=facts, lineage=chat.assistant.lineage)
    assert spoke  # what was learned took part
    (tmp_path / "chat.json").write_text(json.dumps(export_json(store, session)), encoding="utf-8")
    store.close()
    code = cli.run(["ask", "--model", str(trained), "--replay", str(tmp_path / "chat.json"), "--json"])
    rows = json.loads(capsys.readouterr().out)["replies"]
    assert [row["same"] for row in rows] == [True] * 6
    assert code == 0


def test_adapt_reads_one_of_two_things(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for wrong in ([], ["--on", "x", "--session", "1"]):
        assert cli.run(["adapt", *wrong, "--out", str(tmp_path / "out")]) == 2
        assert "--on PATH, or --session ID" in capsys.readouterr().err
    assert cli.run(["adapt", "--session", "9", "--out", str(tmp_path / "out")]) == 2
    assert "9" in capsys.readouterr().err
