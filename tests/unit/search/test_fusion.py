import numpy as np
import pytest

from chatkit.search.bm25 import BM25
from chatkit.search.fusion import WORDS_ALONE, Fusion, candidates, cosines

INDEX = BM25.build([["cat", "cat", "mat"], ["cat", "dog", "house", "tree"], ["dog"], ["fish"]])
VECTORS = np.eye(4, dtype=np.float16)


def unit(*values):
    return np.array(values, dtype=np.float32) / np.linalg.norm(values)


def test_scores_are_normalised_bm25_plus_weighted_cosine():
    query = unit(0, 0, 3, 4)
    found = candidates(INDEX, ["cat"], VECTORS, query)
    bm25 = INDEX.scores(["cat"])
    documents, scores = found.ranked(Fusion(2.0), 10)
    np.testing.assert_allclose(scores, (bm25 / bm25.max() + 2.0 * query)[documents], rtol=1e-3)
    assert documents.tolist() == [3, 2, 0, 1]


def test_weight_zero_is_bm25_alone():
    documents, _ = candidates(INDEX, ["cat"], VECTORS, unit(0, 0, 3, 4)).ranked(WORDS_ALONE, 10)
    assert documents.tolist() == INDEX.top(["cat"], 10)[0].tolist()


def test_candidates_are_the_union_of_both_sides():
    assert candidates(INDEX, ["cat"], VECTORS, unit(0, 0, 0, 1), n=1).documents.tolist() == [0, 3]


def test_no_known_word_leaves_the_vectors_and_no_vectors_leave_the_words():
    assert candidates(INDEX, ["zz"], VECTORS, unit(0, 1, 0, 0)).ranked(Fusion(0.5), 1)[0].tolist() == [1]
    assert candidates(INDEX, ["fish"]).ranked(Fusion(0.5), 5)[0].tolist() == [3]
    assert candidates(INDEX, ["zz"]).ranked(Fusion(0.5), 5)[0].tolist() == []
    assert candidates(BM25.build([]), ["cat"]).ranked(Fusion(1.0), 5)[0].tolist() == []
    empty = np.zeros((0, 4), np.float16)
    assert candidates(BM25.build([]), ["cat"], empty, unit(1, 0, 0, 0)).ranked(Fusion(1.0), 5)[0].tolist() == []


def test_cosines_in_blocks_equal_one_product():
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((40_000, 8)).astype(np.float32)
    np.testing.assert_allclose(cosines(vectors, vectors[7]), vectors @ vectors[7], rtol=1e-5, atol=1e-5)


def test_float16_products_are_near_and_what_is_ranked_is_exact():
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((2_000, 64)).astype(np.float32)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    query = unit(*rng.standard_normal(64))
    wide = vectors.astype(np.float32) @ query
    np.testing.assert_allclose(cosines(vectors, query), wide, atol=1e-3)
    bm25 = BM25.build([["word"] if i % 3 else ["other"] for i in range(2_000)])
    found = candidates(bm25, ["zz"], vectors, query)
    np.testing.assert_allclose(found.cosine, wide[found.documents], rtol=1e-6, atol=1e-7)
    assert found.ranked(Fusion(1.0), 20)[0].tolist() == np.argsort(-wide, kind="stable")[:20].tolist()


def test_vectors_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="3 vectors for 4 documents"):
        candidates(INDEX, ["cat"], VECTORS[:3], unit(1, 0, 0, 0))
    with pytest.raises(ValueError, match="both"):
        candidates(INDEX, ["cat"], VECTORS)


def test_the_power_leaves_the_order_of_cosines_and_takes_doubtful_ones_out_of_the_score():
    query = unit(0, 0, 3, 4)
    found = candidates(INDEX, ["zz"], VECTORS, query)
    assert found.ranked(Fusion(1.0, 8.0), 2)[0].tolist() == [3, 2]
    np.testing.assert_allclose(found.ranked(Fusion(1.0, 8.0), 2)[1], [0.8**8, 0.6**8], rtol=1e-3)
    away = candidates(INDEX, ["cat"], VECTORS, unit(-1, 0, 0, 0))
    assert away.ranked(Fusion(1.0, 3.0), 1)[0].tolist() == [0]  # a negative cosine is none


def test_what_was_fitted_is_read_again_and_older_weights_are_a_plain_sum():
    assert Fusion.fitted(Fusion(0.75, 8.0).as_fitted()) == Fusion(0.75, 8.0)
    assert Fusion.fitted({"fusion_weight": 0.1}) == Fusion(0.1, 1.0)
    assert Fusion.fitted({}) == WORDS_ALONE
    for wrong in ({"weight": -1.0}, {"weight": 1.0, "sharpness": 0.5}):
        with pytest.raises(ValueError, match="sharpness >= 1"):
            Fusion(**wrong)
