"""Bounds on losses, kept while training by multipliers that learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.objectives.weighting.base import Weighting, require_range


class Lagrangian(Weighting):
    """Minimises the sum of losses while some of them stay below bounds.

        w_i = p_i + m_i;   after each step  m_i <- clamp(m_i + rate (S_i - b_i) / b_i, 0, most)

    Symbols: b_i the bound on loss i; S_i its loss smoothed over steps; m_i its multiplier, ``start`` at first; p_i the
    weight set by hand. Losses without a bound keep p_i.

    Every loss begins far above its bound: plain dual ascent winds its multipliers up meanwhile and overshoots for long
    after. So they wait for ``warmup`` steps, and never exceed ``most``; one that ends there says that the bound is
    not feasible. The bounds hold on training loss, in nats; to keep a metric on data that nobody saw, use
    ``objectives.keep`` on the front of a sweep.

    Source: Platt & Barr 1987, equation 6; the clamp against wind-up as in Stooke, Achiam & Abbeel 2020. Departs from
    them by relative violations, so that one rate serves losses of any scale.

    Args:
        weights: objective -> p_i.
        bounds: objective -> b_i, nats per target, above 0.
        rate: Of the multipliers, a step.
        start: Their value until they move.
        most: Their largest value.
        warmup: Steps of an objective before its multiplier moves.
        smoothing: Share of the smoothed loss that is kept in a step.
        seed: Not used.
    """

    title = "Lagrangian (Platt & Barr 1987, Stooke et al. 2020)"

    def __init__(
        self,
        weights: Mapping[str, float],
        *,
        bounds: Mapping[str, float] | None = None,
        rate: float = 0.02,
        start: float = 0.0,
        most: float = 10.0,
        warmup: int = 50,
        smoothing: float = 0.95,
        seed: int = 0,
    ) -> None:
        options = {"rate": rate, "start": start, "most": most, "warmup": warmup, "smoothing": smoothing}
        super().__init__(weights, seed=seed, bounds=dict(bounds or {}), **options)
        require_range("rate", rate, 0, open_below=True)
        require_range("most", most, 0, open_below=True)
        require_range("start", start, 0, most)
        require_range("warmup", warmup, 0)
        require_range("smoothing", smoothing, 0, 1)
        self._bounds = dict(bounds or {})
        for name, bound in self._bounds.items():
            if name not in weights:
                raise ValueError(f"bounds names {name}, there are {', '.join(weights)}")
            require_range(f"the bound of {name}", bound, 0, open_below=True)
        self._rate, self._most, self._warmup, self._smoothing = rate, most, warmup, smoothing
        self._multipliers = dict.fromkeys(self._bounds, float(start))
        self._smoothed: dict[str, float] = {}
        self._seen = dict.fromkeys(self._bounds, 0)

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        return prior + torch.tensor([self._multipliers.get(name, 0.0) for name in names], dtype=torch.float64)

    def learn(
        self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None, change: Tensor | None = None
    ) -> None:
        """Move the multipliers of the objectives that took part."""
        for name, loss in zip(names, losses.detach().cpu().double().tolist(), strict=True):
            if name not in self._bounds:
                continue
            kept = self._smoothing if name in self._smoothed else 0.0
            self._smoothed[name] = kept * self._smoothed.get(name, 0.0) + (1 - kept) * loss
            self._seen[name] += 1
            if self._seen[name] > self._warmup:
                violation = self._smoothed[name] / self._bounds[name] - 1
                moved = self._multipliers[name] + self._rate * violation
                self._multipliers[name] = min(max(moved, 0.0), self._most)

    def describe(self) -> str:
        """What it is, what it did, and whether the bounds are kept."""
        parts = [super().describe()]
        for name, bound in self._bounds.items():
            if name not in self._smoothed:
                continue
            loss, multiplier = self._smoothed[name], self._multipliers[name]
            state = "kept" if loss <= bound else "not kept"
            if loss > bound and multiplier >= self._most:
                state = "not kept at the largest multiplier, so hardly feasible"
            parts.append(f"{name} <= {bound:g}: {state}, loss {loss:.3g}, multiplier {multiplier:.3g}")
        return "; ".join(parts)

    def _own_state(self) -> dict[str, Any]:
        return {"multipliers": dict(self._multipliers), "smoothed": dict(self._smoothed), "seen": dict(self._seen)}

    def _load_own(self, state: Mapping[str, Any]) -> None:
        self._multipliers = {name: float(state["multipliers"][name]) for name in self._bounds}
        self._smoothed = {name: float(value) for name, value in state["smoothed"].items()}
        self._seen = {name: int(state["seen"][name]) for name in self._bounds}
