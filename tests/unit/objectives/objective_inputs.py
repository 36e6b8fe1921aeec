"""Jacobians and steps that the tests of this folder share."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.objectives.weighting import Weighting

NAMES = ("lm", "mood", "rank")


def jacobian(kind: str, rows: int = 3, seed: int = 0) -> Tensor:
    """(K, 12) float64: ``conflict`` with negative cosines and unlike norms, ``friends`` with positive ones."""
    torch.manual_seed(seed)
    out = torch.randn(rows, 12, dtype=torch.float64)
    common = torch.randn(1, 12, dtype=torch.float64)
    if kind == "friends":
        return out * 0.3 + common
    signs = torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)[:rows, None]
    norms = torch.tensor([1.0, 3.0, 0.4, 2.0], dtype=torch.float64)[:rows, None]
    return (out + 0.9 * signs * common) * norms


class Driver:
    """Calls a method as the trainer does, on made-up losses and gradients that differ from step to step."""

    def __init__(self, weighting: Weighting) -> None:
        self.weighting, self.step = weighting, 0

    def __call__(self, names: Sequence[str] = NAMES, scales: Sequence[float] | None = None, **fixed: Tensor) -> Tensor:
        every = dict(zip(NAMES, range(len(NAMES)), strict=True))
        rows = [every[name] for name in names]
        matrix = fixed.get("matrix", jacobian("conflict", seed=self.step))
        losses = fixed.get("losses", torch.tensor([4.0, 1.0, 2.0], dtype=torch.float64) * 0.9**self.step)
        scale = torch.tensor(scales or [1.0] * len(NAMES), dtype=torch.float64)
        matrix, losses = (matrix * scale[:, None])[rows], (losses * scale)[rows]
        gramian = matrix @ matrix.T
        weights = self.weighting.weigh(names, losses, gramian)
        self.weighting.learn(names, losses, gramian, -1e-3 * gramian @ weights)
        self.step += 1
        return weights


def through_json(state: Any) -> Any:
    return json.loads(json.dumps(state))
