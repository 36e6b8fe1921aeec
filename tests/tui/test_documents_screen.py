"""Indexing from the chat, and the list of the documents: add, read again, remove, open."""

import re
import sys
from pathlib import Path

import pytest

from chatkit.runtime import index_job
from chatkit.runtime.index import DocumentIndex
from chatkit.tui.screens import documents
from chatkit.tui.screens.document import DocumentScreen
from chatkit.tui.screens.documents import DocumentsScreen
from chatkit.tui.widgets.index_bar import IndexBar


@pytest.fixture(autouse=True)
def fake_indexer(monkeypatch):
    script = str(Path(__file__).with_name("fake_indexer.py"))
    monkeypatch.setattr(index_job, "COMMAND", (sys.executable, script))


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "my notes"
    folder.mkdir()
    (folder / "sea.md").write_text("# Sea\n\nThe whale swims.\n\n# Land\n\nThe horse runs.\n")
    (folder / "sky.txt").write_text("The bird flies.\n")
    (folder / "blob.bin").write_bytes(b"\0\1")
    return folder


@pytest.fixture
def gate(tmp_path, monkeypatch):
    """Nothing is read after the first file before this exists."""
    monkeypatch.setenv("FAKE_INDEXER", str(tmp_path / "gate"))
    return tmp_path / "gate"


def passages(home):
    index = DocumentIndex(home / "index.db")
    try:
        return {entry.name: entry.passages for entry in index.entries()}
    finally:
        index.close()


def said(chat):
    """The words on the screen, without the frame of the list."""
    return " ".join(chat.text.replace("│", " ").split())


async def listed(chat, key="f2"):
    await chat.key(key)
    await chat.until(lambda: isinstance(chat.app.screen, DocumentsScreen))
    await chat.until(lambda: "Looking" not in chat.text)


async def test_a_folder_is_indexed_from_the_chat_which_goes_on_meanwhile(drive, notes, home, gate):
    async with drive() as chat:
        await chat.ready()
        await chat.enter(f"/index {notes}")
        await chat.sees("indexing my notes", "of 3 files", "stop")
        await chat.say("hello")  # answered while the other waits at the gate
        assert chat.app.screen.query_one(IndexBar).display
        await chat.enter(f"/index {notes}")
        await chat.sees("Something is being indexed already; /index stop ends it")
        gate.touch()
        await chat.until(lambda: "Indexed my notes: files 2 added, 0 updated" in chat.words)
        await chat.until(lambda: "3 new passages. Skipped:" in chat.words and "no known kind" in chat.words)
        assert not chat.app.screen.query_one(IndexBar).display
        assert passages(home) == {"sea.md": 2, "sky.txt": 1}
        (notes / "sky.txt").write_text("The bird sings.\n")
        await chat.enter(f"/index '{notes}'")
        await chat.until(lambda: "files 0 added, 1 updated, 1 unchanged" in chat.words)


@pytest.mark.parametrize("how", ["/index stop", "click"])
async def test_it_is_stopped_and_gone_on_with(drive, notes, home, gate, how):
    async with drive() as chat:
        await chat.ready()
        await chat.enter(f"/index {notes}")
        await chat.sees("1 of 3 files") if how == "click" else await chat.sees("of 3 files")
        if how == "click":
            bar = chat.app.screen.query_one(IndexBar)
            [at] = [m.start() for m in re.finditer("stop", bar.content.plain)]
            await chat.pilot.click(IndexBar, offset=(2 + at, 0))
        else:
            await chat.enter(how)
        await chat.until(lambda: "Indexing my notes was stopped" in chat.words)
        await listed(chat)
        await chat.sees("not read to its end")
        gate.touch()
        await chat.key("down", "ctrl+r")
        await chat.until(lambda: "Indexed my notes" in chat.words)
        await chat.until(lambda: "not read to its end" not in said(chat))
        assert passages(home) == {"sea.md": 2, "sky.txt": 1}


async def test_what_goes_wrong_is_one_line(drive, notes, home, monkeypatch):
    async with drive() as chat:
        await chat.ready()
        await chat.enter("/index stop")
        await chat.sees("Nothing is being indexed.")
        await chat.enter("/index /no/such/place")
        await chat.until(lambda: "/no/such/place: no such file or folder" in chat.words)
        await chat.enter(f"/index /{'x' * 300}")  # longer than a file system takes
        await chat.until(lambda: "xxx: no such file or folder" in chat.words)
        (home / "index.db").write_text("junk " * 1000)
        await chat.enter(f"/index {notes}")
        await chat.until(lambda: "my notes was not indexed:" in chat.words and "cannot be used" in chat.words)
        await listed(chat)
        await chat.until(lambda: "cannot be used" in said(chat))
        await chat.key("escape")
        monkeypatch.setattr(index_job, "COMMAND", ("/no/such/program",))
        await chat.enter(f"/index {notes}")
        await chat.until(lambda: "indexing cannot be started" in chat.words)


async def test_the_list_adds_opens_reads_again_and_removes(drive, notes, home):
    async with drive() as chat:
        await chat.ready()
        await listed(chat)
        await chat.sees("Nothing is indexed yet")
        chat.app.screen.query_one("#place").value = f"{notes}/"
        await chat.key("enter")
        await chat.until(lambda: "2 files, 3 passages, read " in said(chat))
        (notes / "sky.txt").write_text("The bird sings and flies.\n")
        (notes / "sea.md").unlink()
        await chat.key("escape")
        await listed(chat)
        await chat.until(lambda: "1 changed, 1 gone" in said(chat))
        await chat.key("down")
        await chat.key("enter")
        await chat.sees("sea.md  2 passages  gone", "sky.txt  1 passage  changed")
        await chat.key("down", "enter")
        await chat.until(lambda: isinstance(chat.app.screen, DocumentScreen))
        await chat.sees("The bird sings and flies.", "This file was changed since it was indexed.")
        await chat.key("escape")
        await chat.until(lambda: isinstance(chat.app.screen, DocumentsScreen))
        await chat.key("escape", "ctrl+r")
        await chat.until(lambda: "1 file, 1 passage," in said(chat) and "gone" not in said(chat))
        await chat.key("ctrl+d")
        await chat.until(lambda: "ctrl+d again takes" in said(chat))
        assert passages(home) == {"sky.txt": 1}
        await chat.key("ctrl+d")
        await chat.until(lambda: "out of the index; the files themselves stay" in said(chat))
        assert passages(home) == {}
        assert (notes / "sky.txt").exists()
        await chat.key("escape")
        await chat.until(lambda: not isinstance(chat.app.screen, DocumentsScreen))


async def test_a_path_is_completed(drive, notes):
    async with drive() as chat:
        await listed(chat)
        assert await documents._Paths().get_suggestion(str(notes)[:-2]) == f"{notes}/"
        chat.app.screen.query_one("#place").value = str(notes.parent / "nothing")
        await chat.key("enter")
        await chat.until(lambda: "no such file or folder" in said(chat))
