import math

import numpy as np
import pytest

from chatkit.errors import StorageError
from chatkit.search.bm25 import BM25

DOCUMENTS = ["a b c", "a a d", "e f", "", "a d d d"]


def build(*texts, **constants):
    return BM25.build([text.split() for text in texts], **constants)


def reference(query, documents, k1, b):
    """BM25 written out from the formula."""
    docs = [text.split() for text in documents]
    mean = sum(map(len, docs)) / len(docs)
    scores = []
    for doc in docs:
        score = 0.0
        for word in query.split():
            df, tf = sum(word in other for other in docs), doc.count(word)
            idf = math.log(1 + (len(docs) - df + 0.5) / (df + 0.5))
            score += idf * tf / (tf + k1 * (1 - b + b * len(doc) / mean)) if tf else 0
        scores.append(score)
    return scores


@pytest.mark.parametrize(("k1", "b"), [(0.6, 0.75), (1.5, 0.0), (0.9, 1.0)])
@pytest.mark.parametrize("query", ["a", "d a", "a a e", "zz a"])
def test_scores_are_those_of_the_formula(query, k1, b):
    scores = build(*DOCUMENTS, k1=k1, b=b).scores(query.split())
    np.testing.assert_allclose(scores, reference(query, DOCUMENTS, k1, b), rtol=1e-5)
    assert scores.dtype == np.float32


def test_top_leaves_out_what_does_not_match_and_keeps_the_order_of_equals():
    index = build("x y", "x z", "q", "x w")
    best, scores = index.top(["x"], 10)
    assert best.tolist() == [0, 1, 3]
    assert len(set(scores.tolist())) == 1
    assert index.top(["x"], 2)[0].tolist() == [0, 1]
    assert index.scores(["x"], np.array([2, 3])).tolist() == [0, scores[0]]


@pytest.mark.parametrize("texts", [[], [""], ["", ""], ["one"], ["one two", ""]])
@pytest.mark.parametrize("query", [[], ["unknown"], ["one"]])
def test_none_or_one_document_and_unknown_words(texts, query):
    index = build(*texts)
    assert len(index) == len(texts)
    assert index.scores(query).shape == (len(texts),)
    best, _ = index.top(query, 5)
    assert best.tolist() == ([0] if query == ["one"] and "one" in " ".join(texts) else [])


def test_saved_and_loaded_it_scores_the_same(tmp_path):
    for texts in (DOCUMENTS, [], ["héllo 你好 x"]):
        index = build(*texts)
        index.save(tmp_path / "index.npz")
        again = BM25.load(tmp_path / "index.npz")
        for query in ("a", "d a", "你好", "zz"):
            np.testing.assert_array_equal(index.scores(query.split()), again.scores(query.split()))
    assert [p.name for p in tmp_path.iterdir()] == ["index.npz"]


def test_a_damaged_or_missing_file_is_named(tmp_path):
    (tmp_path / "index.npz").write_bytes(build(*DOCUMENTS).to_bytes()[:200])
    for name in ("index.npz", "nowhere.npz"):
        with pytest.raises(StorageError):
            BM25.load(tmp_path / name)


def test_constants_out_of_range():
    for k1, b in ((-1, 0.5), (1, 2)):
        with pytest.raises(ValueError):
            build("a", k1=k1, b=b)


def test_nothing_is_printed(capfd):
    build(*DOCUMENTS).top(["a"], 3)
    assert capfd.readouterr() == ("", "")
