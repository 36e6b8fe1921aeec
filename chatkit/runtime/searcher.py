"""Ranks the passages of one or several indexes as if they were one: BM25 over all, fused with vectors.

Postings are built when the texts have changed since the last search, and kept in the first index that is
saved. While files are being read into an index, searches look anew only so often that this costs a tenth of the
time. Vectors take part only if the present encoder made all of them; ``note`` says when they do not.
"""

# N = passages, K = width of a vector

from __future__ import annotations

import dataclasses
import hashlib
import itertools
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import numpy as np

from chatkit.errors import StorageError
from chatkit.head.answer import Hit
from chatkit.runtime.index import DocumentIndex
from chatkit.runtime.index_tables import Snapshot
from chatkit.search.bm25 import BM25
from chatkit.search.coverage import coverage
from chatkit.search.fusion import WORDS_ALONE, Fusion, candidates
from chatkit.search.words import document_words, query_words

WAIT_FACTOR = 10.0  # while files are read: so many times what looking anew took lie between two looks


class Searcher:
    """Search over several indexes.

    Args:
        indexes: The indexes; the texts of all of them are ranked together.
        lineage: The encoder of the query vectors; "" searches by words alone.
        fusion: How much the cosine counts beside BM25.
    """

    def __init__(self, indexes: Sequence[DocumentIndex], *, lineage: str = "", fusion: Fusion = WORDS_ALONE) -> None:
        self.lineage = lineage
        self.fusion = fusion
        self._indexes = list(indexes)
        self._seen: object = None
        self._bm25 = BM25.build([])
        self._postings = ""  # fingerprint of what the postings were made of
        self._passages: list[tuple[DocumentIndex, int]] = []
        self._vectors: np.ndarray | None = None
        self._looked = self._cost = 0.0  # when, by time.monotonic; seconds that it took

    def __len__(self) -> int:
        self._refresh()
        return len(self._passages)

    def search(self, text: str, vector: np.ndarray | None = None, k: int = 10) -> list[Hit]:
        """The k best passages, best first.

        Args:
            text: The query.
            vector: Its vector, (K,), of the encoder ``lineage``; None ranks by words alone.
            k: At most so many.

        Raises:
            StorageError: If an index cannot be read.
        """
        self._refresh()
        vectors = self._vectors if vector is not None and self.fusion.weight > 0 else None
        query = None
        if vectors is not None and vector is not None:
            if vector.shape != vectors.shape[1:]:
                raise ValueError(f"vector must have shape {vectors.shape[1:]}, got {vector.shape}")
            query = vector / max(float(np.linalg.norm(vector)), 1e-12)
        words = query_words(text)
        found = candidates(self._bm25, words, vectors, query)
        best, scores = found.ranked(self.fusion if vectors is not None else WORDS_ALONE, k)
        hits = []
        for number, score in zip(best.tolist(), scores.tolist(), strict=True):
            index, identifier = self._passages[number]
            if hit := index.passage(identifier, score):
                hits.append(hit)
        return self._covered(words, hits)

    def _covered(self, words: Sequence[str], hits: Sequence[Hit]) -> list[Hit]:
        """The hits with how much of the query each of them holds."""
        shares = coverage(self._bm25, words, (f"{hit.heading} {hit.text}" for hit in hits))
        return [
            dataclasses.replace(hit, coverage=share, matched=matched)
            for hit, (share, matched) in zip(hits, shares, strict=True)
        ]

    def note(self) -> str:
        """One line if passages are ranked by words alone since another encoder made vectors; else ""."""
        self._refresh()
        if not self.lineage or self._vectors is not None or not self._passages:
            return ""
        stale = sum(index.stale(self.lineage) for index in self._indexes)
        return f"{stale} passages have no vectors of this model: words alone rank until they are indexed again"

    def _refresh(self) -> None:
        seen = (self.lineage, [index.version() for index in self._indexes])
        if seen == self._seen or (self._seen is not None and not self._is_due()):
            return
        start = time.monotonic()
        with ExitStack() as stack:
            for index in self._indexes:
                stack.enter_context(index.reading())
            parts = [index.snapshot(self.lineage) for index in self._indexes]
            self._passages = [(i, id_) for i, part in zip(self._indexes, parts, strict=True) for id_ in part.ids]
            self._vectors = _joined(parts)
            fingerprint = hashlib.sha256(" ".join(part.fingerprint for part in parts).encode()).hexdigest()
            fresh = fingerprint != self._postings and self._load(fingerprint)
        if fresh and self._are_settled():  # else it waits for who writes, and is out of date at once
            self._store(fingerprint)
        self._postings, self._seen = fingerprint, seen
        self._looked = time.monotonic()
        self._cost = self._looked - start

    def _is_due(self) -> bool:
        """Whether it is time to look anew at what has changed."""
        return time.monotonic() - self._looked >= WAIT_FACTOR * self._cost or self._are_settled()

    def _are_settled(self) -> bool:
        return all(index.settled() for index in self._indexes)

    def _load(self, fingerprint: str) -> bool:
        """Take the postings from a cache, or build them; whether they were built."""
        for index in self._indexes:
            data = index.load_cache("bm25", fingerprint) if index.saved else None
            try:
                if data is not None:
                    self._bm25 = BM25.from_bytes(data)
                    return False
            except StorageError:
                continue  # a damaged cache is built again
        self._bm25 = BM25.build(document_words(text) for text in self._texts())
        return True

    def _texts(self) -> Iterator[str]:
        return itertools.chain.from_iterable(index.texts() for index in self._indexes)

    def _store(self, fingerprint: str) -> None:
        for index in self._indexes:
            if index.saved:
                index.store_cache("bm25", fingerprint, self._bm25.to_bytes())
                return


def _joined(parts: Sequence[Snapshot]) -> np.ndarray | None:
    filled = [part for part in parts if part.ids]
    if not filled or any(part.vectors is None for part in filled):
        return None
    vectors = [part.vectors for part in filled if part.vectors is not None]
    if len({part.shape[1] for part in vectors}) > 1:
        return None
    return np.concatenate(vectors) if len(vectors) > 1 else vectors[0]
