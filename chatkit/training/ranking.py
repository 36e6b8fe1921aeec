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
from chatkit.metrics.ranking import mrr_at_k, ndcg_at_k, recall_at_k
from chatkit.search.bm25 import BM25
from chatkit.search.fusion import Candidates, Choice, Pool, candidates, choose_weight
from chatkit.search.words import document_words, query_words

FUSION = "fusion_weight"
_FIT_QUERIES = 400


def collection_pool(assistant: Assistant, head: Head, collection: Collection, *, most: int = 0, seed: int = 0) -> Pool:
    """Candidates of every judged query of a collection.

    Args:
        assistant: Its encoder.
        head: Makes the vectors; its first field is the query, its second the document.
        collection: Corpus, queries and judgements.
        most: At most so many queries, drawn with the seed; 0 takes all.
    """
    query_field, doc_field = head.fields
    ids = list(collection.corpus)
    texts = [collection.corpus[i] for i in ids]
    bm25 = BM25.build(document_words(text) for text in texts)
    names = [name for name in collection.queries if name in collection.qrels]
    if most and len(names) > most:
        keep = np.random.default_rng(seed).permutation(len(names))[:most]
        names = [names[i] for i in sorted(keep.tolist())]
    documents = assistant.vectors(head, texts, doc_field)
    queries = assistant.vectors(head, [collection.queries[name] for name in names], query_field)
    found: dict[str, Candidates] = {
        name: candidates(bm25, query_words(collection.queries[name]), documents, queries[i])
        for i, name in enumerate(names)
    }
    return Pool(ids, found, {name: collection.qrels[name] for name in names})


def ranking_metrics(pool: Pool, weight: float) -> dict[str, Metric]:
    """MRR@10, nDCG@10 and Recall@10 of the fusion, and the same of BM25 and of the vectors alone."""
    dense = {
        query: [pool.ids[i] for i in found.documents[np.argsort(-found.cosine, kind="stable")[:10]]]
        for query, found in pool.candidates.items()
    }
    runs: Mapping[str, Mapping[str, Sequence[str]]] = {
        "": pool.run(weight),
        "bm25_": pool.run(0.0),
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
        say(f"choosing the weight of {name} beside BM25 on dev")
        choice, sets = fit_fusion(assistant, head, folders, most=_FIT_QUERIES, seed=seed)
        setup = assistant.setups[name]
        assistant.setups[name] = dataclasses.replace(setup, fitted={**setup.fitted, FUSION: choice.weight})
        table = {str(weight): [round(f, 4) for f in figures] for weight, figures in choice.table.items()}
        assistant.report.setdefault("fusion", {})[name] = {"sets": sets, "ndcg@10": table}


def fit_fusion(
    assistant: Assistant, head: Head, folders: Sequence[Path], *, most: int, seed: int
) -> tuple[Choice, list[str]]:
    """Choose the weight of the vectors beside BM25 on the dev parts of data sets.

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
        return Choice(0.0, {}), []
    return choose_weight(pools, ndcg_at_k), names
