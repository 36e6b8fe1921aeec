"""Pairs of pieces of each training domain apart, kept sparse: most pairs stand in few domains.

V = vocabulary, M = domains, P = pairs kept, Q = cells (a pair in a domain), N = pieces of a text
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
_PRIOR = 20.0  # pairs of all domains together that every domain is given after each piece beside its own
_MOST, _MOST_DOMAINS = 255, 255  # counts and domains are stored as bytes


class DomainPairs:
    """Counts of pairs in each domain.

    Args:
        before: (P,) what stands first in each pair, 0 for the start of a text and else 1 + its id.
        num_domains: Number of domains M.
        tensors: ``sizes`` (P,) domains that have each pair, ``owners`` (Q,) the domains, pair by pair, and ``cells``
            (Q,) the counts; all bytes.
        vocab_size: Number of ids V.
    """

    def __init__(self, before: Ints, num_domains: int, tensors: Mapping[str, NDArray[Any]], vocab_size: int) -> None:
        self.sizes, self.owners, self.cells = (tensors[name] for name in ("sizes", "owners", "cells"))  # kept as bytes
        if len(self.sizes) != len(before) or self.sizes.sum() != len(self.cells) or len(self.owners) != len(self.cells):
            raise ValueError("the tables of pairs do not fit each other")
        self._starts = np.cumsum(self.sizes, dtype=np.int64) - self.sizes
        place = np.repeat(before, self.sizes) * num_domains + self.owners
        totals = np.bincount(place, weights=self.cells, minlength=(vocab_size + 1) * num_domains)
        self._totals = totals.reshape(vocab_size + 1, num_domains).astype(np.float32)

    def nats(self, found: Ints, hit: NDArray[np.bool_], before: Ints, pooled: Floats) -> Floats:
        """Nats of a text under each domain, (M,).

        Args:
            found: (N,) place of each of its pairs in the table.
            hit: (N,) whether the pair is there at all.
            before: (N,) what stands first in the pair, as above.
            pooled: (N,) probability of the second piece under all domains together.
        Source: a Dirichlet prior on every domain's pairs, MacKay & Peto 1995.
        """
        sizes = np.where(hit, self.sizes[found], 0).astype(np.int64)
        rows = np.repeat(np.arange(len(found)), sizes)
        inside = np.arange(len(rows)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        cells = self._starts[found][rows] + inside
        counts = np.zeros((len(found), self._totals.shape[1]))
        counts[rows, self.owners[cells]] = self.cells[cells]
        shares = (counts + _PRIOR * pooled[:, None]) / (self._totals[before] + _PRIOR)
        return np.asarray(-np.log(shares).sum(0))


def pack(keys: Ints, cell_keys: Ints, owners: Ints, counts: Ints) -> dict[str, NDArray[np.uint8]] | None:
    """Tensors of ``DomainPairs``; None where there are more domains than a byte can name.

    Args:
        keys: (P,) sorted pairs that are kept; cells of others are dropped.
        cell_keys: (Q',) pair of each cell, each in one domain once.
        owners: (Q',) its domain.
        counts: (Q',) how often it stands there.
    """
    if len(owners) and owners.max() >= _MOST_DOMAINS:
        return None
    order = np.lexsort((owners, cell_keys))
    cell_keys, owners, counts = cell_keys[order], owners[order], counts[order]
    place = np.searchsorted(keys, cell_keys)
    kept = keys[np.minimum(place, len(keys) - 1)] == cell_keys
    sizes = np.bincount(place[kept], minlength=len(keys))
    return {
        "sizes": sizes.astype(np.uint8),
        "owners": owners[kept].astype(np.uint8),
        "cells": np.minimum(counts[kept], _MOST).astype(np.uint8),
    }


def unpack(keys: Ints, tensors: Mapping[str, NDArray[Any]]) -> tuple[Ints, Ints, Ints]:
    """Pair, domain and count of each cell."""
    sizes = tensors["sizes"].astype(np.int64)
    return np.repeat(keys, sizes), tensors["owners"].astype(np.int64), tensors["cells"].astype(np.int64)
