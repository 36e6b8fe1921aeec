"""Series of readings: their mean, how far it is sure, and what it says of a conflict. Plain Python, for the app too."""

from __future__ import annotations

import dataclasses
import math

LEAST_STEPS = 8
SURE = 2.0  # standard errors
_MOSTLY_NOISE = 0.02


@dataclasses.dataclass
class Series:
    """Mean of a series and its standard error, with the autocorrelation between neighbours allowed for."""

    count: int = 0
    total: float = 0.0
    squares: float = 0.0
    products: float = 0.0
    last: float = 0.0
    below: int = 0

    def add(self, value: float) -> None:
        """Add a value; one that is not finite is left out."""
        if not math.isfinite(value):
            return
        if self.count:
            self.products += self.last * value
        self.count, self.total, self.squares = self.count + 1, self.total + value, self.squares + value * value
        self.last, self.below = value, self.below + (value < 0)

    @property
    def mean(self) -> float:
        """Mean, 0 of an empty series."""
        return self.total / self.count if self.count else 0.0

    @property
    def share_below(self) -> float:
        """Share of values below 0."""
        return self.below / self.count if self.count else 0.0

    @property
    def error(self) -> float:
        """Standard error of the mean; inf below two values. n is cut by (1 - r) / (1 + r), r the lag-1 correlation."""
        if self.count < 2:
            return math.inf
        variance = max(self.squares / self.count - self.mean**2, 0.0)
        lagged = self.products / (self.count - 1) - self.mean**2
        r = min(max(lagged / variance, 0.0), 0.95) if variance > 0 else 0.0
        return math.sqrt(variance * self.count / (self.count - 1) / max(self.count * (1 - r) / (1 + r), 1.0))


def visible(probe_a: Series, probe_b: Series) -> float | None:
    """The largest cosine that batches of this size could show between two objectives.

    Args:
        probe_a: Cosines between gradients of two batches of the one.
        probe_b: Of the other.
    Returns:
        None where it was not measured or is not above 0.
    Source: correction for attenuation, Spearman 1904.
    """
    if not (probe_a.count and probe_b.count):
        return None
    product = probe_a.mean * probe_b.mean
    return math.sqrt(product) if probe_a.mean > 0 and product > 0 else None


def verdict(series: Series, largest: float | None) -> str:
    """Whether two objectives conflict, in words.

    Args:
        series: Cosines between their gradients.
        largest: From ``visible``.
    """
    if series.count < LEAST_STEPS:
        return f"too few steps measured ({series.count}) to tell"
    figure = f"cosine {series.mean:+.3f} ± {SURE * series.error:.3f}"
    if series.mean + SURE * series.error < 0:
        freed = f", {max(series.mean / largest, -1.0):+.2f} freed of batch noise" if largest else ""
        return f"conflict: {figure}{freed}; below 0 in {series.share_below:.0%} of steps"
    if series.mean - SURE * series.error > 0:
        return f"they help each other: {figure}"
    noise = "" if largest is None or largest > _MOSTLY_NOISE else "; gradients are mostly batch noise"
    return f"no conflict beyond noise: {figure}{noise}"
