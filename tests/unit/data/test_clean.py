"""Duplicates and private numbers on their way into training; the chat history as a data set."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from chatkit import paths
from chatkit.cli import run as cli
from chatkit.data.clean import Cleaner, describe
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.errors import DataError
from chatkit.runtime.store import Store
from chatkit.training.account import used_sessions
from chatkit.training.on_history import models_trained_on
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run


def test_every_text_is_masked_and_names_are_not() -> None:
    cleaner = Cleaner(("email",), duplicates=False)
    records = [
        {"turns": [{"speaker": "a@b.org", "text": "I am a@b.org"}]},
        {"text": "mail c@d.org", "label": "e@f.org"},
        {"query": "who is a@b.org", "doc": "c@d.org is", "query_id": "x@y.org", "doc_id": "1"},
    ]
    assert cleaner.clean(records, "set") == [
        {"turns": [{"speaker": "a@b.org", "text": "I am <email>"}]},
        {"text": "mail <email>", "label": "e@f.org"},
        {"query": "who is <email>", "doc": "<email> is", "query_id": "x@y.org", "doc_id": "1"},
    ]
    assert cleaner.found == {"set": {"email": 4}}
    assert records[0]["turns"][0]["text"] == "I am a@b.org"


def test_duplicates_go_within_and_between_sets_whatever_their_number() -> None:
    cleaner = Cleaner((), duplicates=True)
    a, b = {"text": "x", "label": "p"}, {"text": "x", "label": "q"}
    assert cleaner.clean([a, b, dict(a)], "one") == [a, b]
    assert cleaner.clean([b], "two") == []
    pairs = [{"query": "q", "doc": "d", "query_id": i, "doc_id": i} for i in "12"]
    assert cleaner.clean(pairs, "three") == pairs[:1]
    assert {name: row["duplicate"] for name, row in cleaner.found.items()} == {"one": 1, "two": 1, "three": 1}


def test_described() -> None:
    assert describe({"email": 1200, "card": 1, "duplicate": 1}) == "1,200 email, 1 card masked; 1 duplicate removed"
    assert describe({}) == ""


def test_a_run_reports_what_it_found(micro: Callable[..., Recipe], tmp_path: Path) -> None:
    row = json.dumps({"text": "write to me@example.org", "label": "positive"})
    other = json.dumps({"text": "no thanks", "label": "negative"})
    (tmp_path / "mail.jsonl").write_text(f"{row}\n{row}\n{other}\n" * 3, encoding="utf-8")
    key = f'heads.sentiment.data=["{(tmp_path / "mail.jsonl").as_posix()}"]'
    run = Run(micro(key), tmp_path / "out", Progress(quiet=True), device="cpu")
    assert sorted(r["text"] for r in run._records["sentiment"]) == ["no thanks", "write to <email>"]
    run.start()
    found = run.report()["training"]["private"]["mail.jsonl"]
    assert found == {"email": 6, "duplicate": 7}

    kept = Run(micro(key, "data.mask=[]", 'data.duplicates="keep"'), tmp_path / "b", Progress(quiet=True), device="cpu")
    assert len(kept._records["sentiment"]) == 9
    assert kept._found == {}


def _chat(words: str) -> int:
    store = Store()
    session = store.create_session()
    reply = store.start_reply(store.add_prompt(session, words))
    store.finish(reply, "done", text=f"you said {words}")
    store.close()
    return session


def test_history_is_trained_on_only_when_asked_for_and_remembered(
    micro: Callable[..., Recipe], tmp_path: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = _chat("the heron stands"), _chat("the otter swims")
    records = list(READERS["dialogue"].read(paths.history_file(), "train", "stop", Problems()))
    assert [record["session"] for record in records] == [first, second]
    assert [turn["text"] for turn in records[0]["turns"]] == ["the heron stands", "you said the heron stands"]

    run = Run(micro(), tmp_path / "without", Progress(quiet=True), device="cpu")
    assert used_sessions(run._records) == []
    run = Run(micro('heads.generation.data=["history:"]'), tmp_path / "with", Progress(quiet=True), device="cpu")
    assert set(used_sessions(run._records)) <= {first, second}
    assert used_sessions(run._records)
    run.start()
    run.save_assistant()
    assert models_trained_on(used_sessions(run._records)) == [tmp_path / "with"]
    assert models_trained_on([99]) == []
    named = json.loads((tmp_path / "with" / "report.json").read_text(encoding="utf-8"))
    assert named["training"]["sessions"] == used_sessions(run._records)
    assert "heron" not in (home / "trained_on_history.json").read_text(encoding="utf-8")

    said = f"{tmp_path / 'with'} was trained on what you deleted"
    again = used_sessions(run._records)[0]
    assert cli(["sessions", "delete", str(again), "--yes"]) == 0
    assert said in capsys.readouterr().err
    (home / "trained_on_history.json").unlink()  # the fault: nobody has remembered
    assert cli(["sessions", "delete", str(({first, second} - {again}).pop()), "--yes"]) == 0
    assert said not in capsys.readouterr().err


def test_what_is_no_history_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_bytes(b"no database at all, this is" * 100)
    with pytest.raises(DataError, match="cannot be read as a history"):
        list(READERS["dialogue"].read(tmp_path / "x.db", "train", "stop", Problems()))
