"""Prints nDCG@10, MRR@10 and Recall@10 of our BM25 beside those of bm25s with its own defaults::

python tests/benchmarks/bm25.py FOLDER_OF_SETS tldr_howto faq_dstc9 medquad --split dev
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import bm25s

from chatkit.data.readers import Collection, read_collection
from chatkit.metrics.ranking import mrr_at_k, ndcg_at_k, recall_at_k
from chatkit.search.bm25 import BM25
from chatkit.search.words import document_words, query_words

Runs = Mapping[str, Sequence[str]]


def ours(collection: Collection) -> Runs:
    """Rankings by chatkit's words and constants."""
    ids = list(collection.corpus)
    index = BM25.build(map(document_words, collection.corpus.values()))
    return {query: [ids[i] for i in index.top(query_words(text), 100)[0]] for query, text in collection.queries.items()}


def defaults(collection: Collection) -> Runs:
    """Rankings by the library as it comes: English stop words, no stemming, k1 1.5, b 0.75."""
    ids, queries = list(collection.corpus), list(collection.queries)
    model = bm25s.BM25()
    model.index(bm25s.tokenize(list(collection.corpus.values()), show_progress=False), show_progress=False)
    words = bm25s.tokenize(list(collection.queries.values()), show_progress=False, return_ids=False)
    found, scores = model.retrieve(words, k=min(100, len(ids)), show_progress=False)
    return {
        query: [ids[i] for i, score in zip(found[row], scores[row], strict=True) if score > 0]
        for row, query in enumerate(queries)
    }


def main() -> None:
    """Print one line per set and method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("sets", nargs="+")
    parser.add_argument("--split", default="dev")
    arguments = parser.parse_args()
    methods: dict[str, Callable[[Collection], Runs]] = {"chatkit": ours, "bm25s": defaults}
    for name in arguments.sets:
        collection = read_collection(arguments.folder / name, arguments.split)
        for method, rank in methods.items():
            run = rank(collection)
            figures = [measure(run, collection.qrels) for measure in (ndcg_at_k, mrr_at_k, recall_at_k)]
            print(f"{name:20} {method:8} ndcg@10 {figures[0]:.4f} mrr@10 {figures[1]:.4f} recall@10 {figures[2]:.4f}")


if __name__ == "__main__":
    main()
