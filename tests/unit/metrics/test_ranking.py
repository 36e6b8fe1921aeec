import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.metrics.ranking import mrr_at_k, ndcg_at_k, recall_at_k

QRELS = {"q1": {"a": 3, "b": 2, "c": 0}, "q2": {"d": 1}}
RUN = {"q1": ["c", "b", "x", "a"], "q2": ["x", "y"]}


def test_by_hand():
    assert mrr_at_k(RUN, QRELS) == pytest.approx((1 / 2 + 0) / 2)
    assert recall_at_k(RUN, QRELS, 3) == pytest.approx((1 / 2 + 0) / 2)
    dcg = 2 / math.log2(3) + 3 / math.log2(5)
    ideal = 3 / math.log2(2) + 2 / math.log2(3)
    assert ndcg_at_k(RUN, QRELS) == pytest.approx(dcg / ideal / 2)


def test_the_cut_is_kept():
    assert mrr_at_k({"q": ["x", "a"]}, {"q": {"a": 1}}, 1) == 0
    assert ndcg_at_k({"q": ["x", "a"]}, {"q": {"a": 1}}, 1) == 0


def test_ideal_is_cut_too():
    assert ndcg_at_k({"q": ["a"]}, {"q": {"a": 1, "b": 1}}, 1) == 1


def test_missing_queries_count_as_zero_and_unjudged_ones_are_left_out():
    assert mrr_at_k({"q": ["a"]}, {"q": {"a": 1}, "lost": {"a": 1}, "hopeless": {"a": 0}}) == 0.5
    assert math.isnan(ndcg_at_k({}, {}))


def test_refusals():
    with pytest.raises(ValueError, match="twice"):
        recall_at_k({"q": ["a", "a"]}, {"q": {"a": 1}})
    with pytest.raises(ValueError, match="at least 1"):
        recall_at_k({}, {}, 0)


docs = st.sampled_from("abcdefgh")


@given(
    ranking=st.lists(docs, unique=True),
    grades=st.dictionaries(docs, st.integers(-1, 3), min_size=1),
    k=st.integers(1, 10),
)
def test_bounds_and_the_ideal_ranking(ranking, grades, k):
    if not any(grade > 0 for grade in grades.values()):
        return
    ideal = sorted(grades, key=lambda doc: -grades[doc])
    for measure in (mrr_at_k, ndcg_at_k, recall_at_k):
        value = measure({"q": ranking}, {"q": grades}, k)
        assert 0 <= value <= measure({"q": ideal}, {"q": grades}, k) + 1e-12
    assert ndcg_at_k({"q": ideal}, {"q": grades}, k) == pytest.approx(1)
