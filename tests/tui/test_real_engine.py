"""The app with its own engine and the assistant that ships: what the other tests of this folder do with a fake one."""

import contextlib

import pytest
from driver import Driver

from chatkit.runtime.index import DocumentIndex
from chatkit.tui.app import ChatkitApp
from chatkit.tui.opening import Options
from chatkit.tui.screens.document import DocumentScreen
from chatkit.tui.screens.documents import DocumentsScreen
from chatkit.tui.widgets.cards import RankingCard
from chatkit.tui.widgets.live import Live

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
LOADING = 180.0  # seconds for the engine on a busy machine


@pytest.fixture
def real():
    """Run the app on the shipped assistant."""

    @contextlib.asynccontextmanager
    async def run(size=(100, 40), **options):
        app = ChatkitApp(Options(safe=True, **options))
        async with app.run_test(size=size) as pilot:
            chat = Driver(app, pilot)
            await chat.until(lambda: app.chat is not None)
            await chat.until(lambda: app.chat.client.state == "ready", LOADING)
            yield chat

    return run


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "my notes"
    folder.mkdir()
    (folder / "sea.md").write_text("# Sea\n\nThe narwhal dives under the ice of the fjord.\n")
    (folder / "land.txt").write_text("The horse runs over the dry plain.\n")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.4 no more")
    return folder


async def test_a_message_is_answered_by_every_head_and_kept(real, stored):
    async with real() as chat:
        await chat.enter("hello, how are you?")
        await chat.until(lambda: chat.turns and not chat.app.screen.window.running, LOADING)
        (turn,) = chat.turns
        assert turn.reply_text
        assert "sentiment" in chat.text
        await chat.enter("/retry")
        await chat.until(lambda: "2 of 2" in chat.text and not chat.app.screen.window.running, LOADING)
    last = stored()[-1]
    assert (last.speaker, last.state) == ("assistant", "done")
    assert {answer.head for answer in last.answers} >= {"generation", "sentiment"}


async def test_what_is_typed_is_read_along(real):
    async with real() as chat:
        await chat.key(*"I love this place")
        live = chat.app.screen.query_one(Live)
        await chat.until(lambda: live.display and "%" in str(live.render()), LOADING)


async def test_a_stop_lets_at_most_one_more_piece_through(real):
    async with real() as chat:
        wild = {"max_tokens": 2000, "temperature": 1000.0, "top_k": 0, "top_p": 1.0, "candidates": 1}  # seldom ends
        for _ in range(9):  # until one is stopped while it is said
            turn = chat.app.chat.send("tell me a story", ("generation",), options=wild)
            await chat.until(lambda turn=turn: turn.said, LOADING)
            said = turn.said["generation"]
            chat.app.chat.stop()
            await chat.until(lambda: chat.app.chat.current is None, LOADING)
            if turn.state == "stopped":
                break
        assert turn.state == "stopped"
        assert len(turn.said["generation"]) - len(said) < 20  # letters: the longest piece has fewer


async def test_documents_are_indexed_found_and_opened(real, notes, home):
    async with real() as chat:
        await chat.enter(f"/index {notes}")
        await chat.sees("indexing my notes")
        await chat.until(lambda: "Indexed my notes: files 2 added" in chat.words, LOADING)
        assert "broken.pdf" in chat.words
        await chat.enter("/search narwhal ice fjord")
        await chat.until(lambda: chat.turns and not chat.app.screen.window.running, LOADING)
        await chat.sees("sea.md")
        chat.app.screen.query_one(RankingCard).focus()
        await chat.key("enter")
        await chat.until(lambda: isinstance(chat.app.screen, DocumentScreen))
        await chat.sees("The narwhal dives under the ice")
        await chat.key("escape")
        await chat.until(lambda: not isinstance(chat.app.screen, DocumentScreen))
        chat.prompt.focus()  # it was at the passage
        (notes / "land.txt").unlink()
        await chat.enter(f"/index {notes}")
        await chat.until(lambda: "1 unchanged, 1 removed" in chat.words, LOADING)
        await chat.key("f2")
        await chat.until(lambda: isinstance(chat.app.screen, DocumentsScreen))
        await chat.until(lambda: "1 file, 1 passage," in chat.words)
    index = DocumentIndex(home / "index.db")
    [entry] = index.entries()
    assert entry.name == "sea.md"
    assert entry.lineage  # its vectors are those of the assistant
    index.close()


async def test_indexing_is_stopped_and_gone_on_with(real, notes, home):
    for number in range(30):  # of which each is a batch; a busy machine reads several before it is stopped
        sections = (f"# Part {n}\n\nThe seal number {n} of {number} sleeps on a stone.\n\n" for n in range(1100))
        (notes / f"long{number:02}.md").write_text("".join(sections))
    async with real() as chat:
        await chat.enter(f"/index {notes}")
        await chat.until(lambda: chat.app.screen.indexer.job.step.passages > 0, LOADING)
        await chat.enter("/index stop")
        await chat.until(lambda: "Indexing my notes was stopped after" in chat.words, LOADING)
        read = DocumentIndex(home / "index.db")
        count = sum(entry.passages for entry in read.entries())
        read.close()
        assert 0 < count < 33_000
        for file in notes.glob("long*"):
            if file.name > "long00.md":
                file.unlink()
        await chat.enter(f"/index {notes}")
        await chat.until(lambda: "Indexed my notes" in chat.words, LOADING)
        await chat.enter("/search seal stone")
        await chat.until(lambda: chat.turns and not chat.app.screen.window.running, LOADING)
        await chat.sees("long00.md")


async def test_an_index_that_cannot_be_used_is_one_line(real, notes, home):
    async with real() as chat:
        (home / "index.db").write_text("junk " * 1000)
        await chat.enter(f"/index {notes}")
        await chat.until(lambda: "my notes was not indexed:" in chat.words, LOADING)
        assert "Traceback" not in chat.text
        await chat.enter("still here?")
        await chat.until(lambda: chat.turns and not chat.app.screen.window.running, LOADING)
        assert chat.turns[0].reply_text
