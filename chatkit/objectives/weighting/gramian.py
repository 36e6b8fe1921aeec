"""Methods that read the Gramian of the gradients and nothing else.

K = objectives that take part in a step, those with a vanishing gradient left out
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from chatkit.objectives.weighting.base import Weighting

_VANISHING = 1e-8


class GramianWeighting(Weighting):
    """Handles what every such method leaves open.

    An objective whose gradient vanishes beside the others takes no part and keeps the weight set by hand, which moves
    nothing: as published most methods would stop all the others for it. One objective alone keeps its weight as well.
    A common scale of all gradients changes no weight. The weights average about 1 (papers that make them sum to 1 are
    multiplied by K), so that a step with fewer objectives is no larger or smaller than the others.

    Args:
        weights: As in ``Weighting``.
        normalise: Let the method see gradients of the same norm, the geometric mean of theirs. The direction of the
            update is then free of the scale of each loss. Off is as published.
        seed: As in ``Weighting``.
        options: The method's own options.
    """

    needs_gramian = True

    def __init__(self, weights: Mapping[str, float], *, normalise: bool = False, seed: int = 0, **options: Any) -> None:
        super().__init__(weights, seed=seed, normalise=normalise, **options)
        if not isinstance(normalise, bool):
            raise ValueError(f"normalise must be true or false, got {normalise!r}")
        self._normalise = normalise
        self.scale_free = type(self).scale_free or normalise

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        if gramian is None:
            raise ValueError(f"{type(self).__name__} needs the Gramian")
        norms = gramian.diagonal().clamp(min=0).sqrt()
        alive = (norms > _VANISHING * norms.max()).nonzero().flatten()
        if len(alive) < 2:
            return prior
        norms, inner = norms[alive], gramian[alive][:, alive]
        scale = norms.log().mean().exp() / norms if self._normalise else torch.ones_like(norms)
        inner = inner * scale.outer(scale)
        inner = (inner + inner.T) / (2 * inner.diagonal().mean())
        out = prior.clone()
        out[alive] = self._solve([names[i] for i in alive.tolist()], inner, prior[alive]).double() * scale
        return out

    @abc.abstractmethod
    def _solve(self, names: list[str], gramian: Tensor, prior: Tensor) -> Tensor:
        """Weights, (K,), prior included, for a symmetric float64 Gramian of two objectives or more, mean diagonal 1."""
