"""Fusion of BM25 and dense vectors: what is ranked, by which score, and how the weight of the two is chosen.

    score(q, d) = BM25(q, d) / max over d' of BM25(q, d') + weight * cosine(q, d)

over the union of the best of either side. Dividing by the best BM25 score of the query gives the lexical part
one scale for short and long queries. Where no document shares a word with the query, the cosine alone ranks.

Source: convex combination as in Bruch et al. 2023, "An Analysis of Fusion Functions for Hybrid Retrieval".
"""

# N = documents, C = candidates, K = width of a vector, Q = queries

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from chatkit.search.bm25 import BM25

TOLERANCE = 0.001  # a few queries of a dev part change places: less than a tenth of a point tells nothing
POOL = 100  # candidates from either side
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0)
_ROWS = 16384  # rows of vectors that are widened to float32 at a time

Qrels = Mapping[str, Mapping[str, int]]
Measure = Callable[[Mapping[str, Sequence[str]], Qrels], float]


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

    def ranked(self, weight: float, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The k best documents by the fused score, best first, and their scores.

        With a weight of 0 this is BM25 alone: documents that share no word with the query are left out.
        """
        scores = self.lexical + weight * self.cosine
        order = np.argsort(-scores, kind="stable")
        if weight == 0:
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

    def run(self, weight: float, k: int = POOL) -> dict[str, list[str]]:
        """Rankings of all queries with this weight: query id -> document ids, best first."""
        return {query: [self.ids[i] for i in found.ranked(weight, k)[0]] for query, found in self.candidates.items()}


@dataclasses.dataclass(frozen=True)
class Choice:
    """The weight that was chosen, and why.

    Args:
        weight: The weight; 0 where the vectors help nowhere.
        table: Weight -> figure of each set.
    """

    weight: float
    table: Mapping[float, Sequence[float]]


def choose_weight(
    pools: Sequence[Pool], measure: Measure, weights: Iterable[float] = WEIGHTS, tolerance: float = TOLERANCE
) -> Choice:
    """The weight with the best mean figure over sets among those that harm none of them.

    A weight that lowers the figure of any set below that of BM25 alone is ruled out; 0 is always allowed.

    Args:
        pools: Dev parts, at least one.
        measure: Figure of a run, higher is better, such as nDCG@10.
        weights: What to try, each >= 0.
        tolerance: A figure that is lower by no more than this counts as equal.

    Raises:
        ValueError: If there is no pool or a weight is negative.
    """
    tried = sorted({0.0, *weights})
    if not pools or tried[0] < 0:
        raise ValueError("choose_weight needs at least one pool, and weights >= 0")
    table = {weight: [measure(pool.run(weight), pool.qrels) for pool in pools] for weight in tried}
    harmless = [w for w in tried if all(a >= b - tolerance for a, b in zip(table[w], table[0.0], strict=True))]
    return Choice(max(harmless, key=lambda w: sum(table[w])), table)  # the smallest of equals
