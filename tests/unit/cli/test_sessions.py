"""``chatkit sessions`` and ``chatkit doctor`` from the shell."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from chatkit.cli import run
from chatkit.runtime.store import Store


@pytest.fixture
def history(home: Path) -> Store:
    store = Store()
    for words in ("the blue whale", "鯨は海にいる"):
        session = store.create_session()
        reply = store.start_reply(store.add_prompt(session, words), seed=3, lineage="f00d")
        store.set_answer(reply, "generation", {"type": "text", "text": "so it is"}, text="so it is")
        store.finish(reply, "done", text="so it is", lineage="f00d")
    return store


def test_list_search_rename_show(history: Store, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sessions", "rename", "1", " Of  whales "]) == 0
    assert run(["sessions", "list"]) == 0
    assert "Of whales" in capsys.readouterr().out
    assert run(["sessions", "search", "海に", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["messages"]
    assert (found["session"], found["speaker"]) == (2, "user")
    assert run(["sessions", "show", "1"]) == 0
    assert "**You**\n\nthe blue whale" in capsys.readouterr().out
    assert run(["sessions", "search", "nowhere"]) == 0
    assert "no message" in capsys.readouterr().err


def test_export_import_delete(history: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str], home: Path) -> None:
    file = tmp_path / "whale.json"
    assert run(["sessions", "export", "1", "--format", "json", "--out", str(file)]) == 0
    assert run(["sessions", "delete", "1", "99"]) == 2
    assert len(history.sessions()) == 2  # one was not there: none was deleted
    assert run(["sessions", "delete", "1"]) == 0
    history.close()
    left = b"".join(path.read_bytes() for path in home.glob("history.db*"))
    assert b"blue whale" not in left
    assert run(["sessions", "import", str(file), "--json"]) == 0
    session = json.loads(capsys.readouterr().out)["session"]
    assert [m.text for m in Store().messages(session)] == ["the blue whale", "so it is"]
    assert run(["sessions", "import", str(tmp_path / "none.json")]) == 2
    assert "none.json: cannot be read" in capsys.readouterr().err


def findings(capsys: pytest.CaptureFixture[str]) -> dict[str, tuple[str, str]]:
    return {f["about"]: (f["state"], f["what"]) for f in json.loads(capsys.readouterr().out)["findings"]}


def test_a_doctor_of_a_healthy_home_makes_no_database(
    trained: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["doctor", "--json", "--model", str(trained)]) == 0
    found = findings(capsys)
    assert {found[about][0] for about in ("folder", "history", "index", "heads", "model")} == {"ok"}
    assert not list(home.glob("*.db*"))


def test_a_doctor_names_what_is_broken(
    trained: Path, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir(parents=True, exist_ok=True)
    (home / "history.db").write_bytes(b"no database at all" * 100)
    with sqlite3.connect(home / "index.db") as db:
        db.execute("CREATE TABLE t(x)")
    (home / "index.db").chmod(0o644)
    assert run(["doctor", "--json", "--model", str(tmp_path / "none")]) == 1
    found = findings(capsys)
    assert found["history"][0] == "bad"
    assert found["model"] == ("bad", f"{tmp_path / 'none'}: no such model folder")
    assert "read by others" in found["index"][1]
