"""Accuracy and macro-F1 from a table of confusions.

Confusions add up over batches and processes, so a figure over a set is made of sums, never of averages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

Confusions = Counter[tuple[str, str]]


def confusions(gold: Sequence[str], predicted: Sequence[str]) -> Confusions:
    """How often each (gold, predicted) pair of labels occurs.

    Args:
        gold: True labels.
        predicted: Decided labels, in the same order.

    Raises:
        ValueError: If there are more of one than of the other.
    """
    return Counter(zip(gold, predicted, strict=True))


def accuracy(counts: Mapping[tuple[str, str], int]) -> float:
    """Share of examples whose label was met: sum of counts[c, c] / sum of counts; NaN of nothing.

    Args:
        counts: (gold, predicted) -> how often.
    """
    total = sum(counts.values())
    return sum(n for (gold, predicted), n in counts.items() if gold == predicted) / total if total else float("nan")


def f1_per_class(counts: Mapping[tuple[str, str], int]) -> dict[str, float]:
    """F1 of every class that occurs among the gold labels: 2 TP / (2 TP + FP + FN).

    A prediction of another class is an error like any other: it counts as a miss of the gold class.

    Args:
        counts: (gold, predicted) -> how often.
    Returns:
        Class -> F1, sorted by class.
    """
    golds, predictions = _marginal(counts, 0), _marginal(counts, 1)
    # 2 TP + FP + FN = gold count + predicted count
    return {name: 2 * counts.get((name, name), 0) / (golds[name] + predictions[name]) for name in sorted(golds)}


def macro_f1(counts: Mapping[tuple[str, str], int]) -> float:
    """Plain mean of the F1 of the classes that occur among the gold labels; NaN of nothing.

    Args:
        counts: (gold, predicted) -> how often.

    Source: Opitz & Burst 2019, "Macro F1 and Macro F1" (the averaged F1); departs from
        scikit-learn's default, which also averages over classes that were only predicted.
    """
    scores = f1_per_class(counts)
    return sum(scores.values()) / len(scores) if scores else float("nan")


def _marginal(counts: Mapping[tuple[str, str], int], side: int) -> Counter[str]:
    total: Counter[str] = Counter()
    items: Iterable[tuple[tuple[str, str], int]] = counts.items()
    for pair, n in items:
        if n:
            total[pair[side]] += n
    return total
