"""chrF: F-score of character n-grams, recall counting twice as much as precision (Popović 2015)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

ORDER = 6
_BETA = 2.0


def chrf_sums(hypothesis: str, reference: str) -> dict[str, float]:
    """N-grams of one sentence, white space dropped; sums of many sentences are added up.

    Returns:
        For each order n: ``hyp_n``, ``ref_n``, ``hit_n``.
    """
    ours, theirs = "".join(hypothesis.split()), "".join(reference.split())
    sums = {}
    for n in range(1, ORDER + 1):
        hyp, ref = _grams(ours, n), _grams(theirs, n)
        # A reference too short for this order tells nothing of the hypothesis (as sacreBLEU counts, Post 2018).
        sums[f"hyp_{n}"] = float(hyp.total() if ref else 0)
        sums[f"ref_{n}"] = float(ref.total())
        sums[f"hit_{n}"] = float((hyp & ref).total())
    return sums


def chrf(sums: Mapping[str, float]) -> float:
    """Corpus-level chrF of added-up sums, 0 to 1: precision and recall are averaged over orders first."""
    orders = [n for n in range(1, ORDER + 1) if sums[f"hyp_{n}"] and sums[f"ref_{n}"]]
    if not orders:
        return 0.0
    precision = sum(sums[f"hit_{n}"] / sums[f"hyp_{n}"] for n in orders) / len(orders)
    recall = sum(sums[f"hit_{n}"] / sums[f"ref_{n}"] for n in orders) / len(orders)
    below = _BETA**2 * precision + recall
    return (1 + _BETA**2) * precision * recall / below if below else 0.0


def _grams(text: str, n: int) -> Counter[str]:
    return Counter(text[i : i + n] for i in range(len(text) - n + 1))
