"""The document of a passage: opened at the place, scrolled, searched, left; with the file changed or gone."""

import os

import pytest

from chatkit.runtime.documents import read_passages
from chatkit.runtime.index import DocumentIndex
from chatkit.tui.screens.document import DocumentScreen
from chatkit.tui.widgets.cards import RankingCard
from chatkit.tui.widgets.lines import Lines
from chatkit.tui.widgets.live import Live

TEXT = "# Sea\n\n" + "\n\n".join(
    f"Paragraph {i}: the whale number {i} swims a long way through the cold sea and comes back in the spring."
    for i in range(1, 400)
)


WIDE = (240, 40)  # the head line shows the whole path, however long that of the tests' folder is


@pytest.fixture
def notes(tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "sea.md").write_text(TEXT)
    return folder


def found(path, words):
    """A script of the engine that finds the passage of a file that holds the words."""
    passage = next(p for p in read_passages(path) if words in p.text)
    item = {"text": passage.text, "score": 0.9, "source": f"{path.name}:{passage.line}", "heading": passage.heading}
    return {"heads": {"retrieval": {"items": [{**item, "path": str(path), "line": passage.line}]}}}


async def opened(chat):
    await chat.say("where do whales swim?")
    chat.app.screen.query_one(RankingCard).focus()
    await chat.key("enter")
    await shown(chat)


async def shown(chat):
    await chat.until(lambda: isinstance(chat.app.screen, DocumentScreen))
    lines = chat.app.screen.query_one(Lines)
    await chat.until(lambda: lines.virtual_size.height > 0)
    await chat.handled()
    return lines


async def test_enter_opens_the_document_at_the_passage_and_escape_goes_back(drive, notes):
    async with drive(found(notes / "sea.md", "number 200 "), size=WIDE) as chat:
        await opened(chat)
        await chat.sees("sea.md:", "Sea", str(notes / "sea.md"), "Paragraph 200: the whale number 200 swims", "401")
        assert "Paragraph 1:" not in chat.text
        await chat.key("escape")
        await chat.until(lambda: not isinstance(chat.app.screen, DocumentScreen))
        await chat.sees("where do whales swim?")


async def test_a_click_opens_it_too_also_while_typing(drive, notes):
    async with drive(found(notes / "sea.md", "number 200 ")) as chat:
        await chat.ready()
        await chat.key(*"whales")
        live = chat.app.screen.query_one(Live)
        await chat.until(lambda: live.hits and live.region.height)  # a click on what is not laid out yet hits nothing
        await chat.pilot.click(Live, offset=(20, 0))
        await shown(chat)
        await chat.sees("Paragraph 200:")
        await chat.key("escape")
        await chat.key("enter")
        await chat.idle()
        await chat.pilot.click(RankingCard, offset=(20, 0))
        await shown(chat)
        await chat.sees("Paragraph 200:")


async def test_it_scrolls_beyond_what_was_read_first(drive, notes):
    (notes / "sea.md").write_text(TEXT + "\n\n" + "\n".join(f"line {i}" for i in range(5000)))
    async with drive(found(notes / "sea.md", "number 200 ")) as chat:
        await opened(chat)
        await chat.key("end")
        await chat.sees("line 4999")
        await chat.key("home")
        await chat.sees("Paragraph 1:")
        lines = chat.app.screen.query_one(Lines)
        last = lines._lines[-1].number
        lines.scroll_end(animate=False)
        await chat.until(lambda: lines._lines[-1].number > last)
        await chat.key("p")
        await chat.sees("Paragraph 200:")


async def test_words_are_searched_in_the_whole_file(drive, notes):
    (notes / "sea.md").write_text(TEXT + "\n\n" + "\n".join(f"line {i}" for i in range(5000)) + "\nthe [end]\n")
    async with drive(found(notes / "sea.md", "number 200 ")) as chat:
        await opened(chat)
        await chat.key("slash", *"NUMBER 20")
        await chat.sees("11 places")
        await chat.key("enter")
        await chat.sees("2 of 11 places")
        await chat.key("n")
        await chat.sees("3 of 11 places")
        await chat.key("N", "N", "N")
        await chat.sees("11 of 11 places")
        await chat.key("slash")
        chat.app.screen.query_one("#document-words").value = "the [end]"
        await chat.key("enter")
        await chat.sees("the [end]", "1 of 1 place")
        await chat.key("slash")
        chat.app.screen.query_one("#document-words").value = "no such words"
        await chat.key("enter")
        await chat.sees("Nowhere in this document")
        await chat.key("escape")
        await chat.sees("Esc back")
        await chat.key("escape")
        await chat.until(lambda: not isinstance(chat.app.screen, DocumentScreen))


async def test_a_file_that_was_changed_or_is_gone(drive, notes, home):
    file = notes / "sea.md"
    script = found(file, "number 200 ")
    DocumentIndex(home / "index.db").add([notes])
    file.write_text("filling\n" * 700 + TEXT)
    async with drive(script) as chat:
        await opened(chat)
        await chat.until(lambda: "was changed since it was indexed; the passage still stands in it" in chat.words)
        await chat.sees("Paragraph 200:", "1100")
        await chat.key("escape")
        file.write_text("The sea is empty.\n")
        chat.app.screen.query_one(RankingCard).focus()
        await chat.key("enter")
        await shown(chat)
        await chat.until(lambda: "it holds the passage no more" in chat.words and "f shows the file" in chat.words)
        await chat.sees("Paragraph 200:")
        await chat.key("f")
        await chat.sees("The sea is empty.")
        await chat.key("p")
        await chat.sees("Paragraph 200:")
        await chat.key("escape")
        file.unlink()
        chat.app.screen.query_one(RankingCard).focus()
        await chat.key("enter")
        await shown(chat)
        await chat.until(lambda: "is gone. The passage is shown as it was indexed." in chat.words)
        await chat.sees("Paragraph 200:")


async def test_a_passage_of_an_older_chat_is_looked_up_in_the_index(drive, notes, home):
    script = found(notes / "sea.md", "number 200 ")
    for item in script["heads"]["retrieval"]["items"]:
        del item["path"], item["line"]
    DocumentIndex(home / "index.db").add([notes])
    async with drive(script, size=WIDE) as chat:
        await opened(chat)
        await chat.sees(str(notes / "sea.md"), "Paragraph 200:", "401")


async def test_a_passage_of_no_file_is_shown_itself(drive):
    async with drive() as chat:
        await opened(chat)
        await chat.sees("It is not known which file", "One file of under 20 lines is a head")


async def test_control_characters_do_not_reach_the_terminal(drive, notes):
    (notes / "odd.txt").write_bytes("A \x1b[31mred\x07 whale\tswims in [bold]markup[/] 鯨".encode())
    async with drive(found(notes / "odd.txt", "whale")) as chat:
        await opened(chat)
        await chat.sees("A \ufffd[31mred\ufffd whale swims in [bold]markup[/] 鯨")


async def test_a_wide_line_is_wrapped_and_marked_whole(drive, notes):
    (notes / "wide.txt").write_text("鯨は海にいる。" * 60)
    async with drive(found(notes / "wide.txt", "鯨"), size=(60, 20)) as chat:
        await opened(chat)
        lines = chat.app.screen.query_one(Lines)
        assert lines.virtual_size.height >= 14
        assert max(len(row.strip()) for row in chat.text.splitlines() if "鯨" in row) >= 26
        chat.app.screen.action_copy()
        assert chat.app.clipboard.startswith("鯨は海にいる")


@pytest.mark.skipif(os.name != "posix", reason="needs a pipe")
async def test_a_pipe_in_place_of_the_file_does_not_hold_up_the_app(drive, notes):
    script = found(notes / "sea.md", "number 200 ")
    (notes / "sea.md").unlink()
    os.mkfifo(notes / "sea.md")
    async with drive(script) as chat:
        await opened(chat)
        await chat.sees("is no file")


async def test_lines_are_wrapped_where_the_bar_begins(drive, notes):
    async with drive(found(notes / "sea.md", "number 200 "), size=(61, 20)) as chat:
        await opened(chat)
        lines = chat.app.screen.query_one(Lines)
        assert not lines.show_horizontal_scrollbar
        assert lines.show_vertical_scrollbar
        start = chat.words.index("Paragraph 200:")
        seen = chat.words[start:].split()
        words = " ".join(word for word in seen if word == "200" or word.strip("▁▂▃▄▅▆▇█0123456789"))
        assert words.startswith(
            "Paragraph 200: the whale number 200 swims a long way through the cold sea and comes back in the spring."
        )
