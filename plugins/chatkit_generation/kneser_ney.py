"""Interpolated modified Kneser-Ney n-gram model over integer ids.

    p_k(w | h) = max(a(hw) - D(a(hw)), 0) / S(h) + g(h) * p_{k-1}(w | h without its first word)

with adjusted counts a: how often hw occurs at the highest order and for n-grams that begin a sequence, else how many
different words precede it; S(h) their sum over w; three discounts D per order from counts of counts; and g(h) the mass
that the discounts set free. p_0 is uniform. Each sequence begins with a marker that is context and never predicted;
no context crosses a sequence.

Source: Chen & Goodman 1999, "An empirical study of smoothing techniques for language modeling", section 3.
"""

# T = tokens of all sequences with their markers, G = different n-grams of one order, V = vocabulary

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ids = Sequence[int] | NDArray[np.integer[Any]]


@dataclasses.dataclass(frozen=True)
class Order:
    """The n-grams of one order; the number of an n-gram is its place in ``keys``.

    Args:
        keys: context * (V + 1) + word, sorted, (G,); the context is the number of an n-gram of the order below.
        value: Discounted probability of each n-gram, without what is interpolated, (G,).
        rest: Mass that each context leaves to the order below, (contexts,); 1 where it was never continued.
        adjusted: Count of each n-gram that was discounted, (G,).
        discounts: What is taken off counts of 0, 1, 2, and 3 or more, (4,).
    """

    keys: np.ndarray
    value: np.ndarray
    rest: np.ndarray
    adjusted: np.ndarray
    discounts: np.ndarray


class KneserNey:
    """A trained model.

    Args:
        orders: Tables from unigrams up.
        vocabulary_size: Ids are 0 to vocabulary_size - 1; that of the marker is vocabulary_size.
    """

    def __init__(self, orders: Sequence[Order], vocabulary_size: int) -> None:
        self.orders = orders
        self.vocabulary_size = vocabulary_size

    @classmethod
    def train(cls, sequences: Iterable[Ids], order: int, vocabulary_size: int) -> KneserNey:
        """Count and smooth.

        Args:
            sequences: Ids of each text; an end that is to be predicted must be one of them.
            order: Length of the longest n-grams.
            vocabulary_size: Number of ids; those never seen share the uniform part.

        Raises:
            ValueError: If there is nothing to count, an id is out of range or the order is below 1.
        """
        if order < 1:
            raise ValueError(f"order must be at least 1, got {order}")
        tokens, place = _stream(sequences, vocabulary_size)
        if not (place > 0).any():
            raise ValueError("there is no token to train on")
        width = vocabulary_size + 1
        tables: list[Order] = []
        previous = np.zeros(len(tokens), dtype=np.int64)  # number of the n-gram below that ends at each token
        below = None
        for k in range(1, order + 1):
            ends = np.flatnonzero(place >= k - 1)
            context = previous[ends - 1] if k > 1 else np.zeros(len(ends), dtype=np.int64)
            keys, number, counts = np.unique(context * width + tokens[ends], return_inverse=True, return_counts=True)
            here = np.full(len(tokens), -1, dtype=np.int64)
            here[ends] = number
            opening = np.zeros(len(keys), dtype=bool)
            opening[number[place[ends] == k - 1]] = True
            if below is not None:
                suffix = np.empty(len(keys), dtype=np.int64)
                suffix[number] = previous[ends]
                tables.append(_smooth(*below, np.bincount(suffix, minlength=len(below[0])), width))
            below = (keys, counts, opening, len(tables[-1].keys) if tables else 1)
            previous = here
        assert below is not None
        tables.append(_smooth(*below, None, width))
        return cls(tables, vocabulary_size)

    def nats(self, sequences: Iterable[Ids]) -> np.ndarray:
        """Negative log-likelihood of each sequence, in nats, given that it begins.

        Args:
            sequences: Ids of each text.
        Returns:
            (sequences,), float64.

        Raises:
            ValueError: If an id is out of range.
        """
        tokens, place = _stream(sequences, self.vocabulary_size)
        starts = np.flatnonzero(place == 0)
        if not len(starts):
            return np.zeros(0)
        probability = np.full(len(tokens), 1 / self.vocabulary_size)
        for table, context, found in self._found(tokens, place):
            known, seen = context >= 0, found >= 0
            probability = np.where(known, table.rest[np.maximum(context, 0)], 1.0) * probability
            probability += np.where(seen, table.value[np.maximum(found, 0)], 0.0)
        losses = -np.log(probability)
        losses[starts] = 0.0  # the marker is given
        return np.add.reduceat(losses, starts)

    def found(self, sequences: Iterable[Ids]) -> Iterator[tuple[Order, np.ndarray, np.ndarray]]:
        """Of each order, from unigrams up, what it knows of each token.

        Args:
            sequences: Ids of each text; a marker is put before each.
        Yields:
            The order, the number of the context of each token (T,) and of the n-gram that ends there (T,); -1 where
            the order does not know it.

        Raises:
            ValueError: If an id is out of range.
        """
        yield from self._found(*_stream(sequences, self.vocabulary_size))

    def _found(self, tokens: np.ndarray, place: np.ndarray) -> Iterator[tuple[Order, np.ndarray, np.ndarray]]:
        previous = np.zeros(len(tokens), dtype=np.int64)
        for k, table in enumerate(self.orders, 1):
            context = np.zeros(len(tokens), dtype=np.int64)
            if k > 1:
                context[1:] = previous[:-1]
                context[place < k - 1] = -1
            keys = context * (self.vocabulary_size + 1) + tokens
            found = np.minimum(np.searchsorted(table.keys, keys), len(table.keys) - 1)
            previous = np.where((context >= 0) & (table.keys[found] == keys), found, -1)
            yield table, context, previous


def _stream(sequences: Iterable[Ids], size: int) -> tuple[np.ndarray, np.ndarray]:
    """All sequences behind one another, each after a marker (id V): tokens (T,) and place in the sequence (T,)."""
    arrays = [np.asarray(sequence, dtype=np.int64) for sequence in sequences]
    if any(len(a) and (a.min() < 0 or a.max() >= size) for a in arrays):
        raise ValueError(f"ids must lie between 0 and {size - 1}")
    marker = np.array([size], dtype=np.int64)
    tokens = np.concatenate([part for a in arrays for part in (marker, a)] or [np.zeros(0, dtype=np.int64)])
    places = np.concatenate([np.arange(len(a) + 1) for a in arrays] or [np.zeros(0, dtype=np.int64)])
    return tokens, places


def _smooth(
    keys: np.ndarray,
    counts: np.ndarray,
    opening: np.ndarray,
    contexts: int,
    continuations: np.ndarray | None,
    width: int,
) -> Order:
    """Discount the n-grams of one order.

    Args:
        keys: context * (V + 1) + word, sorted, (G,).
        counts: How often each occurs, (G,).
        opening: Whether it begins with the marker, and so is preceded by nothing, (G,).
        contexts: Number of n-grams of the order below.
        continuations: How many different words precede each, (G,); None at the highest order.
        width: V + 1.
    """
    adjusted = counts if continuations is None else np.where(opening, counts, continuations)
    adjusted = np.where(keys % width == width - 1, 0, adjusted)  # the marker is never predicted
    discounts = _discounts(adjusted)
    discount = discounts[np.minimum(adjusted, 3)]
    context = keys // width
    total = np.bincount(context, weights=adjusted, minlength=contexts)
    freed = np.bincount(context, weights=discount, minlength=contexts)
    safe = np.where(total > 0, total, 1.0)
    rest = np.where(total > 0, freed / safe, 1.0)
    return Order(keys, (adjusted - discount) / safe[context], rest, adjusted, discounts)


def _discounts(counts: np.ndarray) -> np.ndarray:
    """What is taken off counts of 0, 1, 2, and 3 or more, (4,); one half where there is too little to estimate."""
    n1, n2, n3, n4 = (float((counts == i).sum()) for i in range(1, 5))
    if not all((n1, n2, n3, n4)):
        return np.array([0.0, 0.5, 0.5, 0.5])
    y = n1 / (n1 + 2 * n2)
    estimate = [0.0, 1 - 2 * y * n2 / n1, 2 - 3 * y * n3 / n2, 3 - 4 * y * n4 / n3]
    return np.clip(estimate, 0.0, [0.0, 1.0, 2.0, 3.0])
