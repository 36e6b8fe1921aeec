"""Whatever stands in a file, the readers yield sound records or name the line; nothing else is raised."""

import csv
import gzip
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.data.rows import cut
from chatkit.errors import DataError

words = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["text", "label", "turns", "speaker", "x"]), inner)
    ),
    max_leaves=8,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("rows")


def read(name, file, problems=None):
    return list(READERS[name].read(file, "train", "skip", problems or Problems()))


@given(rows=st.lists(st.tuples(words, words), min_size=1))
@settings(max_examples=50, deadline=None)
def test_written_rows_come_back(folder, rows):
    expected = [{"text": text, "label": label.strip()} for text, label in rows]
    file = folder / "a.jsonl.gz"
    file.write_bytes(
        gzip.compress("\n".join(json.dumps({"text": t, "label": k}, ensure_ascii=False) for t, k in rows).encode(), 1)
    )
    assert read("labelled", file) == expected


@given(rows=st.lists(st.tuples(words, words), min_size=1), suffix=st.sampled_from([".csv", ".tsv"]))
@settings(max_examples=50, deadline=None)
def test_written_tables_come_back(folder, rows, suffix):
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter="\t" if suffix == ".tsv" else ",", quoting=csv.QUOTE_ALL)
    writer.writerows([("text", "label"), *rows])
    file = folder / f"a{suffix}"
    file.write_bytes(out.getvalue().encode())
    assert read("labelled", file) == [{"text": text, "label": label.strip()} for text, label in rows]


@given(rows=st.lists(json_values, max_size=6), name=st.sampled_from(["dialogue", "labelled", "translation"]))
@settings(max_examples=60, deadline=None)
def test_any_json_is_a_record_or_a_counted_problem(folder, rows, name):
    file = folder / "b_en_fr.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    problems = Problems()
    try:
        good = read(name, file, problems)
    except DataError:
        good = []
    assert len(good) + problems.count == len(rows)


@given(data=st.binary(max_size=400), suffix=st.sampled_from([".jsonl", ".csv", ".tsv", ".txt", ".jsonl.gz"]))
@settings(max_examples=80, deadline=None)
def test_any_bytes_raise_nothing_but_a_data_error(folder, data, suffix):
    file = folder / f"c{suffix}"
    file.write_bytes(data)
    for name in ("dialogue", "labelled"):
        try:
            records = read(name, file)
        except DataError:
            continue
        assert all(isinstance(record, dict) and record for record in records)


@given(text=st.text(), size=st.integers(1, 20))
def test_cut_loses_nothing(text, size):
    pieces = list(cut(text, size))
    assert "".join(pieces) == text
    assert max(map(len, pieces)) <= size
