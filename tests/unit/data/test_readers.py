import gzip
import json
import os

import pytest

from chatkit.data.readers import READERS, language_of, read_collection
from chatkit.data.records import Problems
from chatkit.errors import DataError


def read(name, path, split="train", on_error="stop", problems=None):
    return list(READERS[name].read(path, split, on_error, problems or Problems()))


def jsonl(path, *rows):
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), encoding="utf-8"
    )
    return path


GOOD = {"text": "lovely", "label": "positive"}


def test_dialogue_keeps_turns_and_drops_other_fields(tmp_path):
    turns = [{"speaker": "A", "text": "hi"}, {"speaker": "B", "text": "你好"}]
    jsonl(tmp_path / "train.jsonl", {"id": 1, "turns": turns})
    assert read("dialogue", tmp_path) == [{"turns": turns}]


def test_plain_text_comes_in_blocks_that_lose_nothing(tmp_path):
    lines = [f"line {i} " + "word " * 60 for i in range(50)] + ["", "x" * 5000, "", "end"]
    (tmp_path / "dev.txt").write_text("\n".join(lines) + "\n")
    blocks = [record["text"] for record in read("dialogue", tmp_path, "dev")]
    assert max(map(len, blocks)) <= 2000
    assert "".join("".join(blocks).split()) == "".join("".join(lines).split())
    assert len(blocks) < 20


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_gzipped_or_plain_by_folder_or_file(tmp_path, suffix):
    data = (json.dumps(GOOD) + "\n").encode()
    file = tmp_path / f"test{suffix}"
    file.write_bytes(gzip.compress(data) if suffix.endswith("gz") else data)
    assert read("labelled", tmp_path, "test") == read("labelled", file, "train") == [GOOD]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", 'Text,Sentiment\n"two\nlines, one field",positive\n'),
        ("a.csv", 'Text;class\n"two\nlines, one field";positive\n'),
        ("a.tsv", 'id\ttext\tlabel\n7\t"two\nlines, one field"\tpositive\n'),
    ],
)
def test_tables_with_quoted_line_breaks(tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert read("labelled", tmp_path / name) == [{"text": "two\nlines, one field", "label": "positive"}]


def test_byte_order_mark_and_crlf(tmp_path):
    (tmp_path / "train.csv").write_bytes("\ufefftext,label\r\nschön,positive\r\n".encode())
    (tmp_path / "test.jsonl").write_bytes(b"\xef\xbb\xbf" + json.dumps(GOOD).encode() + b"\r\n")
    assert read("labelled", tmp_path) == [{"text": "schön", "label": "positive"}]
    assert read("labelled", tmp_path, "test") == [GOOD]


BAD_ROWS = [
    ('{"text": "cut of', "broken JSON"),
    ('{"text": 1, "label": "a"}', '"text" must be text, not a number'),
    ('{"text": null, "label": "a"}', '"text" must be text, not null'),
    ('{"text": "a", "label": 1}', '"label" must be text, not a number'),
    ('{"text": "a"}', 'no field "label"'),
    ('{"text": " ", "label": "a"}', '"text" is empty'),
    ('["a", "b"]', "not a list"),
    ("[" * 100_000, "broken JSON"),
    ("1" * 5000, "broken JSON"),
]


@pytest.mark.parametrize(("row", "what"), BAD_ROWS, ids=[what for _, what in BAD_ROWS])
def test_a_bad_row_is_named_or_skipped_and_counted(tmp_path, row, what):
    file = jsonl(tmp_path / "train.jsonl", *[GOOD] * 16, row, GOOD)
    with pytest.raises(DataError, match="line 17") as caught:
        read("labelled", tmp_path)
    assert what in str(caught.value)
    assert str(file) in str(caught.value)
    problems = Problems()
    assert read("labelled", tmp_path, on_error="skip", problems=problems) == [GOOD] * 17
    assert problems.count == 1
    assert what in str(problems)


@pytest.mark.parametrize(
    "row",
    [
        {"turns": []},
        {"turns": "hi"},
        {"turns": ["hi"]},
        {"turns": [{"speaker": "A"}]},
        {"turns": [{"speaker": 1, "text": "a"}]},
    ],
)
def test_bad_dialogues(tmp_path, row):
    with pytest.raises(DataError, match="line 1"):
        read("dialogue", jsonl(tmp_path / "a.jsonl", row))


def test_only_the_first_few_problems_are_kept(tmp_path):
    problems = Problems()
    read("labelled", jsonl(tmp_path / "a.jsonl", GOOD, *["{"] * 1000), on_error="skip", problems=problems)
    assert (problems.count, len(problems.first)) == (1000, 5)
    assert "995 more" in str(problems)


def test_invalid_utf8_names_its_line(tmp_path):
    good = json.dumps(GOOD).encode()
    (tmp_path / "train.jsonl").write_bytes(good + b'\n{"text": "\xff"}\n' + good)
    (tmp_path / "a.csv").write_bytes(b"text,label\na,b\n\xe9t\xe9,b\n")
    (tmp_path / "a.txt").write_bytes(b"one\n\xe9t\xe9\nthree")
    for name, path, line in [
        ("labelled", tmp_path, 2),
        ("labelled", tmp_path / "a.csv", 3),
        ("dialogue", tmp_path / "a.txt", 2),
    ]:
        with pytest.raises(DataError, match=f"line {line}: not UTF-8"):
            read(name, path)
    assert read("dialogue", tmp_path / "a.txt", on_error="skip") == [{"text": "one\nthree"}]


def test_a_truncated_gzip_keeps_what_stands_before_the_break(tmp_path):
    rows = "".join(json.dumps({"text": os.urandom(40).hex(), "label": "a"}) + "\n" for _ in range(2000)).encode()
    (tmp_path / "train.jsonl.gz").write_bytes(gzip.compress(rows)[:-20_000])
    with pytest.raises(DataError, match="breaks off"):
        read("labelled", tmp_path)
    problems = Problems()
    assert 100 < len(read("labelled", tmp_path, on_error="skip", problems=problems)) < 2000
    assert problems.count == 1


def test_a_file_that_is_no_gzip(tmp_path):
    (tmp_path / "train.jsonl.gz").write_text("{}\n")
    with pytest.raises(DataError, match="is no gzip file"):
        read("labelled", tmp_path, on_error="skip")


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_an_empty_file_is_an_error(tmp_path, on_error):
    (tmp_path / "train.jsonl").touch()
    with pytest.raises(DataError, match="no usable row"):
        read("labelled", tmp_path, on_error=on_error)


def test_only_bad_rows_is_an_error_that_shows_the_first(tmp_path):
    jsonl(tmp_path / "train.jsonl", "{", "{")
    with pytest.raises(DataError, match=r"all of its 2 rows are bad.*line 1"):
        read("labelled", tmp_path, on_error="skip")


def test_missing_paths_and_wrong_kinds(tmp_path):
    with pytest.raises(DataError, match="no such file or folder"):
        read("labelled", tmp_path / "nowhere")
    jsonl(tmp_path / "test.jsonl", GOOD)
    with pytest.raises(DataError, match=r'no part "dev".*dev\.csv.*it holds test\.jsonl'):
        read("labelled", tmp_path, "dev")
    (tmp_path / "train.jsonl").mkdir()
    with pytest.raises(DataError, match='no part "train"'):
        read("labelled", tmp_path)
    (tmp_path / "a.docx").touch()
    with pytest.raises(DataError, match="no format"):
        read("labelled", tmp_path / "a.docx")
    with pytest.raises(DataError, match="a file where a folder is meant"):
        read("retrieval", tmp_path / "test.jsonl")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file(tmp_path):
    jsonl(tmp_path / "train.jsonl", GOOD).chmod(0)
    with pytest.raises(DataError, match="cannot read"):
        read("labelled", tmp_path)


def test_a_column_missing_or_too_many(tmp_path):
    (tmp_path / "a.csv").write_text("text,label\na,b\nc\nd,e,f\n")
    problems = Problems()
    assert read("labelled", tmp_path / "a.csv", on_error="skip", problems=problems) == [{"text": "a", "label": "b"}]
    assert [p.line for p in problems.first] == [3, 4]


def test_target_language_from_record_folder_or_file_name(tmp_path):
    folder = tmp_path / "phrases_en_fr"
    folder.mkdir()
    jsonl(folder / "train.jsonl", {"src": "yes", "tgt": "oui"}, {"src": "yes", "tgt": "ja", "lang": "de"})
    assert [r["lang"] for r in read("translation", folder)] == ["fr", "de"]
    assert language_of(tmp_path / "words_en_es.csv") == "es"
    with pytest.raises(DataError, match="no target language"):
        read("translation", jsonl(tmp_path / "a.jsonl", {"src": "yes", "tgt": "oui"}))


@pytest.fixture
def beir(tmp_path):
    jsonl(
        tmp_path / "corpus.jsonl",
        {"_id": "d1", "title": "Cats", "text": "They purr"},
        {"_id": "d2", "title": "", "text": "Dogs bark"},
        {"_id": "d3", "text": ""},
    )
    jsonl(tmp_path / "queries.jsonl", {"_id": "q1", "text": "who purrs?"}, {"_id": "q2", "text": "who barks?"})
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels/dev.tsv").write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\t0\nq2\td2\t1\n")
    return tmp_path


def test_retrieval_pairs_are_the_relevant_ones(beir):
    assert read("retrieval", beir, "dev") == [
        {"query": "who purrs?", "doc": "Cats. They purr", "query_id": "q1", "doc_id": "d1"},
        {"query": "who barks?", "doc": "Dogs bark", "query_id": "q2", "doc_id": "d2"},
    ]


def test_collection_holds_the_whole_corpus_and_graded_judgements(beir):
    collection = read_collection(beir, "dev")
    assert collection.corpus == {"d1": "Cats. They purr", "d2": "Dogs bark", "d3": ""}
    assert collection.qrels == {"q1": {"d1": 2, "d2": 0}, "q2": {"d2": 1}}
    assert list(collection.queries) == ["q1", "q2"]


def test_missing_judgements_say_which_parts_there_are(beir):
    for call in (lambda: read_collection(beir, "test"), lambda: read("retrieval", beir, "test")):
        with pytest.raises(DataError, match=r"no qrels/test\.tsv.*judgements: dev"):
            call()
    (beir / "queries.jsonl").unlink()
    with pytest.raises(DataError, match=r"no queries\.jsonl"):
        read_collection(beir, "dev")


@pytest.mark.parametrize("row", ["q1\tnowhere\t1", "nobody\td1\t1", "q1\td1\thigh", "q1 d1 1"])
def test_bad_judgements_are_named(beir, row):
    with (beir / "qrels/dev.tsv").open("a") as file:
        file.write(row + "\n")
    with pytest.raises(DataError, match=r"dev\.tsv, line 5"):
        read_collection(beir, "dev")
    with pytest.raises(DataError, match=r"dev\.tsv, line 5"):
        read("retrieval", beir, "dev")
    assert len(read_collection(beir, "dev", "skip").queries) == 2
