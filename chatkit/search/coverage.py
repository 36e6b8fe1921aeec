"""How much of a query a passage holds: unlike a score, comparable between queries and collections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from chatkit.search.bm25 import BM25
from chatkit.search.words import document_words, is_stop_word

_SHORTENED = frozenset(
    ("s", "t", "d", "m", "re", "ve", "ll")
)  # what is left of "what's" and "don't": in many a passage


def coverage(bm25: BM25, words: Sequence[str], passages: Iterable[str]) -> list[tuple[float, int]]:
    """Share of the query in each passage, and how many of its words.

    Args:
        bm25: Index of the collection, which knows how rare a word is; a word that it does not hold is the rarest.
        words: Words of the query.
        passages: Texts.
    Returns:
        Of each passage the sum of the inverse document frequencies of the query's words that it holds, divided by that
        of all of them, 0 to 1, but 0 where all are stop words, of which any text is full; and the number of different
        words that it holds.
    """
    distinct = sorted(set(words) - _SHORTENED)
    weights, told = bm25.idf(distinct), not all(map(is_stop_word, distinct))
    out = []
    for passage in passages:
        held = set(document_words(passage))
        inside = np.array([word in held for word in distinct], dtype=bool)
        out.append((float(weights[inside].sum() / weights.sum()) if told else 0.0, int(inside.sum())))
    return out
