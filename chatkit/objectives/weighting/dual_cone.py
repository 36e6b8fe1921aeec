"""Exact projection onto a dual cone for a handful of objectives, without a solver.

K = objectives
"""

from __future__ import annotations

import itertools

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchjd.linalg import DualConeProjector

MOST = 12


class ActiveSetProjector(DualConeProjector):
    """Solves  min v' G v  subject to  v >= u  by trying every set of constraints that may be active.

    For an active set A with complement F the solution is v_A = u_A, v_F = -G_FF^(-1) G_FA u_A, the same matrix for
    all u; the set is right where v_F >= u_F and (G v)_A >= 0 (Karush-Kuhn-Tucker, sufficient as G is positive
    definite). 2^K small systems: for K <= 8 faster than calling a solver, and exact.

    Args:
        ridge: Added to the diagonal of G / trace(G), as TorchJD does, so that dependent gradients have one solution.

    Source: problem (4) of Quinton & Rey 2024.
    """

    def __init__(self, ridge: float = 1e-4) -> None:
        self.ridge = ridge

    def __repr__(self) -> str:
        return f"ActiveSetProjector(ridge={self.ridge})"

    def __call__(self, U: Tensor, G: Tensor) -> Tensor:  # noqa: N803  (names of the interface)
        """Weights of the projections, the shape of ``U`` (..., K), for the Gramian ``G`` (K, K)."""
        count = len(G)
        if count > MOST:
            raise ValueError(f"at most {MOST} objectives, got {count}")
        gramian = G.detach().cpu().double().numpy()
        trace = float(np.trace(gramian))
        gramian = gramian / (trace if trace > 0 else 1.0) + self.ridge * np.eye(count)
        targets = U.detach().cpu().double().numpy().reshape(-1, count)
        solved = torch.from_numpy(_solve(targets, gramian)).reshape(U.shape)
        return solved.to(device=U.device, dtype=U.dtype)


def _solve(targets: NDArray[np.float64], gramian: NDArray[np.float64]) -> NDArray[np.float64]:
    """For each target u (a row) the v of the active set that violates the conditions least (by rounding only)."""
    count = len(gramian)
    best, violation = targets.copy(), np.full(len(targets), np.inf)
    for size in range(count + 1):
        for chosen in itertools.combinations(range(count), size):
            active = list(chosen)
            free = [i for i in range(count) if i not in chosen]
            v = targets.copy()
            if free:
                right = gramian[np.ix_(free, active)] @ targets[:, active].T
                v[:, free] = -np.linalg.solve(gramian[np.ix_(free, free)], right).T
            excess = np.zeros(len(targets))
            if free:
                excess = np.maximum(excess, (targets[:, free] - v[:, free]).max(axis=1))
            if active:
                excess = np.maximum(excess, -(v @ gramian)[:, active].min(axis=1))
            better = excess < violation
            best[better], violation[better] = v[better], excess[better]
    return best
