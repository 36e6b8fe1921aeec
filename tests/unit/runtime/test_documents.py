import json

import pytest

from chatkit.data.records import Problems
from chatkit.errors import DataError
from chatkit.runtime.documents import MAX_BYTES, SkippedFileError, find_documents, read_passages


def read(tmp_path, name, text):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return [(p.heading, p.line, p.text) for p in read_passages(path)]


def test_markdown_by_headings_but_not_those_in_code(tmp_path):
    text = "intro\n\n# One #\n\nfirst\n```sh\n# a comment\n```\nSecond title\n------------\nbody\n\n---\nrule\n"
    assert read(tmp_path, "a.md", text) == [
        ("", 1, "intro"),
        ("One", 5, "first\n```sh\n# a comment\n```"),
        ("Second title", 11, "body\n\n---\nrule"),
    ]


def test_restructuredtext_titles_with_and_without_overline(tmp_path):
    text = "=====\nGuide\n=====\n\nhello\n\nSetup\n~~~~~\n\nsteps\n\n======  =====\na       b\n======  =====\n"
    assert read(tmp_path, "a.rst", text) == [
        ("Guide", 5, "hello"),
        ("Setup", 10, "steps\n\n======  =====\na       b\n======  ====="),
    ]


def test_html_text_with_headings_and_lines(tmp_path):
    text = """<html><head><title>Page &amp; more</title><style>p {color: red}</style>
<body><p>Hello <b>bold</b>
world.</p>
<script>var x = "<p>no</p>";</script>
<h2>Part
two</h2>

<ul><li>one<li>two</ul>
</body></html>"""
    assert read(tmp_path, "a.html", text) == [
        ("Page & more", 2, "Hello bold world."),
        ("Part two", 8, "one\ntwo"),
    ]


def test_broken_html_still_gives_its_text(tmp_path):
    assert read(tmp_path, "a.htm", "<div><p>un<i>closed <!-- c --> text </zz> <") == [("", 1, "unclosed text <")]


def test_plain_text_crlf_and_byte_order_marks(tmp_path):
    assert read(tmp_path, "a.txt", b"\xef\xbb\xbf\r\n\r\nHello\r\nthere") == [("", 3, "Hello\nthere")]
    assert read(tmp_path, "b.txt", "Grüße".encode("utf-16")) == [("", 1, "Grüße")]


def test_jsonl_rows_by_title_or_turns(tmp_path):
    rows = [
        {"title": "T", "text": "body"},
        {"turns": [{"speaker": "A", "text": "hi"}, {"speaker": "B", "text": "ho"}]},
    ]
    text = "\n".join(map(json.dumps, rows)) + "\n{broken\n[1]\n"
    assert read(tmp_path, "a.jsonl", text) == [("T", 1, "body"), ("", 2, "A: hi\nB: ho")]
    problems = Problems()
    list(read_passages(tmp_path / "a.jsonl", problems))
    assert [p.line for p in problems.first] == [3, 4]


def test_heading_and_text_are_searched_together(tmp_path):
    (tmp_path / "a.md").write_text("# How?\nSo.")
    assert next(read_passages(tmp_path / "a.md")).indexed == "How?. So."


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.bin", b"%PDF", "no known kind"),
        ("a.txt", b"caf\xe9", "no UTF-8"),
        ("a.md", b"a\x00b", "NUL"),
        ("a.jsonl", b"{", "no usable row"),
    ],
)
def test_what_is_no_document_is_skipped_with_a_reason(tmp_path, name, data, why):
    with pytest.raises(SkippedFileError, match=why):
        read(tmp_path, name, data)


def test_a_huge_file_is_skipped(tmp_path):
    with (tmp_path / "a.txt").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(SkippedFileError, match="larger than 64 MiB"):
        list(read_passages(tmp_path / "a.txt"))


def test_folders_are_walked_in_order_without_hidden_files(tmp_path):
    for name in ("b.md", "sub/a.txt", ".git/config", ".hidden.txt", "a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [d.name for d in find_documents(tmp_path)] == ["a.png", "b.md", "sub/a.txt"]
    assert [d.name for d in find_documents(tmp_path / "sub/a.txt")] == ["a.txt"]
    with pytest.raises(DataError, match="no such file or folder"):
        list(find_documents(tmp_path / "nowhere"))


def _pdf(*lines):
    """A PDF with a page for each line, written by hand."""
    fonts = b"<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>"
    kids = b" ".join(b"%d 0 R" % (3 + 2 * i) for i in range(len(lines)))
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%b] /Count %d >>" % (kids, len(lines))]
    for i, line in enumerate(lines):
        page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 300] /Resources %b /Contents %d 0 R >>"
        stream = b"BT /F1 12 Tf 20 200 Td (%b) Tj ET" % line.encode()
        objects += [page % (fonts, 4 + 2 * i), b"<< /Length %d >> stream\n%b\nendstream" % (len(stream), stream)]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    tail = b"xref\n0 %d\n0000000000 65535 f \n%btrailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + tail % (len(objects) + 1, table, len(objects) + 1, len(out))


def test_a_pdf_by_pages(tmp_path):
    pytest.importorskip("pypdf", reason="needs the extra: pip install 'chatkit-tui[pdf]'")
    path = tmp_path / "paper.pdf"
    path.write_bytes(_pdf("Whales are mammals.", "Sharks are fish."))
    found = [(p.text, p.heading, p.line) for p in read_passages(path)]
    assert found == [("Whales are mammals.", "Page 1", 1), ("Sharks are fish.", "Page 2", 2)]


@pytest.mark.parametrize("data", [b"", b"not a pdf", b"%PDF-1.4\n1 0 obj\n<<"])
def test_a_damaged_pdf_is_skipped(tmp_path, data):
    pytest.importorskip("pypdf", reason="needs the extra: pip install 'chatkit-tui[pdf]'")
    path = tmp_path / "paper.pdf"
    path.write_bytes(data)
    with pytest.raises(SkippedFileError):
        list(read_passages(path))
