"""Fusion of BM25 and dense vectors: what is ranked, and by which score.

    score(q, d) = BM25(q, d) / max over d' of BM25(q, d') + weight * max(cosine(q, d), 0) ** sharpness

over the union of the best of either side. Dividing by the best BM25 score of the query gives the lexical part one scale
for short and long queries. The power lets the vectors speak where they are sure: on texts like those that they were
trained on the best passages have cosines of 0.9, on others of 0.8 and less, and 0.9 ** 8 is 2.5 times 0.8 ** 8. Where
no document shares a word with the query, the cosine alone ranks.

Source: convex combination as in Bruch et al. 2023, "An Analysis of Fusion Functions for Hybrid Retrieval"; the power is
chatkit's own, and 1 is their form.
"""

# N = documents, C = candidates, K = width of a vector

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from chatkit.search.bm25 import BM25

POOL = 100  # candidates from either side
_WEIGHT, _SHARPNESS = "fusion_weight", "fusion_sharpness"
_ROWS = 16384  # rows of vectors that are widened to float32 at a time

Qrels = Mapping[str, Mapping[str, int]]


@dataclasses.dataclass(frozen=True)
class Fusion:
    """How much the vectors count beside BM25.

    Args:
        weight: Weight of the cosine; 0 is BM25 alone.
        sharpness: Power of the cosine, at least 1.
    Raises:
        ValueError: If one is out of range.
    """

    weight: float = 0.0
    sharpness: float = 1.0

    def __post_init__(self) -> None:
        if self.weight < 0 or self.sharpness < 1:
            raise ValueError(f"weight must be >= 0 and sharpness >= 1, got {self}")

    @classmethod
    def fitted(cls, values: Mapping[str, float]) -> Fusion:
        """What ``as_fitted`` wrote among the values that were fitted for a head; BM25 alone where it is not there."""
        return cls(values.get(_WEIGHT, 0.0), values.get(_SHARPNESS, 1.0))

    def as_fitted(self) -> dict[str, float]:
        """Plain data, to be kept beside the weights of a head."""
        return {_WEIGHT: self.weight, _SHARPNESS: self.sharpness}


WORDS_ALONE = Fusion()


@dataclasses.dataclass(frozen=True)
class Candidates:
    """Documents that may answer one query.

    Args:
        documents: Their numbers, (C,), ascending.
        lexical: BM25 scores divided by the best of the query, (C,), 0 to 1.
        cosine: Cosines with the query, (C,); zeros without vectors.
    """

    documents: np.ndarray
    lexical: np.ndarray
    cosine: np.ndarray

    def ranked(self, fusion: Fusion, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k best documents by the fused score, best first, and their scores.

        With a weight of 0 this is BM25 alone: documents that share no word with the query are left out.
        """
        scores = self.lexical + fusion.weight * np.maximum(self.cosine, 0) ** fusion.sharpness
        order = np.argsort(-scores, kind="stable")
        if fusion.weight == 0:
            order = order[self.lexical[order] > 0]
        return self.documents[order[:k]], scores[order[:k]]


def cosines(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    """Inner products of unit vectors with a query.

    Args:
        vectors: (N, K), float16 or float32, of unit norm.
        query: (K,), of unit norm.
    Returns:
        (N,), float32.
    """
    query = query.astype(np.float32, copy=False)
    if vectors.dtype == np.float16 and len(vectors):
        return _half_cosines(vectors, query)
    blocks = [vectors[i : i + _ROWS].astype(np.float32, copy=False) @ query for i in range(0, len(vectors), _ROWS)]
    return np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.float32)


def _half_cosines(vectors: np.ndarray, query: np.ndarray) -> np.ndarray:
    """The same for float16, by a product of torch's that widens in registers; numpy's takes 15 times as long."""
    import torch

    with torch.inference_mode():
        found = torch.mv(torch.from_numpy(vectors), torch.from_numpy(query).half())
    out: np.ndarray = found.float().numpy()
    return out


def candidates(
    bm25: BM25,
    words: Sequence[str],
    vectors: np.ndarray | None = None,
    query: np.ndarray | None = None,
    n: int = POOL,
) -> Candidates:
    """The union of the n best documents by BM25 and the n nearest by cosine, with both scores.

    Args:
        bm25: Index of N documents.
        words: Words of the query.
        vectors: Vectors of the documents, (N, K), unit norm; None without a dense part.
        query: Vector of the query, (K,), unit norm.
        n: Documents from either side.

    Raises:
        ValueError: If there are more or fewer vectors than documents, or one of the two is missing.
    """
    if (vectors is None) != (query is None):
        raise ValueError("give both vectors and query, or neither")
    scores = bm25.scores(words)
    best = float(scores.max(initial=0.0))
    chosen = np.argpartition(-scores, n - 1)[:n] if len(scores) > n else np.arange(len(scores))
    chosen = chosen[scores[chosen] > 0]
    near = np.zeros(len(scores), dtype=np.float32)
    if vectors is not None and query is not None:
        if len(vectors) != len(scores):
            raise ValueError(f"{len(vectors)} vectors for {len(scores)} documents")
        near = cosines(vectors, query)
        nearest = np.argpartition(-near, n - 1)[:n] if len(near) > n else np.arange(len(near))
        chosen = np.union1d(chosen, nearest)
    chosen = np.sort(chosen)
    lexical = scores[chosen] / best if best > 0 else scores[chosen]
    # Those few in float32 again: float16 products are rounded to a thousandth, which may change places.
    if vectors is not None and query is not None:
        near[chosen] = vectors[chosen].astype(np.float32) @ query.astype(np.float32)
    return Candidates(chosen, lexical, near[chosen])


@dataclasses.dataclass(frozen=True)
class Pool:
    """Queries of one set with their candidates and judgements.

    Args:
        ids: Identifier of each document, N of them.
        candidates: Query id -> its candidates.
        qrels: Query id -> document id -> grade.
    """

    ids: Sequence[str]
    candidates: Mapping[str, Candidates]
    qrels: Qrels

    def run(self, fusion: Fusion, k: int = POOL) -> dict[str, list[str]]:
        """Rankings of all queries: query id -> document ids, best first."""
        return {query: [self.ids[i] for i in found.ranked(fusion, k)[0]] for query, found in self.candidates.items()}
