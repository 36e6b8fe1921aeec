"""A document opened at a passage: every kind of file, and what may have become of it since it was indexed."""

import json
import os

import pytest

from chatkit.head.answer import Hit
from chatkit.runtime import document_lines, viewing
from chatkit.runtime.document_lines import lines_from
from chatkit.runtime.documents import read_passages
from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.sources import known_state, placed
from chatkit.runtime.viewing import find, number_of, open_at, window_at

PARTS = [f"Paragraph {i}: " + "some words of it " * 12 for i in range(60)]
FILLING = "\n\n".join(PARTS)
HTML = "<html><head><title>A page</title></head>\n<body>\n<h1>Whales</h1>\n\n<p>They live\nin the <b>sea</b>.</p>\n"
KINDS = {
    "a.txt": FILLING,
    "a.md": f"# One\n\n{FILLING}\n\n## Two\n\nThe end of it.\n",
    "a.rst": f"One\n===\n\n{FILLING}\n",
    "a.html": HTML + "".join(f"<p>{part}</p>\n" for part in PARTS) + "</body></html>",
    "a.jsonl": "\n".join(
        json.dumps({"title": f"Row {i}", "text": f"first {i}\r\n\nand {part}"}) for i, part in enumerate(PARTS)
    ),
}


def hits(path):
    return [Hit(p.text, 1.0, f"{path.name}:{p.line}", p.heading, str(path), p.line) for p in read_passages(path)]


def marked(opened):
    """What is marked, a line each."""
    return [opened.window.lines[n].text[a:b] for n, a, b in opened.marks]


def plain(text):
    return "".join(text.split())


@pytest.mark.parametrize(
    ("name", "wide"), [(name, wide) for name in KINDS for wide in (False, True) if not (wide and "json" in name)]
)
def test_every_passage_of_every_kind_is_marked_at_its_place(tmp_path, name, wide):
    path = tmp_path / name
    path.write_bytes(KINDS[name].replace("\n", "\r\n").encode("utf-16" if wide else "utf-8-sig"))
    found = hits(path)
    assert len(found) > 20
    for hit in found:
        opened = open_at(hit)
        assert (opened.note, opened.is_file) == ("", True)
        assert plain("".join(marked(opened))) == plain(hit.text)
        assert opened.window.lines[opened.marks[0][0]].number == hit.line


def test_a_page_of_a_pdf(tmp_path, monkeypatch):
    pypdf = pytest.importorskip("pypdf")
    path = tmp_path / "a.pdf"
    path.write_bytes(b"%PDF")

    class Page:
        def __init__(self, text):
            self.text = text

        def extract_text(self):
            return self.text

    class Reader:
        def __init__(self, path):
            self.pages = [Page(f"page {i}\nwith words\nof whales {i}") for i in range(1, 9)]

    monkeypatch.setattr(pypdf, "PdfReader", Reader)
    opened = open_at(Hit("page 5\nwith words\nof whales 5", 1.0, "a.pdf:5", "Page 5", str(path), 5))
    assert marked(opened) == ["page 5", "with words", "of whales 5"]
    assert {line.number for line in opened.window.lines} == set(range(2, 9))
    assert opened.window.above
    assert not opened.window.below


def test_headings_of_pages_and_rows_are_told_from_text(tmp_path):
    path = tmp_path / "a.html"
    path.write_text(HTML)
    assert [(line.number, line.text, line.heading) for line in lines_from(path) if line.text.strip()] == [
        (1, "A page", True),
        (3, "Whales", True),
        (5, "They live in the sea.", False),
    ]
    rows = tmp_path / "a.jsonl"
    rows.write_text('{"title": "T", "text": "body"}\n\n{broken\n{"turns": [{"speaker": "A", "text": "hi"}]}\n')
    assert [(n, text, heading) for n, text, heading, _ in lines_from(rows)] == [
        (1, "T", True),
        (1, "body", False),
        (3, "{broken", False),
        (4, "A: hi", False),
    ]


def test_a_file_that_is_gone(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("# One\n\nThe whale.\n")
    [hit] = hits(path)
    path.unlink()
    opened = open_at(hit)
    assert opened.note == f"{path} is gone. The passage is shown as it was indexed."
    assert (marked(opened), opened.is_file) == (["The whale."], False)


def test_a_passage_that_has_moved_is_found_where_it_stands_now(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("# One\n\nThe whale.\n")
    [hit] = hits(path)
    state = (path.stat().st_size, path.stat().st_mtime_ns)
    path.write_text("filling\n" * 3000 + "\n# One\n\nThe whale.\n")
    opened = open_at(hit, state)
    assert marked(opened) == ["The whale."]
    assert opened.window.lines[opened.marks[0][0]].number == 3004
    assert opened.note == "This file was changed since it was indexed; the passage still stands in it."


def test_a_passage_that_the_file_holds_no_more(tmp_path):
    path = tmp_path / "a.md"
    path.write_text("The whale.\n")
    [hit] = hits(path)
    path.write_text("The shark.\n")
    opened = open_at(hit)
    assert opened.note == "This file was changed: it holds the passage no more. It is shown as it was indexed."
    assert marked(opened) == ["The whale."]


@pytest.mark.parametrize("junk", [b"\x00\x01\x02junk", b"\x89PNG\r\n\x1a\n\x00\x00"])
def test_a_file_that_became_junk(tmp_path, junk):
    path = tmp_path / "a.txt"
    path.write_text("The whale.")
    [hit] = hits(path)
    path.write_bytes(junk)
    opened = open_at(hit)
    assert "is no text: it holds NUL bytes. The passage is shown as it was indexed." in opened.note
    assert marked(opened) == ["The whale."]


def test_bytes_that_are_no_utf8_are_replaced(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"caf\xe9\nThe whale.\n")
    opened = open_at(Hit("The whale.", 1.0, "a.txt:2", path=str(path), line=2))
    assert [line.text for line in opened.window.lines] == ["caf\ufffd", "The whale."]
    assert marked(opened) == ["The whale."]


@pytest.mark.parametrize("bad", ["", "/nowhere/at/all.md", "relative\0name.md"])
def test_a_path_that_leads_nowhere(bad):
    opened = open_at(Hit("one\ntwo", 1.0, "lines.txt:3", path=bad))
    assert marked(opened) == ["one", "two"]
    assert "The passage is shown" in opened.note or "it is shown" in opened.note


@pytest.mark.skipif(os.name != "posix", reason="needs a pipe")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    opened = open_at(Hit("one", 1.0, "a.txt:1", path=str(tmp_path / "a.txt"), line=1))
    assert "is no file" in opened.note


def test_a_large_file_is_read_in_a_window(tmp_path):
    path = tmp_path / "a.jsonl"
    with path.open("w") as file:
        for i in range(9_000):
            file.write(json.dumps({"text": f"row {i} " + "x" * 100}) + "\n")
    window = window_at(path, 5_000)
    assert window.lines[window.at].number == 5_000
    assert (window.above, window.below) == (True, True)
    assert len(window.lines) <= viewing.BEFORE + viewing.AFTER
    assert sum(len(line.text) for line in window.lines) < 3 * viewing.CHARACTERS
    assert [window_at(path, n).at for n in (1, 3, 9_001)] == [0, 2, 199]
    assert number_of(path, "ROW 8999 ", window, 1) == 9_000
    assert number_of(path, "row 7 ", window, 1) == 8  # from the start again
    assert number_of(path, "row 7 ", window, -1) == 8
    assert number_of(path, "row 8999 ", window, -1) == 9_000  # from the end again
    assert number_of(path, "no such row", window, 1) is None
    assert number_of(path, "row 8999 ", window, 1, lambda: True) is None
    last = window_at(path, None)
    assert (last.lines[-1].number, last.below, last.above) == (9_000, False, True)


def test_a_file_of_one_long_line_is_cut_into_pieces(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(" ".join(f"word{i}" for i in range(60_000)))
    window = window_at(path, 1)
    assert max(len(line.text) for line in window.lines) <= document_lines.LONGEST
    assert {line.number for line in window.lines} == {1}
    assert window.below
    for hit in hits(path)[::90]:  # a passage may stand across two pieces
        assert "".join(marked(open_at(hit))) == hit.text


def test_find_marks_what_stands_there_in_any_case_and_script():
    lines = [document_lines.Line(1, "Die Straße, die STRASSE"), document_lines.Line(2, "鯨は海にいる [b]")]
    assert find(lines, "straße") == [(0, 4, 10)]
    assert find(lines, "海") == [(1, 2, 3)]
    assert find(lines, "[b]") == [(1, 7, 10)]
    assert find(lines, "") == []


def test_the_index_knows_the_state_and_the_file_of_an_older_hit(tmp_path):
    path = tmp_path / "notes" / "a.md"
    path.parent.mkdir()
    path.write_text("# One\n\nThe whale.\n\n# Two\n\nThe whale.\n")
    file = tmp_path / "index.db"
    assert known_state(str(path), file) is None
    assert not file.exists()
    index = DocumentIndex(file)
    index.add([path.parent])
    index.close()
    assert known_state(str(path), file) == (path.stat().st_size, path.stat().st_mtime_ns)
    assert known_state(str(tmp_path / "b.md"), file) is None
    old = Hit("The whale.", 1.0, "a.md:7")
    assert placed(old, file) == Hit("The whale.", 1.0, "a.md:7", path=str(path), line=7)
    assert placed(Hit("The shark.", 1.0, "a.md:7"), file) == Hit("The shark.", 1.0, "a.md:7")
    file.write_bytes(b"junk" * 1000)
    assert placed(old, file) == old
