"""MRR, nDCG and recall of rankings against graded judgements, as trec_eval and BEIR define them.

``run`` maps each query to its documents, best first; ``qrels`` maps each query to graded documents, and a
grade above 0 is relevant. A query without an entry in the run counts as 0. A query without any relevant
document is left out, for no ranking could be right.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

Run = Mapping[str, Sequence[str]]
Qrels = Mapping[str, Mapping[str, int]]


def reciprocal_rank(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """1 / rank of the first relevant document among the first k, else 0."""
    return next((1 / rank for rank, doc in enumerate(ranking[:k], 1) if grades.get(doc, 0) > 0), 0.0)


def ndcg(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """DCG@k / ideal DCG@k, where DCG = sum of grade / log2(rank + 1).

    Source: Järvelin & Kekäläinen 2002, with the linear gain of trec_eval's ndcg_cut.
    """
    ideal = sorted((grade for grade in grades.values() if grade > 0), reverse=True)
    best = _dcg(ideal[:k])
    return _dcg([max(grades.get(doc, 0), 0) for doc in ranking[:k]]) / best if best else 0.0


def recall(ranking: Sequence[str], grades: Mapping[str, int], k: int) -> float:
    """Share of the relevant documents that stand among the first k."""
    relevant = {doc for doc, grade in grades.items() if grade > 0}
    return len(relevant.intersection(ranking[:k])) / len(relevant) if relevant else 0.0


def mrr_at_k(run: Run, qrels: Qrels, k: int = 10) -> float:
    """Mean of ``reciprocal_rank`` over the queries; NaN if no query has a relevant document."""
    return _mean(reciprocal_rank, run, qrels, k)


def ndcg_at_k(run: Run, qrels: Qrels, k: int = 10) -> float:
    """Mean of ``ndcg`` over the queries; NaN if no query has a relevant document."""
    return _mean(ndcg, run, qrels, k)


def recall_at_k(run: Run, qrels: Qrels, k: int = 10) -> float:
    """Mean of ``recall`` over the queries; NaN if no query has a relevant document."""
    return _mean(recall, run, qrels, k)


def _dcg(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, 1))


def _mean(measure: Callable[[Sequence[str], Mapping[str, int], int], float], run: Run, qrels: Qrels, k: int) -> float:
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}")
    values = []
    for query, grades in qrels.items():
        if not any(grade > 0 for grade in grades.values()):
            continue
        ranking = run.get(query, ())
        if len(set(ranking[:k])) < len(ranking[:k]):
            raise ValueError(f"the ranking of query {query!r} holds a document twice")
        values.append(measure(ranking, grades, k))
    return math.fsum(values) / len(values) if values else float("nan")
