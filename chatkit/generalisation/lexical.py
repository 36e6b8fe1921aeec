"""How the words of two bodies of text differ.

W = words of both bodies
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_SHUFFLES = 20


def words(text: str) -> list[str]:
    """Words of a text, case folded."""
    return _WORD.findall(text.casefold())


def jensen_shannon(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """Jensen-Shannon divergence of two tables of counts, in bits: 0 where they agree, 1 where they share nothing.

    Args:
        a: (W,) counts; of nothing, the divergence is 0.
        b: (W,) counts.
    Source: Lin 1991, "Divergence Measures Based on the Shannon Entropy".
    """
    if not a.sum() or not b.sum():
        return 0.0
    p, q = a / a.sum(), b / b.sum()
    middle = (p + q) / 2

    def bits(x: NDArray[np.float64]) -> float:
        some = x > 0
        return float((x[some] * np.log2(x[some] / middle[some])).sum())

    return max((bits(p) + bits(q)) / 2, 0.0)


@dataclasses.dataclass(frozen=True)
class Words:
    """Words of two bodies.

    Args:
        divergence: Jensen-Shannon divergence, bits.
        by_chance: What two random halves of the pooled messages show, on average.
        more_in_target: Words that mark the target, the most telling first.
        more_in_reference: Words that mark the reference.
    """

    divergence: float
    by_chance: float
    more_in_target: tuple[str, ...]
    more_in_reference: tuple[str, ...]


def compare_words(reference: Sequence[str], target: Sequence[str], *, seed: int = 0) -> Words:
    """Compare the words of texts."""
    rows = [Counter(words(text)) for text in (*reference, *target)]
    index = {word: i for i, word in enumerate(sorted(set().union(*rows)))}
    of_target = np.arange(len(rows)) >= len(reference)
    ours, theirs = _counts(rows, index, ~of_target), _counts(rows, index, of_target)
    rng = np.random.default_rng(seed)
    shuffled = [rng.permutation(of_target) for _ in range(_SHUFFLES)]
    chance = [jensen_shannon(_counts(rows, index, ~s), _counts(rows, index, s)) for s in shuffled]
    marks = _marks(ours, theirs)
    names = list(index)
    order = np.argsort(marks)
    return Words(
        jensen_shannon(ours, theirs),
        float(np.mean(chance)),
        tuple(names[i] for i in order[::-1][:12] if marks[i] > 2),
        tuple(names[i] for i in order[:12] if marks[i] < -2),
    )


def _counts(
    rows: Sequence[Mapping[str, int]], index: Mapping[str, int], chosen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    out = np.zeros(len(index))
    for row, take in zip(rows, chosen, strict=True):
        if take:
            for word, count in row.items():
                out[index[word]] += count
    return out


def _marks(reference: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """z-scores of log odds with an informative prior, (W,); above 0 marks the target.

    Source: Monroe, Colaresi & Quinn 2008, "Fightin' Words".
    """
    prior = 0.01 * (reference + target) + 1e-9

    def odds(counts: NDArray[np.float64]) -> NDArray[np.float64]:
        smooth, total = counts + prior, counts.sum() + prior.sum()
        return np.asarray(np.log(smooth) - np.log(np.maximum(total - smooth, 1e-9)))

    spread = np.sqrt(1 / (target + prior) + 1 / (reference + prior))
    return np.asarray((odds(target) - odds(reference)) / spread)
