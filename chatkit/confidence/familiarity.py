"""Familiarity of a text, 0 to 1: how like the training text it is.

Two figures of counts are compared with what held-out training text of the same length gives: bits per byte under pairs
of pieces, and how much better the nearest training domain fits than all domains pooled. Their sum is the surprise; its
rank among held-out texts is the familiarity. ``tests/benchmarks/familiarity.py`` compares it with bits per byte of the
language model, likelihood ratio, rare pieces, feature distance and energy.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatkit.confidence.pieces import Fit, PieceCounts

Floats = NDArray[np.float64]
WINDOWS = (3, 5)
FALSE_WARNINGS = 0.03  # of windows of held-out training text
DECADES = 3.0  # a text as rare as one in 10 ** DECADES has familiarity 0
LOW = 0.5
"""Below, a text counts as unfamiliar: rarer than three in a hundred of the training text's own."""
_GRID, _TAIL = 200, 0.02


@dataclasses.dataclass(frozen=True)
class Reading:
    """How familiar one text is.

    Args:
        value: Familiarity, 0 to 1: 1 + log10(share of training texts that are at least as strange) / 3.
        surprise: What it comes from; 0 is an average training text, higher is stranger.
        nearest: The training domain that fits best.
        reasons: What is strange about it, in words.
    """

    value: float
    surprise: float
    nearest: str
    reasons: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """One line for the user."""
        if self.value >= LOW and not self.reasons:
            return f"like the training text; nearest: {self.nearest}"
        start = "; ".join(self.reasons) or "unusual for the training text"
        return f"{start}; nearest: {self.nearest}"


class Familiarity:
    """Scores texts against training text.

    Args:
        counts: Counts of the training text.
        reference: What held-out training text gave, as ``fit`` made it.
    """

    def __init__(self, counts: PieceCounts, reference: Mapping[str, Any]) -> None:
        self.counts, self.reference = counts, dict(reference)
        self._centre = np.asarray(reference["centre"], dtype=np.float64)  # (2, 3): of each figure, over log length
        self._spread = np.asarray(reference["spread"], dtype=np.float64)
        self._floor = np.asarray(reference["floor"], dtype=np.float64)
        self._grid = np.asarray(reference["surprise"], dtype=np.float64)
        self._tail = max(float(reference["tail"]), 1e-6)
        self._split = float(reference["pieces_per_byte"])
        self.limits = {int(size): float(limit) for size, limit in reference["windows"].items()}

    @classmethod
    def fit(cls, counts: PieceCounts, held_out: Mapping[str, Sequence[tuple[Sequence[int], int]]]) -> Familiarity:
        """Take the reference from held-out texts of the training domains.

        Args:
            counts: Counts of the training text.
            held_out: Domain -> texts, each as its ids and its length in bytes.
        Raises:
            ValueError: If there are fewer than 20 texts.
        """
        texts = [item for part in held_out.values() for item in part if len(item[0])]
        if len(texts) < 20:
            raise ValueError(f"needs at least 20 held-out texts, got {len(texts)}")
        rows = np.array([_figures(counts.fit(ids), size) for ids, size in texts])
        lengths = np.stack([_lengths(size) for _, size in texts])
        centre = np.linalg.lstsq(lengths, rows, rcond=None)[0].T
        off = np.abs(rows - lengths @ centre.T)
        spread = np.linalg.lstsq(lengths, off, rcond=None)[0].T
        floor = np.maximum(off.mean(0) * 0.25, 1e-6)
        split = np.quantile([len(ids) / max(size, 1) for ids, size in texts], 0.95)
        start = {"centre": centre.tolist(), "spread": spread.tolist(), "floor": floor.tolist()}
        blank = {"surprise": [0.0], "tail": 1.0, "pieces_per_byte": float(split), "windows": {}}
        self = cls(counts, {**start, **blank})
        found = {name: np.array([self.surprise(*t) for t in part if len(t[0])]) for name, part in held_out.items()}
        pooled = np.concatenate(list(found.values()))
        grid = np.quantile(pooled, np.linspace(0, 1, _GRID))
        edge = np.quantile(pooled, 1 - _TAIL)
        beyond = pooled[pooled > edge] - edge
        reference = {
            **start,
            **blank,
            "surprise": [round(float(v), 4) for v in grid],
            "tail": float(beyond.mean()) if len(beyond) else 1.0,
            "windows": {str(size): _limit(found, size) for size in WINDOWS},
            "texts": {name: len(values) for name, values in found.items()},
        }
        return cls(counts, reference)

    def extended(self, name: str, rows: Sequence[Sequence[int]]) -> Familiarity:
        """With one more training domain; the reference stays that of the domains before.

        Args:
            name: Name of the domain.
            rows: Ids of each of its texts, without special pieces.
        """
        return Familiarity(self.counts.extended(name, rows), self.reference)

    def surprise(self, ids: Sequence[int], num_bytes: int) -> float:
        """How strange a text is; 0 is an average training text of this length."""
        return float(self._standardised(self.counts.fit(ids), num_bytes).sum())

    def read(self, ids: Sequence[int], num_bytes: int) -> Reading | None:
        """Familiarity of a text, and why; None for a text without pieces."""
        if not len(ids):
            return None
        fit = self.counts.fit(ids)
        both = self._standardised(fit, num_bytes)
        surprise = float(both.sum())
        reasons = []
        if len(ids) / max(num_bytes, 1) > self._split:
            reasons.append("many rare or unknown words")
        if both[0] > 2 and not reasons:
            reasons.append("unusual wording")
        if fit.unseen > 0.5 and len(ids) > 3:
            reasons.append(f"{fit.unseen:.0%} of its word pairs are new")
        if both[1] > 2:
            reasons.append("unlike any training domain")
        value = self.value(surprise)
        nearest = self.counts.names[int(fit.domains.argmin())]
        return Reading(value, surprise, nearest, tuple(reasons) if value < LOW else ())

    def value(self, surprise: float) -> float:
        """Familiarity of a surprise."""
        return float(np.clip(1 + math.log10(max(self._rank(surprise), 1e-12)) / DECADES, 0.0, 1.0))

    def warns(self, surprises: Sequence[float]) -> bool | None:
        """Whether the last messages together are unlike the training text; None while there are too few to tell.

        Args:
            surprises: Of the session's messages, the latest last.
        """
        sizes = [size for size in sorted(self.limits) if size <= len(surprises)]
        if not sizes:
            return None
        size = sizes[-1]
        return bool(np.mean(surprises[-size:]) > self.limits[size])

    def _rank(self, surprise: float) -> float:
        """Share of training texts that are at least as strange, with an exponential tail."""
        shares = np.linspace(0, 1, len(self._grid))
        edge = float(np.interp(1 - _TAIL, shares, self._grid))
        if surprise > edge:
            return _TAIL * math.exp(-(surprise - edge) / self._tail)
        return float(1 - np.interp(surprise, self._grid, shares))

    def _standardised(self, fit: Fit, num_bytes: int) -> Floats:
        length = _lengths(num_bytes)
        spread = np.maximum(self._spread @ length, self._floor) * 1.2533  # mean absolute to standard deviation
        return np.asarray((_figures(fit, num_bytes) - self._centre @ length) / spread)


def _figures(fit: Fit, num_bytes: int) -> Floats:
    return np.array([fit.pairs, fit.mixture - fit.pooled]) / (math.log(2) * max(num_bytes, 1))


def _lengths(num_bytes: int) -> Floats:
    size = math.log(min(max(num_bytes, 2), 1000))
    return np.array([1.0, size, size * size])


def _limit(found: Mapping[str, Floats], size: int, draws: int = 200) -> float:
    """Mean surprise that few windows of one domain's held-out texts exceed."""
    rng = np.random.default_rng(size)
    means = [values[rng.integers(0, len(values), (draws, size))].mean(1) for values in found.values() if len(values)]
    return round(float(np.quantile(np.concatenate(means), 1 - FALSE_WARNINGS)), 4)
