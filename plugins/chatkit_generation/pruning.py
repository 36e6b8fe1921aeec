"""Which n-grams of a Kneser-Ney model are worth their room.

An n-gram is worth what it tells of its own occurrences beyond the order below, each of them left out of its counts
while it is looked at: what was seen once tells nothing then. The model is an interpolated one, so whatever mass goes
with an n-gram falls to the order below, and it stays a distribution without a renormalisation.

Sources: Stolcke 1998, "Entropy-based pruning of backoff language models" (here without what each occurrence tells of
itself); Ney, Essen & Kneser 1995, "On the estimation of small probabilities by leaving-one-out".
"""

# T = tokens of all sequences with their markers, G = different n-grams of one order

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from chatkit_generation.kneser_ney import Ids, KneserNey

_LEAST = 1e-3  # of what a context leaves to the order below: one that leaves nothing would make other words impossible


def gains(model: KneserNey, sequences: Iterable[Ids]) -> list[np.ndarray]:
    """Nats that each n-gram saves on the sequences that the model was trained on, of each order (G,); unigrams 0."""
    out: list[np.ndarray] = []
    below = np.zeros(0)
    for table, context, number in model.found(sequences):
        known = number >= 0
        here, width = number[known], model.vocabulary_size + 1
        total = np.bincount(table.keys // width, weights=table.adjusted, minlength=len(table.rest))[context[known]]
        less = np.maximum(table.adjusted[here] - 1, 0)
        value = np.maximum(less - table.discounts[np.minimum(less, 3)], 0) / np.maximum(total - 1, 1)
        if not out:
            below = np.full(len(number), 1 / model.vocabulary_size)
        lower = below[known]
        full = value + np.clip(table.rest[context[known]], _LEAST, 1) * lower
        saved = np.log(full / lower) if out else np.zeros(len(full))
        out.append(np.bincount(here, weights=saved, minlength=len(table.keys)))
        below = below.copy()
        below[known] = full
    return out


def kept(model: KneserNey, gained: Sequence[np.ndarray], room: int) -> list[np.ndarray]:
    """Which n-grams of each order stay, (G,) bool: those that gain most, and what they go on from.

    Those that begin with the marker go; of unigrams, which need no room, the marker alone does.

    Args:
        model: The model.
        gained: ``gains`` of it.
        room: So many n-grams longer than one token at most.
    """
    inside = _inside(model)
    if len(model.orders) == 1:
        return inside
    worth = [np.where(own, gain, -np.inf) for own, gain in zip(inside, gained, strict=True)]
    order = np.sort(np.concatenate([gain[gain > 0] for gain in worth[1:]]))[::-1]
    low, high = 0, min(room, len(order))
    while low < high:  # the most whose prefixes fit beside them
        middle = (low + high + 1) // 2
        fits = sum(int(own.sum()) for own in _closed(model, worth, order[middle - 1])[1:]) <= room
        low, high = (middle, high) if fits else (low, middle - 1)
    return [inside[0], *_closed(model, worth, order[low - 1] if low else np.inf)[1:]]


def _inside(model: KneserNey) -> list[np.ndarray]:
    """Which n-grams of each order do not begin with the marker, (G,) bool."""
    width = model.vocabulary_size + 1
    out = [model.orders[0].keys % width != model.vocabulary_size]
    for table in model.orders[1:]:
        out.append(out[-1][table.keys // width])
    return out


def _closed(model: KneserNey, worth: Sequence[np.ndarray], least: float) -> list[np.ndarray]:
    """Those worth at least so much, and of each all n-grams that it begins with."""
    out = [gain >= least for gain in worth]
    for k in range(len(out) - 1, 0, -1):
        out[k - 1][model.orders[k].keys[out[k]] // (model.vocabulary_size + 1)] = True
    return out


def tables(model: KneserNey, stay: Sequence[np.ndarray]) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """What stays of each order from pairs up: the place of its context among those of the order below that stay (of
    pairs: the id), its last word and its probability beyond the order below, each (n-grams that stay,)."""
    width = model.vocabulary_size + 1
    out = []
    place = model.orders[0].keys % width
    for table, own in zip(model.orders[1:], stay[1:], strict=True):
        keys = table.keys[own]
        out.append((place[keys // width], keys % width, table.value[own]))
        place = np.cumsum(own) - 1
    return out


def unigrams(model: KneserNey) -> np.ndarray:
    """Probability of each id whatever comes before it, (V,)."""
    table, size = model.orders[0], model.vocabulary_size
    out = np.full(size, table.rest[0] / size)
    ids = table.keys % (size + 1)
    real = ids < size
    out[ids[real]] += table.value[real]
    return out
