"""Which fusion of BM25 and vectors: the most helpful among those that harm no dev set.

A fusion harms a set if its figure is lower than that of BM25 alone by more than chance would have it, in a paired
bootstrap over the queries, or by more than ``MOST_LOSS`` whatever chance would. A fixed small tolerance in place of the
test would let one query of a small set decide: of 424 queries, one that falls from the first place to the second moves
the mean by 0.0009.

Source: paired bootstrap of Efron & Tibshirani 1993, for rankings Sakai 2006.
"""

# Q = queries, F = fusions, S = bootstrap samples

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from chatkit.search.fusion import WORDS_ALONE, Fusion, Pool

LEVEL = 0.1  # one-sided: a fusion whose mean falls in more than 90 % of the samples harms
MOST_LOSS = 0.003  # of the mean of a set, harm or chance
CUTOFF = 10  # places that are looked at
SAMPLES = 2000
WEIGHTS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0)
SHARPNESSES = (1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 12.0, 16.0)
GRID = tuple(Fusion(weight, sharpness) for sharpness, weight in itertools.product(SHARPNESSES, WEIGHTS))

Measure = Callable[[Sequence[str], Mapping[str, int], int], float]


@dataclasses.dataclass(frozen=True)
class Trial:
    """A fusion that was tried.

    Args:
        fusion: It.
        figures: Mean figure of each set.
        chances: For each set, the share of bootstrap samples of its queries in which it is not below BM25 alone.
        harmless: Whether it may be chosen.
    """

    fusion: Fusion
    figures: tuple[float, ...]
    chances: tuple[float, ...]
    harmless: bool


@dataclasses.dataclass(frozen=True)
class Choice:
    """The fusion that was chosen, and why.

    Args:
        fusion: It; BM25 alone where the vectors help nowhere.
        trials: All that were tried, BM25 alone first.
    """

    fusion: Fusion
    trials: tuple[Trial, ...] = ()


def choose_fusion(
    pools: Sequence[Pool],
    measure: Measure,
    grid: Sequence[Fusion] = GRID,
    *,
    level: float = LEVEL,
    most_loss: float = MOST_LOSS,
    seed: int = 0,
) -> Choice:
    """The fusion with the best mean figure over sets among those that harm none of them; BM25 alone is always allowed.

    Args:
        pools: Dev parts, at least one, each with a query that has a relevant document.
        measure: Figure of one ranking against its grades, of its first ``CUTOFF`` places, higher is better.
        grid: What to try; of equals the first is taken.
        level: Chance, one-sided, under which a lower figure counts as harm.
        most_loss: A figure that is lower by more counts as harm in any case.
        seed: Of the bootstrap.

    Raises:
        ValueError: If there is no pool.
    """
    if not pools:
        raise ValueError("choose_fusion needs at least one pool")
    tried = list(dict.fromkeys((WORDS_ALONE, *grid)))
    means, chances = zip(*(_compare(pool, measure, tried, seed) for pool in pools), strict=True)
    trials = []
    for i, fusion in enumerate(tried):
        figures, chance = tuple(float(m[i]) for m in means), tuple(float(c[i]) for c in chances)
        losses = [float(m[0]) - figure for m, figure in zip(means, figures, strict=True)]
        harmless = all(c >= level and loss <= most_loss for c, loss in zip(chance, losses, strict=True))
        trials.append(Trial(fusion, figures, chance, harmless))
    best = max((trial for trial in trials if trial.harmless), key=lambda trial: sum(trial.figures))
    return Choice(best.fusion, tuple(trials))


def _compare(pool: Pool, measure: Measure, tried: Sequence[Fusion], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean figures, (F,), and the share of samples in which each fusion is not below the first of them, (F,)."""
    judged = [query for query, grades in pool.qrels.items() if any(grade > 0 for grade in grades.values())]
    runs = [pool.run(fusion, CUTOFF) for fusion in tried]
    rows = [[measure(run.get(query, ()), pool.qrels[query], CUTOFF) for query in judged] for run in runs]
    values = np.array(rows, dtype=np.float64)  # (F, Q)
    rng = np.random.default_rng([seed, len(judged)])
    drawn = rng.multinomial(len(judged), np.full(len(judged), 1 / len(judged)), SAMPLES)  # (S, Q)
    gains = (values - values[0]) @ drawn.T  # (F, S)
    return values.mean(1), (gains >= -1e-9).mean(1)
