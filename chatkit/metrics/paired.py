"""Comparing two ways of training by runs that share their seeds: intervals, tests, and a test for being the same.

A handful of seeds is the usual case, so intervals and tests are Student's; the bootstrap stands beside them and is too
narrow for so few. Plain Python: no more is needed.
"""

from __future__ import annotations

import dataclasses
import math
import random
import statistics
from collections.abc import Sequence

_SAMPLES = 10_000


@dataclasses.dataclass(frozen=True)
class Estimate:
    """Mean of paired differences.

    Args:
        mean: The mean.
        low: Lower end of its interval; -inf for one pair.
        high: Upper end.
        p: Two-sided p-value of no difference; 1 for one pair.
        count: Pairs.
    """

    mean: float
    low: float
    high: float
    p: float
    count: int


def t_below(t: float, freedom: float) -> float:
    """Probability that Student's t is below ``t``.

    Source: Abramowitz & Stegun 26.7.1 by the incomplete beta function, its continued fraction after Lentz (Press et
    al., Numerical Recipes 6.4).
    """
    if freedom <= 0:
        raise ValueError(f"freedom must be above 0, got {freedom}")
    if math.isinf(t):
        return 1.0 if t > 0 else 0.0
    square = t * t
    if square < freedom:  # the other form of the same, exact where this one would cancel
        inside = _incomplete_beta(0.5, freedom / 2, square / (freedom + square)) / 2
        return 0.5 + math.copysign(inside, t)
    tail = _incomplete_beta(freedom / 2, 0.5, freedom / (freedom + square)) / 2
    return 1 - tail if t > 0 else tail


def t_quantile(probability: float, freedom: float) -> float:
    """The t below which Student's t lies with this probability, by bisection."""
    if not 0 < probability < 1:
        raise ValueError(f"probability must lie between 0 and 1, got {probability}")
    low, high = -1.0, 1.0
    while t_below(low, freedom) > probability:
        low *= 2
    while t_below(high, freedom) < probability:
        high *= 2
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if t_below(middle, freedom) < probability else (low, middle)
    return (low + high) / 2


def paired(differences: Sequence[float], level: float = 0.95) -> Estimate:
    """Student's interval and test of the mean of paired differences.

    Raises:
        ValueError: If there are none.
    """
    mean, error, freedom = _moments(differences)
    if freedom == 0:
        return Estimate(mean, -math.inf, math.inf, 1.0, 1)
    reach = t_quantile((1 + level) / 2, freedom) * error
    p = 2 * t_below(-abs(_ratio(mean, error)), freedom)
    return Estimate(mean, mean - reach, mean + reach, p, len(differences))


def paired_bootstrap(
    differences: Sequence[float], level: float = 0.95, *, samples: int = _SAMPLES, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the mean over resampled pairs.

    Source: Efron & Tibshirani 1993, chapter 13.
    """
    _moments(differences)
    draw, count = random.Random(seed), len(differences)
    means = sorted(sum(draw.choices(differences, k=count)) / count for _ in range(samples))
    cut = (1 - level) / 2
    return means[int(cut * (samples - 1))], means[math.ceil((1 - cut) * (samples - 1))]


def same_within(differences: Sequence[float], margin: float) -> float:
    """p-value of the claim that the mean difference lies within ``margin`` of 0: small means the same.

    Two one-sided tests; with one pair nothing can be claimed (1).

    Source: Schuirmann 1987.
    """
    if margin <= 0:
        raise ValueError(f"margin must be above 0, got {margin}")
    mean, error, freedom = _moments(differences)
    if freedom == 0:
        return 1.0
    above = 1 - t_below(_ratio(mean + margin, error), freedom)
    below = t_below(_ratio(mean - margin, error), freedom)
    return max(above, below)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several tests, raised so that any false finding among them stays as rare as with one.

    Source: Holm 1979.
    """
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    out, running = [0.0] * len(p_values), 0.0
    for rank, i in enumerate(order):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[i]))
        out[i] = running
    return out


def _moments(differences: Sequence[float]) -> tuple[float, float, int]:
    if not differences or not all(math.isfinite(each) for each in differences):
        raise ValueError(f"differences must be finite, at least one, got {list(differences)}")
    mean = statistics.fmean(differences)
    error = statistics.stdev(differences) / math.sqrt(len(differences)) if len(differences) > 1 else math.inf
    return mean, error, len(differences) - 1


def _ratio(value: float, error: float) -> float:
    if error > 0:
        return value / error
    return math.copysign(math.inf, value) if value else 0.0


def _incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _incomplete_beta(b, a, 1 - x)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    tiny = 1e-300
    c, d = 1.0, 1 / max(1 - (a + b) * x / (a + 1), tiny)
    total = d
    for m in range(1, 400):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away(1 + numerator * d, tiny)
            c = _away(1 + numerator / c, tiny)
            total *= c * d
        if abs(c * d - 1) < 1e-15:
            break
    return front * total / a


def _away(value: float, tiny: float) -> float:
    return value if abs(value) > tiny else tiny
