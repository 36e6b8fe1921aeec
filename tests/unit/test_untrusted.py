"""Folders and files from elsewhere: no code is run, no memory is taken before sizes are checked."""

from __future__ import annotations

import contextlib
import io
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.checkpoint import read_json, save_tensors, tensor_shapes
from chatkit.config import read_toml
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.errors import ConfigError, ModelError, StorageError
from chatkit.registry import Registry
from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.store import Store
from chatkit.search.bm25 import BM25
from chatkit.text.tokenizer import Tokenizer

Load = Callable[[Path], Assistant]
EVIL = "import pathlib\npathlib.Path({0!r}).write_text('was here')\n"


@pytest.mark.parametrize("name", ["{0}/evil.py", "evil.py", "../evil", "..", "generation", "a b"])
def test_a_head_folder_names_no_code_to_run(model: Path, tmp_path: Path, monkeypatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    mark = tmp_path / "mark"
    (tmp_path / "evil.py").write_text(EVIL.format(str(mark)), encoding="utf-8")
    file = model / "heads" / "sentiment" / "head.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "name": name.format(tmp_path)}), encoding="utf-8")
    assistant = Assistant.load(model, Registry().load)
    assert "is not that of its folder" in str(assistant.failures["sentiment"])
    assert "generation" in assistant.heads
    assert not mark.exists()


def test_a_head_folder_that_is_called_like_a_file(model: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    mark = tmp_path / "mark"
    (tmp_path / "evil.py").write_text(EVIL.format(str(mark)), encoding="utf-8")
    folder = (model / "heads" / "sentiment").rename(model / "heads" / "evil.py")
    data = {**json.loads((folder / "head.json").read_text()), "name": "evil.py"}
    (folder / "head.json").write_text(json.dumps(data), encoding="utf-8")
    assert "evil.py" in Assistant.load(model, Registry().load).failures
    assert not mark.exists()


LOAD = """
import resource, sys
from pathlib import Path
import torch
from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError
from chatkit.registry import Registry
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    assistant = Assistant.load(Path(sys.argv[1]), Registry(safe=True).load)
    print(assistant.failures)
except ChatkitError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("what", ["encoder", "head"])
def test_no_memory_is_taken_for_a_shape_that_is_not_there(model: Path, what: str) -> None:
    if what == "encoder":
        path = model / "assistant.toml"
        path.write_text(path.read_text().replace("hidden = 96", "hidden = 8000").replace("layers = 1", "layers = 12"))
    else:
        path = model / "heads" / "retrieval" / "head.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), "options": {"dim": 20_000_000}}))
    done = subprocess.run([sys.executable, "-c", LOAD, str(model)], capture_output=True, text=True, timeout=240)
    assert "does not fit its config" in done.stdout, done.stderr
    assert int(done.stdout.splitlines()[-1]) < 300  # MiB; it asks for tens of GiB


def test_shapes_come_from_the_header_alone(tmp_path: Path) -> None:
    save_tensors(tmp_path / "x", {"a": torch.zeros(3, 4), "b": torch.zeros(2, dtype=torch.bfloat16)})
    assert tensor_shapes(tmp_path / "x") == {"a": (3, 4), "b": (2,)}
    header = json.dumps({"a": {"dtype": "F32", "shape": [1 << 30, 1 << 10], "data_offsets": [0, 1 << 42]}}).encode()
    (tmp_path / "y").write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(ModelError, match="cut short or damaged"):
        tensor_shapes(tmp_path / "y")


def test_files_too_large_to_be_ours_are_not_read(tmp_path: Path) -> None:
    for name, read, error in (
        ("a.json", read_json, ModelError),
        ("a.toml", read_toml, ConfigError),
        ("tokenizer.model", Tokenizer.load, ModelError),
    ):
        with (tmp_path / name).open("wb") as file:
            file.truncate(2**34)  # sparse: takes no room
        with pytest.raises(error, match=r"larger than \d+ MiB"):
            read(tmp_path / name)  # type: ignore[operator]


def test_vectors_of_an_index_are_checked_before_room_is_made_for_them(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("one\n\ntwo\n", encoding="utf-8")
    index = DocumentIndex(tmp_path / "index.db")
    index.add([tmp_path / "a.md"], lambda texts: np.ones((len(texts), 4), dtype=np.float32), lineage="f00d")
    count = len(index.snapshot("f00d").ids)
    assert index.snapshot("f00d").vectors is not None
    index.close()
    for value in (b"", b"odd", "text", 7, None, b"12" * 1_000_000):
        with sqlite3.connect(tmp_path / "index.db") as db:
            db.execute(
                "INSERT INTO passage(file, line, heading, text, vector) SELECT id, 1, '', 'x', ? FROM file", [value]
            )
        index = DocumentIndex(tmp_path / "index.db")
        assert index.snapshot("f00d").vectors is None
        assert len(index.snapshot("f00d").ids) == count + 1
        index.close()
        with sqlite3.connect(tmp_path / "index.db") as db:
            db.execute("DELETE FROM passage WHERE text = 'x'")


def test_an_index_without_a_path_where_one_must_stand_is_damaged(tmp_path: Path) -> None:
    """Found by the fuzzer: a bit of the schema flipped, and SQLite promises NOT NULL no more."""
    (tmp_path / "a.md").write_text("green tea", encoding="utf-8")
    with contextlib.closing(DocumentIndex(tmp_path / "index.db")) as index:
        index.add([tmp_path / "a.md"])
    with contextlib.closing(sqlite3.connect(tmp_path / "index.db")) as db:
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE type = 'table'")
        db.commit()
    with contextlib.closing(sqlite3.connect(tmp_path / "index.db")) as db:
        db.execute("UPDATE file SET path = NULL")
        db.commit()
    with (
        contextlib.closing(DocumentIndex(tmp_path / "index.db")) as index,
        pytest.raises(StorageError, match="is damaged"),
    ):
        index.entries()


def test_a_cached_index_that_unpacks_to_more_than_itself_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.npy", b"\0" * 50_000_000)
    with pytest.raises(StorageError, match="damaged"):
        BM25.from_bytes(buffer.getvalue())


@pytest.mark.parametrize("change", [{"indptr": [0, 9]}, {"indices": [5]}, {"indptr": [0, 1, 0]}, {"data": [[1.0]]}])
def test_postings_that_point_outside_are_refused(change: dict[str, list[object]]) -> None:
    arrays = {**BM25.build([["a"], ["b"]])._arrays(), **{key: np.array(value) for key, value in change.items()}}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    with pytest.raises(StorageError, match="damaged"):
        BM25.from_bytes(buffer.getvalue())


def test_bytes_that_are_no_text_are_shown_with_marks(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.db")
    session = store.create_session("one")
    store.start_reply(store.add_prompt(session, "hello"))
    store.close()
    with sqlite3.connect(tmp_path / "history.db") as db:
        db.execute("UPDATE message SET text = CAST(x'68ff68' AS TEXT) WHERE speaker = 'user'")
        db.execute("UPDATE session SET name = CAST(x'd0' AS TEXT)")
    store = Store(tmp_path / "history.db")
    assert store.messages(session)[0].text == "h\ufffdh"
    assert store.session(session).name == "\ufffd"
    store.close()


def test_a_history_that_cannot_be_tidied_is_not_held_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []

    def fail(store: Store) -> None:
        opened.append(store)
        raise StorageError("damaged")

    monkeypatch.setattr(Store, "_recover", fail)
    with pytest.raises(StorageError, match="damaged"):
        Store(tmp_path / "history.db")
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        opened[0]._db.execute("SELECT 1")


def test_a_history_that_runs_in_a_circle_ends(tmp_path: Path) -> None:
    store = Store(tmp_path / "history.db")
    session = store.create_session("one")
    prompts = [store.start_reply(store.add_prompt(session, text)) for text in ("a", "b")]
    store.close()
    with sqlite3.connect(tmp_path / "history.db") as db:
        db.execute("PRAGMA foreign_keys = OFF")
        db.execute("UPDATE message SET parent = ? WHERE parent IS NULL", (prompts[-1],))
    (record,) = READERS["dialogue"].read(tmp_path / "history.db", "train", "skip", Problems())
    assert {turn["text"] for turn in record["turns"]} == {"a", "b"}
