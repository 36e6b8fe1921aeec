"""Ranking of whole collections: BM25, the head's vectors, and both fused.

Q = queries, N = documents
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from chatkit.assistant import Assistant
from chatkit.data.readers import read_collection
from chatkit.data.retrieval import Collection
from chatkit.errors import DataError
from chatkit.head.answer import Metric
from chatkit.head.head import Head
from chatkit.metrics.ranking import mrr_at_k, ndcg, ndcg_at_k, recall_at_k
from chatkit.search.bm25 import BM25
from chatkit.search.choose_fusion import Choice, choose_fusion
from chatkit.search.fusion import WORDS_ALONE, Candidates, Fusion, Pool, candidates
from chatkit.search.words import document_words, query_words

_FIT_QUERIES = 1000


def collection_pool(assistant: Assistant, head: Head, collection: Collection, *, most: int = 0, seed: int = 0) -> Pool:
    """Candidates of every judged query of a collection.

    Args:
        assistant: Its encoder.
        head: Makes the vectors; its first field is the query, its second the document.
        collection: Corpus, queries and judgements.
        most: At most so many queries, drawn with the seed; 0 takes all.
    """
    query_field, doc_field = head.fields
    names = judged_queries(collection, most=most, seed=seed)
    documents = assistant.vectors(head, list(collection.corpus.values()), doc_field)
    queries = assistant.vectors(head, [collection.queries[name] for name in names], query_field)
    return pool_of(collection, names, documents, queries)


def judged_queries(collection: Collection, *, most: int = 0, seed: int = 0) -> list[str]:
    """Names of the queries that are judged; at most so many, drawn with the seed, or all where ``most`` is 0."""
    names = [name for name in collection.queries if name in collection.qrels]
    if most and len(names) > most:
        keep = np.random.default_rng(seed).permutation(len(names))[:most]
        names = [names[i] for i in sorted(keep.tolist())]
    return names


def pool_of(collection: Collection, names: Sequence[str], documents: np.ndarray, queries: np.ndarray) -> Pool:
    """Candidates of queries by BM25 and by vectors.

    Args:
        collection: Corpus, queries and judgements.
        names: The queries, Q of them.
        documents: Vectors of the corpus in its order, (N, K), unit norm.
        queries: Vectors of the queries, (Q, K), unit norm.
    """
    bm25 = BM25.build(document_words(text) for text in collection.corpus.values())
    found: dict[str, Candidates] = {
        name: candidates(bm25, query_words(collection.queries[name]), documents, queries[i])
        for i, name in enumerate(names)
    }
    return Pool(list(collection.corpus), found, {name: collection.qrels[name] for name in names})


def ranking_metrics(pool: Pool, fusion: Fusion) -> dict[str, Metric]:
    """MRR@10, nDCG@10 and Recall@10 of the fusion, and the same of BM25 and of the vectors alone."""
    dense = {
        query: [pool.ids[i] for i in found.documents[np.argsort(-found.cosine, kind="stable")[:10]]]
        for query, found in pool.candidates.items()
    }
    runs: Mapping[str, Mapping[str, Sequence[str]]] = {
        "": pool.run(fusion),
        "bm25_": pool.run(WORDS_ALONE),
        "dense_": dense,
    }
    out = {}
    for prefix, run in runs.items():
        out[f"{prefix}mrr@10"] = Metric(mrr_at_k(run, pool.qrels), "higher")
        out[f"{prefix}ndcg@10"] = Metric(ndcg_at_k(run, pool.qrels), "higher")
        out[f"{prefix}recall@10"] = Metric(recall_at_k(run, pool.qrels), "higher")
    return out


def fit_fusions(
    assistant: Assistant, sources: Mapping[str, Sequence[Path]], *, seed: int, say: Callable[[str], None]
) -> None:
    """Fit how much the vectors of each ranking head count beside BM25; kept in its setup and in the report.

    Args:
        assistant: Its setups and report are changed.
        sources: Data sets of each head that is looked at; heads that do not rank are passed over.
        seed: Seed of the draw of queries.
        say: Told what is done.
    """
    assistant.eval()
    for name, folders in sources.items():
        head = assistant.heads[name]
        if not (head.makes_vectors() and head.reader == "retrieval"):
            continue
        say(f"choosing how much the vectors of {name} count beside BM25, on dev")
        choice, sets = fit_fusion(assistant, head, folders, most=_FIT_QUERIES, seed=seed)
        setup = assistant.setups[name]
        assistant.setups[name] = dataclasses.replace(setup, fitted={**setup.fitted, **choice.fusion.as_fitted()})
        rows = [
            {
                **dataclasses.asdict(trial.fusion),
                "ndcg@10": [round(figure, 4) for figure in trial.figures],
                "not_below": [round(chance, 3) for chance in trial.chances],
                "harmless": trial.harmless,
            }
            for trial in choice.trials
        ]
        table = {"chosen": dataclasses.asdict(choice.fusion), "sets": sets, "trials": rows}
        assistant.report.setdefault("fusion", {})[name] = table
        say(f"{name}: weight {choice.fusion.weight:g}, sharpness {choice.fusion.sharpness:g}")


def fit_fusion(
    assistant: Assistant, head: Head, folders: Sequence[Path], *, most: int, seed: int
) -> tuple[Choice, list[str]]:
    """Choose how much the vectors count beside BM25 on the dev parts of data sets.

    Args:
        assistant: Its encoder.
        head: Makes the vectors.
        folders: Data sets; those without judgements for dev are passed over.
        most: Queries of each set.
        seed: Seed of their draw.
    Returns:
        The choice, and the names of the sets that it was made on.
    """
    pools, names = [], []
    for folder in folders:
        try:
            collection = read_collection(folder, "dev", "skip")
        except DataError:
            continue
        pools.append(collection_pool(assistant, head, collection, most=most, seed=seed))
        names.append(folder.name)
    if not pools:
        return Choice(WORDS_ALONE), []
    return choose_fusion(pools, ndcg, seed=seed), names
