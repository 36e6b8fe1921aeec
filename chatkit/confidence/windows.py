"""Warnings: whether the last messages together are unlike all that was trained on.

A message alone says little, so that a warning comes from a window. Held-out windows that are nearest to a domain of odd
texts look odd themselves: what counts is how much odder a window is than those beside which it stands. M = domains,
N = texts, W = windows
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WINDOWS = (3, 5)
FALSE_WARNINGS = 0.03
"""Share of all held-out windows that may warn."""
STRANGEST = {3: 0.10, 5: 0.05}
"""Size -> share of the windows of any one training domain that may warn."""
_LEAST = 0.01  # however strange a domain is: so many of all held-out windows warn
_DRAWS, _FEWEST = 600, 40
_PRIOR = 200  # windows of all domains that each domain's own are mixed with


@dataclasses.dataclass(frozen=True)
class Seen:
    """What a window needs to know of a text.

    Args:
        surprise: How strange it is.
        domains: Nats under each training domain, (M,).
    """

    surprise: float
    domains: Floats


@dataclasses.dataclass(frozen=True)
class Limit:
    """When a window of one size warns: once its mean surprise is so far above what is usual beside its nearest domain.

    Args:
        above: How far.
        usual: Domain -> surprise that few held-out windows nearest to it exceed.
        otherwise: The same of a domain without held-out text.
    """

    above: float
    usual: Mapping[str, float] = dataclasses.field(default_factory=dict)
    otherwise: float = 0.0

    def excess(self, texts: Sequence[Seen], names: Sequence[str]) -> float:
        """By how much a window exceeds the limit; above 0 it warns.

        Args:
            texts: The window.
            names: Names of the domains, in the order of ``Seen.domains``.
        """
        nearest = names[int(np.sum([text.domains for text in texts], axis=0).argmin())]
        mean = float(np.mean([text.surprise for text in texts]))
        return mean - self.usual.get(nearest, self.otherwise) - self.above

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, data: Any) -> Limit:
        """From ``as_json``, or from the bare number of the first format."""
        if not isinstance(data, Mapping):
            return cls(float(data))
        usual = {str(name): float(value) for name, value in data["usual"].items()}
        return cls(float(data["above"]), usual, float(data["otherwise"]))


def fit_limit(
    held_out: Mapping[str, Sequence[Seen]], names: Sequence[str], size: int, *, strangest: bool = True
) -> Limit:
    """The limit of a size, from windows that are drawn within each domain's held-out texts.

    Args:
        held_out: Domain -> texts.
        names: Names of the domains, in the order of ``Seen.domains``.
        size: Texts of a window.
        strangest: Spare the domain of the oddest texts as ``STRANGEST`` says.
    """
    rng, means, nearest = np.random.default_rng(size), {}, {}
    for name, texts in held_out.items():
        if texts:
            drawn = rng.integers(0, len(texts), (_DRAWS, size))
            means[name] = np.array([text.surprise for text in texts])[drawn].mean(1)  # (W,)
            nearest[name] = np.stack([text.domains for text in texts])[drawn].sum(1).argmin(1)
    pooled, beside = np.concatenate(list(means.values())), np.concatenate(list(nearest.values()))
    otherwise = float(np.quantile(pooled, 1 - FALSE_WARNINGS))
    usual = np.full(len(names), otherwise)
    for i in np.unique(beside):
        own = pooled[beside == i]
        share = len(own) / (len(own) + _PRIOR)
        usual[i] = share * np.quantile(own, 1 - FALSE_WARNINGS) + (1 - share) * otherwise
    over = {name: means[name] - usual[nearest[name]] for name in means}
    everything = np.concatenate(list(over.values()))
    spared = [o for name, o in over.items() if strangest and len(held_out[name]) >= _FEWEST]
    above = max([np.quantile(everything, 1 - FALSE_WARNINGS), *(np.quantile(o, 1 - STRANGEST[size]) for o in spared)])
    above = min(above, np.quantile(everything, 1 - _LEAST))
    kept = {name: round(float(value), 4) for name, value in zip(names, usual, strict=True)}
    return Limit(round(float(above), 4), kept, round(otherwise, 4))
