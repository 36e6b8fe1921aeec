"""How much of a query a passage holds: unlike a score, comparable between queries and collections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from chatkit.search.bm25 import BM25
from chatkit.search.everyday_words import SHORTENED, is_everyday_word
from chatkit.search.words import document_words

_EVERYDAY = 0.5  # chosen on dev, see chatkit_retrieval.showing


def coverage(bm25: BM25, words: Sequence[str], passages: Iterable[str]) -> list[tuple[float, int]]:
    """Share of the query in each passage, and how many of its words.

    Args:
        bm25: Index of the collection, which knows how rare a word is; a word that it does not hold is the rarest.
        words: Words of the query.
        passages: Texts.
    Returns:
        Of each passage the sum of the inverse document frequencies of the query's words that it holds, divided by that
        of all of them, 0 to 1; of everyday words it holds half. 0 where it holds no others: of stop words any text is
        full, and "another one" is about nothing. And the number of different words that it holds.
    """
    distinct = sorted(set(words) - SHORTENED)
    weights = bm25.idf(distinct)
    telling = np.array([not is_everyday_word(word) for word in distinct], dtype=bool)
    counted = np.where(telling, weights, _EVERYDAY * weights)
    out = []
    for passage in passages:
        held = set(document_words(passage))
        inside = np.array([word in held for word in distinct], dtype=bool)
        share = float(counted[inside].sum() / weights.sum()) if (inside & telling).any() else 0.0
        out.append((share, int(inside.sum())))
    return out
