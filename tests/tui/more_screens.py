"""More of the screens in ``screens``: documents, what stands beside the conversation, and its lesser states."""

import sys
from pathlib import Path

from chatkit.runtime import index_job
from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.index_tables import Entry
from chatkit.runtime.sources import Source
from chatkit.tui.screens import documents
from chatkit.tui.screens.document import DocumentScreen
from chatkit.tui.widgets.cards import RankingCard

PARAGRAPH = "the whale number {} swims a long way through the cold sea and comes back in the spring."
SEA = "\n\n".join(f"# Sea {n}\n\nParagraph {n}: {PARAGRAPH.format(n)}" for n in range(1, 120))
PASSAGE = {"text": f"Paragraph 30: {PARAGRAPH.format(30)}", "score": 0.9, "source": "sea.md:119", "heading": "Sea 30"}
READS = {"heads": {"generation": {"say": "It swims."}, "retrieval": {"items": [PASSAGE]}}}
UNFAMILIAR = {
    "heads": {"generation": {"say": "Hello."}},
    "familiarity": 0.31,
    "trust": {"why": "unlike the training text: words that it never met"},
}
QUIET = {"heads": {"generation": {"say": "Hello."}}}


def sea(home, monkeypatch):
    """A document in the index, named as it would be in anybody's home."""
    notes = home / "notes"
    notes.mkdir(parents=True)
    (notes / "sea.md").write_text(SEA)
    index = DocumentIndex(home / "index.db")
    index.add([notes])
    index.close()
    monkeypatch.setattr(DocumentScreen, "path_shown", lambda self: "~/notes/sea.md")


def places(home, monkeypatch):
    """Three places in the index: as it was read, changed, gone."""

    def entry(name, passages):
        return Entry(Path("/home/me/notes") / name, name, passages, 100, 0.0, "", 0, "")

    found = [
        Source(Path("/home/me/letters"), [(entry(f"{n}.md", 3), "as read") for n in range(210)], 90_000.0, True),
        Source(Path("/home/me/notes"), [(entry("b.md", 7), "changed"), (entry("c.md", 1), "gone")], 180_000.0, True),
        Source(Path("/home/me/old.pdf"), [(entry("old.pdf", 12), "gone")], 270_000.0, False),
    ]
    monkeypatch.setattr("chatkit.runtime.sources.listed", lambda index: found)
    monkeypatch.setattr(documents, "_when", lambda seconds: f"read 1970-01-0{1 + int(seconds) // 86_400} 10:00")


def reading(home, monkeypatch):
    """Documents that an indexer reads until the first one, and then waits."""
    folder = home / "my notes"
    folder.mkdir(parents=True)
    (folder / "sea.md").write_text("# Sea\n\nThe whale swims.\n")
    (folder / "sky.txt").write_text("The bird flies.\n")
    (folder / "blob.bin").write_bytes(b"\0\1")
    indexer = str(Path(__file__).with_name("fake_indexer.py"))
    monkeypatch.setattr(index_job, "COMMAND", (sys.executable, indexer))
    monkeypatch.setenv("FAKE_INDEXER", str(home / "never"))


def adapted(home, monkeypatch):
    """An adaptation that has come to its end."""
    from test_adapting import finished

    finished(home, str(home))


def gave_up(home, monkeypatch):
    """An assistant that knows its place on a front."""
    from test_tradeoff import REPORT

    from chatkit.training.report.tradeoff_words import sections

    monkeypatch.setattr("chatkit.tui.doing.tradeoff", lambda folder: sections(REPORT))


async def document(chat):
    """A document at a passage."""
    await chat.say("where do whales swim?")
    chat.app.screen.query_one(RankingCard).focus()
    await chat.key("enter")
    await chat.until(lambda: isinstance(chat.app.screen, DocumentScreen))
    await chat.sees("Paragraph 30:")
    assert "It is not known" not in chat.text


async def searched(chat):
    """A word in it."""
    await document(chat)
    await chat.key("slash", *"spring")
    await chat.key("enter")
    await chat.sees(" of ")


async def listed(chat):
    """The places that were read."""
    await chat.key("f2")
    await chat.sees("old.pdf")
    await chat.key("down")
    await chat.key("down")


async def files(chat):
    """The files of one."""
    await listed(chat)
    await chat.key("enter")
    await chat.sees("c.md")


async def no_documents(chat):
    """Nothing was read yet."""
    await chat.key("f2")
    await chat.sees("Nothing is indexed yet")


async def indexing(chat):
    """Documents are being read."""
    await chat.enter(f"/index {chat.home / 'my notes'}")
    await chat.sees("1 of 3 files", "stop")


async def adapting(chat):
    """An adaptation and its figures."""
    await chat.enter("/adapt")
    await chat.sees("finished", "load it", "bits per byte")


async def tradeoff(chat):
    """What the objectives gave up."""
    await chat.enter("/tradeoff")
    await chat.sees("What each objective gave up")  # of what is taller than the screen the beginning stays


async def why(chat):
    """What a reply was chosen from."""
    await chat.enter("/dial warmth=0.5")
    await chat.say("hello")
    await chat.enter("/why")
    await chat.sees("Lovely to see you!", "said")


async def meter(chat):
    """Why a message is unfamiliar."""
    await chat.say("boom")
    chat.app.screen.query_one("FamiliarityMeter").focus()
    await chat.key("enter")
    await chat.sees_words("that it never met")


async def edit(chat):
    """A prompt that is said anew."""
    await chat.say("hello")
    await chat.key("ctrl+up")
    await chat.key("e")
    await chat.until(lambda: chat.prompt.text == "hello" and chat.prompt.has_focus)


async def prompts(chat):
    """Earlier prompts with a word."""
    for said in ("where do whales swim?", "a table for two", "the whale again"):
        await chat.say(said)
    await chat.key("ctrl+r")
    await chat.key(*"whal")
    await chat.sees("earlier prompts with these words")


async def renaming(chat):
    """A chat that is being named."""
    await chat.enter("/sessions")
    await chat.sees("a table for two", "Sea")
    await chat.key("down")
    await chat.key("f2")
    await chat.sees("gives the chat this name")


async def heads(chat):
    """The heads, one switched off."""
    await chat.enter("/heads off sentiment")
    await chat.enter("/heads")
    await chat.sees("disabled")
