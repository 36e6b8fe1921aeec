"""Do objectives pull against each other, beyond what the noise of batches explains?

Batches differ between objectives, so even one objective's own gradients from two batches are far from parallel. That
self-cosine is the yardstick: opposite goals cannot show a cosine below -sqrt(self_a self_b), unrelated ones waver
around 0.

K = objectives of a step
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.objectives.series import SURE, Series, verdict, visible


def cosines(gramian: Tensor) -> Tensor:
    """Cosine matrix, (K, K), of a Gramian; 0 where a gradient vanishes."""
    norms = gramian.diagonal().clamp(min=0).sqrt()
    scale = torch.where(norms > 0, 1 / norms, torch.zeros_like(norms))
    return (gramian * scale.outer(scale)).clamp(-1, 1)


def magnitude_ratios(gramian: Tensor) -> Tensor:
    """|g_i| / |g_j|, (K, K); inf or NaN where g_j vanishes."""
    norms = gramian.diagonal().clamp(min=0).sqrt()
    return norms[:, None] / norms[None, :]


@dataclasses.dataclass(frozen=True)
class Reading:
    """What one step showed, plain numbers.

    Args:
        cosines: (a, b) -> cosine of their gradients on the shared parameters.
        norms: objective -> norm of its gradient.
        changes: objective -> predicted change of its loss under the step taken, J . step, nats per target.
        probes: objective -> cosine between its gradients from this batch and from another one; where it was measured.
        products: objective -> inner product of these two gradients, and their mean square; where it was measured.
        shared: (a, b) -> cosine of their gradients on the same batch, where both have labels for it.
    """

    cosines: Mapping[tuple[str, str], float]
    norms: Mapping[str, float]
    changes: Mapping[str, float]
    probes: Mapping[str, float]
    products: Mapping[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    shared: Mapping[tuple[str, str], float] = dataclasses.field(default_factory=dict)


def read(
    names: Sequence[str],
    gramian: Tensor,
    change: Tensor,
    probes: Mapping[str, float],
    products: Mapping[str, tuple[float, float]] | None = None,
    shared: Mapping[tuple[str, str], float] | None = None,
) -> Reading:
    """A reading from the Gramian (K, K) and the changes (K,) of a step."""
    matrix = cosines(gramian.detach().cpu().double())
    pairs = itertools.combinations(range(len(names)), 2)
    return Reading(
        {(names[i], names[j]): float(matrix[i, j]) for i, j in pairs},
        dict(zip(names, gramian.diagonal().clamp(min=0).sqrt().tolist(), strict=True)),
        dict(zip(names, change.tolist(), strict=True)),
        dict(probes),
        dict(products or {}),
        dict(shared or {}),
    )


class ConflictMeter:
    """Gathers readings over training.

    Args:
        names: The objectives; pairs are named in their order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._pairs = {f"{a}/{b}": Series() for a, b in itertools.combinations(names, 2)}
        self._ratios = {key: Series() for key in self._pairs}  # of the logarithm of |g_a| / |g_b|
        self._shared = {key: Series() for key in self._pairs}
        self._changes = {name: Series() for name in names}
        self._probes = {name: Series() for name in names}
        self._products = {name: Series() for name in names}
        self._squares = {name: Series() for name in names}

    def add(self, reading: Reading) -> None:
        """Take in one step."""
        for (a, b), cosine in reading.cosines.items():
            if not (reading.norms[a] > 0 and reading.norms[b] > 0):
                continue
            swapped = f"{a}/{b}" not in self._pairs
            key = f"{b}/{a}" if swapped else f"{a}/{b}"
            log_ratio = math.log(reading.norms[a] / reading.norms[b])
            self._pairs[key].add(cosine)
            self._ratios[key].add(-log_ratio if swapped else log_ratio)
        for (a, b), cosine in reading.shared.items():
            self._shared[f"{a}/{b}" if f"{a}/{b}" in self._shared else f"{b}/{a}"].add(cosine)
        for name, change in reading.changes.items():
            self._changes[name].add(change)
        for name, cosine in reading.probes.items():
            self._probes[name].add(cosine)
        for name, (product, square) in reading.products.items():
            self._products[name].add(product)
            self._squares[name].add(square)

    def noise_scale(self, name: str) -> float | None:
        """The gradient noise scale of an objective in batches; None where it was not measured or shows no signal.

            B_simple = tr(S) / |G|^2,   estimated by batch x (mean |g|^2 - mean g.g') / mean g.g'

        Symbols: G the true gradient, S the covariance of one example's; g, g' gradients of two batches of the same
        objective: noise falls out of their product and not out of their squares. Far below a batch, a larger one is
        wasted; far above, the gradient is mostly noise and a larger batch, or a lower learning rate, helps.

        Source: McCandlish et al. 2018, appendix A.1, with two batches of one size.
        """
        product, square = self._products[name], self._squares[name]
        if product.count < 2 or product.mean <= SURE * product.error:
            return None
        return max(square.mean - product.mean, 0.0) / product.mean

    def verdict(self, a: str, b: str) -> str:
        """Whether two objectives conflict, in words."""
        return verdict(self._pairs[f"{a}/{b}"], self._visible(a, b))

    def summary(self) -> dict[str, Any]:
        """Everything as plain data, for a report; figures that were not measured are None."""
        pairs = {}
        for key, series in self._pairs.items():
            a, b = key.split("/")
            visible = self._visible(a, b)
            pairs[key] = {
                "steps": series.count,
                "cosine": _rounded(series.mean) if series.count else None,
                "error": _rounded(series.error),
                "noise_bound": _rounded(visible),
                "share_conflicting": _rounded(series.share_below) if series.count else None,
                "norm_ratio": _rounded(math.exp(self._ratios[key].mean)) if series.count else None,
                "shared_cosine": _rounded(self._shared[key].mean) if self._shared[key].count else None,
                "shared_error": _rounded(self._shared[key].error),
                "verdict": self.verdict(a, b),
            }
        objectives = {}
        for name in self._names:
            probe, change = self._probes[name], self._changes[name]
            objectives[name] = {
                "self_cosine": _rounded(probe.mean) if probe.count else None,
                "self_cosine_error": _rounded(probe.error),
                "predicted_change": _rounded(change.mean) if change.count else None,
                "predicted_change_error": _rounded(change.error),
                "noise_scale_batches": _rounded(self.noise_scale(name)),
                "share_of_steps_gaining": _rounded(change.share_below) if change.count else None,
            }
        return {"pairs": pairs, "objectives": objectives}

    def state(self) -> dict[str, Any]:
        """Plain data that JSON keeps bit for bit."""
        return {part: {k: dataclasses.asdict(s) for k, s in series.items()} for part, series in self._parts().items()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state``."""
        for part, series in self._parts().items():
            for key in series if part in state else ():  # a checkpoint may be older than a part
                series[key] = Series(**state[part][key])

    def _parts(self) -> dict[str, dict[str, Series]]:
        return {
            "pairs": self._pairs,
            "ratios": self._ratios,
            "shared": self._shared,
            "changes": self._changes,
            "probes": self._probes,
            "products": self._products,
            "squares": self._squares,
        }

    def _visible(self, a: str, b: str) -> float | None:
        return visible(self._probes[a], self._probes[b])


def _rounded(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(f"{value:.5g}")
