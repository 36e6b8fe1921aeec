"""How much of a query a passage holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.search.bm25 import BM25
from chatkit.search.coverage import coverage
from chatkit.search.words import document_words, query_words

TEXTS = ["boil the egg for eight minutes", "an egg a day", "the train leaves at noon"]
INDEX = BM25.build(map(document_words, TEXTS))


def test_rare_words_count_more_and_unknown_ones_most():
    egg, train, unknown = INDEX.idf(["egg", "train", "walrus"])
    assert egg < train < unknown


def test_the_share_is_of_the_whole_query():
    (share, matched), (part, one), (none, no) = coverage(INDEX, query_words("boil an egg"), TEXTS)
    assert (share, matched) == (pytest.approx(1.0), 2)
    assert 0 < part < 0.5
    assert one == 1
    assert (none, no) == (0.0, 0)
    assert coverage(INDEX, query_words("boil a walrus"), TEXTS)[0][0] < 0.5


def test_everyday_words_count_half_and_nothing_alone():
    texts = ["another way to boil an egg", "boil the egg", "another day"]
    index = BM25.build(map(document_words, texts))
    (whole, two), (most, one), (none, chance) = coverage(index, query_words("another egg"), texts)
    another, egg = index.idf(["another", "egg"])
    assert whole == pytest.approx((another / 2 + egg) / (another + egg))
    assert most == pytest.approx(egg / (another + egg))
    assert (two, one) == (2, 1)
    assert (none, chance) == (0.0, 1)


@pytest.mark.parametrize("index", [INDEX, BM25.build([])])
@given(st.text(max_size=40), st.text(max_size=40))
def test_any_text_has_a_share_between_0_and_1(index: BM25, query: str, passage: str):
    [(share, matched)] = coverage(index, query_words(query), [passage])
    assert 0 <= share <= 1 + 1e-9
    assert matched <= len(set(query_words(query)))
