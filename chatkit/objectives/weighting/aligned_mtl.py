"""Gradients made orthogonal and equally long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from torch import Tensor
from torchjd.aggregation import AlignedMTLWeighting

from chatkit.objectives.weighting.gramian import GramianWeighting

Scale = Literal["min", "median", "rmse"]


class AlignedMTL(GramianWeighting):
    """Replaces the gradients by the nearest ones that are orthogonal and of one length, then takes their weighted sum.

        w = B p,   B = sqrt(s) V diag(l)^(-1/2) V',   G = V diag(l) V'

    Symbols: l and V eigenvalues (those above rounding) and eigenvectors of the Gramian G; s the smallest of them, or
    as ``scale`` says; p the weights set by hand. Weights may be negative. Where losses differ in scale use
    ``normalise``.

    Source: Senushkin et al. 2023, algorithm 1, by TorchJD. Departs from it by the factor K (p need not sum to 1).

    Args:
        weights: objective -> p_i.
        normalise: As in ``GramianWeighting``.
        scale: Which eigenvalue is the common length.
        seed: Not used.
    """

    title = "Aligned-MTL (Senushkin et al. 2023)"

    def __init__(
        self, weights: Mapping[str, float], *, normalise: bool = False, scale: Scale = "min", seed: int = 0
    ) -> None:
        super().__init__(weights, normalise=normalise, seed=seed, scale=scale)
        if scale not in get_args(Scale):
            raise ValueError(f"scale must be one of {', '.join(get_args(Scale))}, got {scale!r}")
        self._scale: Scale = scale

    def _solve(self, names: list[str], gramian: Tensor, prior: Tensor) -> Tensor:
        # In float32, the precision of the gradients, so that eigenvalues that are rounding only are dropped.
        return AlignedMTLWeighting(prior.float(), scale_mode=self._scale)(gramian.float())
