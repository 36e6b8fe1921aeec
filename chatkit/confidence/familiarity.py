"""Familiarity of a text, 0 to 1: how like the training text it is.

Figures of counts are compared with what held-out training text of the same length gives: bits per byte under pairs of
pieces, and how much better the nearest training domain fits than all domains pooled, by single pieces and by pairs.
Their sum is the surprise; its rank among held-out texts is the familiarity. Which figures are summed is chosen on dev
(``CANDIDATES``, ``chatkit.training.familiarity``). ``tests/benchmarks/familiarity.py`` compares them with bits per byte
of the language model, likelihood ratio, rare pieces, feature distance and energy. M = domains, F = figures
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chatkit.confidence.pieces import Fit, PieceCounts
from chatkit.confidence.windows import WINDOWS, Limit, Seen, fit_limit

Floats = NDArray[np.float64]
PAIRS, NEAREST, NEAREST_PAIRS = "pairs", "nearest domain", "pairs of the nearest domain"
CANDIDATES: dict[str, tuple[str, ...]] = {  # the cheapest first
    "pairs": (PAIRS,),
    "pairs + nearest domain": (PAIRS, NEAREST),
    "pairs + nearest domain + its pairs": (PAIRS, NEAREST, NEAREST_PAIRS),
}
DEFAULT = "pairs + nearest domain"
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
        seen: What a window of messages needs to know of it.
        reasons: What is strange about it, in words.
    """

    value: float
    surprise: float
    nearest: str
    seen: Seen = dataclasses.field(compare=False, repr=False)
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
        self.figures = tuple(reference.get("figures", CANDIDATES[DEFAULT]))
        self._centre = np.asarray(reference["centre"], dtype=np.float64)  # (F, 3): of each figure, over log length
        self._spread = np.asarray(reference["spread"], dtype=np.float64)
        self._floor = np.asarray(reference["floor"], dtype=np.float64)
        self._grid = np.asarray(reference["surprise"], dtype=np.float64)
        self._tail = max(float(reference["tail"]), 1e-6)
        self._split = float(reference["pieces_per_byte"])
        self.limits = {int(size): Limit.from_json(limit) for size, limit in reference["windows"].items()}

    @classmethod
    def fit(
        cls,
        counts: PieceCounts,
        held_out: Mapping[str, Sequence[tuple[Sequence[int], int]]],
        figures: Sequence[str] = CANDIDATES[DEFAULT],
    ) -> Familiarity:
        """Take the reference from held-out texts of the training domains.

        Args:
            counts: Counts of the training text.
            held_out: Domain -> texts, each as its ids and its length in bytes.
            figures: What is summed: names out of ``CANDIDATES``.
        Raises:
            ValueError: If there are fewer than 20 texts.
        """
        texts = [item for part in held_out.values() for item in part if len(item[0])]
        if len(texts) < 20:
            raise ValueError(f"needs at least 20 held-out texts, got {len(texts)}")
        rows = np.array([_figures(counts.fit(ids), size, figures) for ids, size in texts])
        lengths = np.stack([_lengths(size) for _, size in texts])
        centre = np.linalg.lstsq(lengths, rows, rcond=None)[0].T
        off = np.abs(rows - lengths @ centre.T)
        spread = np.linalg.lstsq(lengths, off, rcond=None)[0].T
        floor = np.maximum(off.mean(0) * 0.25, 1e-6)
        split = np.quantile([len(ids) / max(size, 1) for ids, size in texts], 0.95)
        start = {"centre": centre.tolist(), "spread": spread.tolist(), "floor": floor.tolist()}
        start |= {"figures": list(figures)}
        blank = {"surprise": [0.0], "tail": 1.0, "pieces_per_byte": float(split), "windows": {}}
        self = cls(counts, {**start, **blank})
        found = {name: [self.seen(*t) for t in part if len(t[0])] for name, part in held_out.items()}
        pooled = np.array([text.surprise for part in found.values() for text in part])
        grid = np.quantile(pooled, np.linspace(0, 1, _GRID))
        edge = np.quantile(pooled, 1 - _TAIL)
        beyond = pooled[pooled > edge] - edge
        reference = {
            **start,
            **blank,
            "surprise": [round(float(v), 4) for v in grid],
            "tail": float(beyond.mean()) if len(beyond) else 1.0,
            "windows": {str(size): fit_limit(found, counts.names, size).as_json() for size in WINDOWS},
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
        return self.seen(ids, num_bytes).surprise

    def seen(self, ids: Sequence[int], num_bytes: int) -> Seen:
        """What a window of messages needs to know of a text."""
        fit = self.counts.fit(ids)
        return Seen(float(self._standardised(fit, num_bytes).sum()), fit.domains)

    def read(self, ids: Sequence[int], num_bytes: int) -> Reading | None:
        """Familiarity of a text, and why; None for a text without pieces."""
        if not len(ids):
            return None
        fit = self.counts.fit(ids)
        parts = self._standardised(fit, num_bytes)
        strange = dict(zip(self.figures, parts.tolist(), strict=True))
        surprise = float(parts.sum())
        reasons = []
        if len(ids) / max(num_bytes, 1) > self._split:
            reasons.append("many rare or unknown words")
        if strange.get(PAIRS, 0.0) > 2 and not reasons:
            reasons.append("unusual wording")
        if fit.unseen > 0.5 and len(ids) > 3:
            reasons.append(f"{fit.unseen:.0%} of its word pairs are new")
        if max(strange.get(NEAREST, 0.0), strange.get(NEAREST_PAIRS, 0.0)) > 2:
            reasons.append("unlike any training domain")
        value = self.value(surprise)
        nearest = self.counts.names[int(fit.domains.argmin())]
        why = tuple(reasons) if value < LOW else ()
        return Reading(value, surprise, nearest, Seen(surprise, fit.domains), why)

    def value(self, surprise: float) -> float:
        """Familiarity of a surprise."""
        return float(np.clip(1 + math.log10(max(self._rank(surprise), 1e-12)) / DECADES, 0.0, 1.0))

    def warns(self, texts: Sequence[Seen]) -> bool | None:
        """Whether the last messages together are unlike the training text; None while there are too few to tell.

        Args:
            texts: Of the session's messages, the latest last.
        """
        sizes = [size for size in sorted(self.limits) if size <= len(texts)]
        if not sizes:
            return None
        return self.limits[sizes[-1]].excess(texts[-sizes[-1] :], self.counts.names) > 0

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
        return np.asarray((_figures(fit, num_bytes, self.figures) - self._centre @ length) / spread)


def _figures(fit: Fit, num_bytes: int, names: Sequence[str]) -> Floats:
    values = {
        PAIRS: fit.pairs,
        NEAREST: fit.mixture - fit.pooled,
        NEAREST_PAIRS: fit.pair_mixture - fit.pairs,
    }
    return np.array([values[name] for name in names]) / (math.log(2) * max(num_bytes, 1))


def _lengths(num_bytes: int) -> Floats:
    size = math.log(min(max(num_bytes, 2), 1000))
    return np.array([1.0, size, size * size])
