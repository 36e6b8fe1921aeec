"""Counts of the training text's pieces: how usual a run of pieces is, and which training domain it is most like.

Small models of counts, no weights of a network: pairs of pieces over all domains together, single pieces of each
domain, and (where they are kept) pairs of each domain. V = vocabulary, M = domains, P = pairs kept, N = pieces of a
text
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatkit.confidence.domain_pairs import DomainPairs, pack, unpack

Floats = NDArray[np.float64]
_DISCOUNT = 0.75
_PRIOR = 200.0  # pieces of the pooled text that every domain is given beside its own
_MOST_PAIRS = 100_000
_STEP = 0.1  # nats; log-probabilities are stored as whole numbers of it


@dataclasses.dataclass(frozen=True)
class Fit:
    """How a text fits the counts, in nats over the whole text.

    Args:
        pairs: Under pairs of pieces, all domains together.
        pooled: Under single pieces, all domains together.
        domains: Under single pieces of each domain, (M,).
        unseen: Share of pairs that training has not shown.
        domain_pairs: Under pairs of pieces of each domain, (M,); None where these are not kept.
    """

    pairs: float
    pooled: float
    domains: Floats
    unseen: float
    domain_pairs: Floats | None = None

    @property
    def mixture(self) -> float:
        """Under a mixture of the domains with equal shares, the whole text from one of them."""
        return _mixture(self.domains)

    @property
    def pair_mixture(self) -> float:
        """The same under the pairs of each domain; under those of all domains where they are not kept."""
        return self.pairs if self.domain_pairs is None else _mixture(self.domain_pairs)


class PieceCounts:
    """Counts of the pieces of a training text.

    Args:
        names: Names of the domains.
        tensors: ``keys`` (P,) sorted, ``(before + 1) * V + piece``; ``counts`` (P,); ``backoff`` (V + 1,) share of
            single pieces after each piece; ``totals`` (V + 1,); ``pooled`` (V,) and ``domains`` (M, V) in steps of
            -0.1 nats; and, if pairs of each domain are kept, those of ``DomainPairs``.
    Source: absolute discounting, Ney, Essen & Kneser 1994; pairs beyond the most frequent are dropped.
    """

    def __init__(self, names: Sequence[str], tensors: Mapping[str, NDArray[Any]]) -> None:
        self.names = tuple(names)
        self.tensors = dict(tensors)
        self._keys = np.asarray(tensors["keys"], dtype=np.int64)
        self._counts = np.asarray(tensors["counts"], dtype=np.float64)
        self._backoff = np.asarray(tensors["backoff"], dtype=np.float64)
        self._totals = np.asarray(tensors["totals"], dtype=np.float64)
        self._pooled = np.asarray(tensors["pooled"], dtype=np.float64) * _STEP
        self._domains = np.asarray(tensors["domains"], dtype=np.float64) * _STEP
        self.vocab_size = len(self._pooled)
        if self._domains.shape != (len(self.names), self.vocab_size) or len(self._totals) != self.vocab_size + 1:
            raise ValueError("the tables of counts do not fit each other")
        self._by_domain: DomainPairs | None = None
        if "cells" in tensors:
            self._by_domain = DomainPairs(self._keys // self.vocab_size, len(names), tensors, self.vocab_size)

    @classmethod
    def build(
        cls, texts: Mapping[str, Sequence[Sequence[int]]], vocab_size: int, *, by_domain: bool = False
    ) -> PieceCounts:
        """Count the pieces of texts.

        Args:
            texts: Domain -> ids of each of its texts, without special pieces.
            vocab_size: Number of ids V.
            by_domain: Keep pairs of each domain too, which takes twice the room.
        Raises:
            ValueError: If there is no piece at all.
        """
        flat = {name: np.array([i for row in rows for i in row], dtype=np.int64) for name, rows in texts.items()}
        flat = {name: ids for name, ids in flat.items() if len(ids)}
        if not flat:
            raise ValueError("no piece to count")
        own = np.stack([np.bincount(ids, minlength=vocab_size).astype(np.float64) for ids in flat.values()])
        shares = (own / own.sum(1, keepdims=True)).mean(0)  # every domain counts the same, however large
        pooled = shares * 1e6 + 0.5
        pooled /= pooled.sum()
        domains = (own + _PRIOR * pooled) / (own.sum(1, keepdims=True) + _PRIOR)
        pairs = _pairs([row for name in flat for row in texts[name]], vocab_size)
        packed = {"pooled": _packed(pooled), "domains": _packed(domains), **pairs}
        if by_domain:
            parts = [(*_counted(texts[name], vocab_size), i) for i, name in enumerate(flat)]
            packed |= _cells(packed["keys"], parts) or {}
        return cls(tuple(flat), packed)

    @property
    def has_domain_pairs(self) -> bool:
        """Whether pairs of each domain are kept."""
        return self._by_domain is not None

    def without_domain_pairs(self) -> PieceCounts:
        """The same without pairs of each domain."""
        left = {name: t for name, t in self.tensors.items() if name not in ("sizes", "owners", "cells")}
        return PieceCounts(self.names, left)

    def extended(self, name: str, rows: Sequence[Sequence[int]]) -> PieceCounts:
        """With one more domain; its pairs join those that are known.

        Args:
            name: Name of the domain; one that is there is replaced.
            rows: Ids of each of its texts, without special pieces.
        Raises:
            ValueError: If there is no piece.
        """
        flat = np.array([i for row in rows for i in row], dtype=np.int64)
        if not len(flat):
            raise ValueError("no piece to count")
        own = np.bincount(flat, minlength=self.vocab_size).astype(np.float64)
        shares = (own + _PRIOR * np.exp(-self._pooled)) / (own.sum() + _PRIOR)
        kept = [i for i, known in enumerate(self.names) if known != name]
        pairs = _pairs(rows, self.vocab_size, known=self.tensors)
        domains = np.concatenate([self.tensors["domains"][kept], _packed(shares)[None]])
        tensors = {"pooled": self.tensors["pooled"], "domains": domains, **pairs}
        if self.has_domain_pairs:
            cell_keys, owners, counts = unpack(self._keys, self.tensors)
            parts = [(cell_keys[owners == i], counts[owners == i], place) for place, i in enumerate(kept)]
            tensors |= _cells(pairs["keys"], [*parts, (*_counted(rows, self.vocab_size), len(kept))]) or {}
        return PieceCounts([*(self.names[i] for i in kept), name], tensors)

    def fit(self, ids: Sequence[int]) -> Fit:
        """How a text fits.

        Args:
            ids: Its pieces, at least one, without special pieces.
        Raises:
            ValueError: If there is none.
        """
        if not len(ids):
            raise ValueError("a text without pieces fits nothing")
        piece = np.asarray(ids, dtype=np.int64)
        before = np.concatenate(([0], piece[:-1] + 1))
        keys = before * self.vocab_size + piece
        found = np.searchsorted(self._keys, keys)
        found[found == len(self._keys)] = 0
        hit = self._keys[found] == keys
        counts = np.where(hit, self._counts[found], 0.0)
        single = np.exp(-self._pooled[piece])
        pair = np.maximum(counts - _DISCOUNT, 0.0) / self._totals[before] + self._backoff[before] * single
        return Fit(
            float(-np.log(pair).sum()),
            float(self._pooled[piece].sum()),
            self._domains[:, piece].sum(1),
            float(1 - hit.mean()),
            None if self._by_domain is None else self._by_domain.nats(found, hit, before, pair),
        )


def _mixture(nats: Floats) -> float:
    low = nats.min()
    return float(low - np.log(np.exp(low - nats).mean()))


def _cells(
    keys: NDArray[Any], parts: Sequence[tuple[NDArray[Any], NDArray[Any], int]]
) -> dict[str, NDArray[Any]] | None:
    """Tensors of the pairs of each domain: pairs and counts of each, with the domain's number."""
    found, counts = (np.concatenate([part[i] for part in parts]).astype(np.int64) for i in (0, 1))
    return pack(keys.astype(np.int64), found, np.repeat([p[2] for p in parts], [len(p[0]) for p in parts]), counts)


def _counted(rows: Sequence[Sequence[int]], vocab_size: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Pairs of rows and how often each stands there."""
    parts = [np.asarray(row, dtype=np.int64) for row in rows if len(row)]
    keys = np.concatenate([np.concatenate(([0], row[:-1] + 1)) * vocab_size + row for row in parts])
    found, counts = np.unique(keys, return_counts=True)
    return found, counts


def _packed(probabilities: Floats) -> NDArray[np.uint8]:
    return np.clip(np.round(-np.log(probabilities) / _STEP), 0, 255).astype(np.uint8)


def _pairs(
    rows: Sequence[Sequence[int]], vocab_size: int, known: Mapping[str, NDArray[Any]] | None = None
) -> dict[str, NDArray[Any]]:
    """The most frequent pairs of rows, and of ``known`` tables beside them."""
    found, counts = _counted(rows, vocab_size)
    totals = np.bincount(found // vocab_size, weights=counts, minlength=vocab_size + 1)
    if known is not None:
        totals = totals + known["totals"]
        both = np.concatenate([found, known["keys"].astype(np.int64)])
        found, place = np.unique(both, return_inverse=True)
        counts = np.bincount(place, weights=np.concatenate([counts, known["counts"]])).astype(np.int64)
    most = np.sort(np.argsort(-counts, kind="stable")[:_MOST_PAIRS])
    found, counts = found[most], np.minimum(counts[most], 65_535)
    before = found // vocab_size
    kept = np.bincount(before, weights=np.maximum(counts - _DISCOUNT, 0), minlength=vocab_size + 1)
    totals = np.maximum(totals, 1.0)
    small = found.max() < 2**31
    return {
        "keys": found.astype(np.int32 if small else np.int64),
        "counts": counts.astype(np.uint16),
        "totals": totals.astype(np.float32),
        "backoff": (1 - kept / totals).astype(np.float32),
    }
