"""Equal relative progress, from the losses before and after each step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from chatkit.objectives.weighting.learned import LearnedWeighting


class FAMO(LearnedWeighting):
    """Learns the weights under which all losses fall at the same relative rate.

        w_i = p_i K c z_i / L_i,   z = softmax(xi),   c = 1 / sum_j (z_j / L_j)
        after the step:  xi <- Adam(gradient z_i-Jacobian' delta, decay),   delta_i = log L_i - log L_i'

    Symbols: L_i the loss; L_i' the loss after the step; xi the learned logits, 0 at first; p_i the weight set by
    hand. The scale of a loss leaves z and the direction alone.

    Source: Liu et al. 2023, algorithm 1. Departs from it: L_i' is not measured by a second forward pass on the same
    batch but predicted to the first order, L_i + J_i . step, from the gradients that the trainer keeps (a hundredth
    of the price; a prediction is bounded to a change by half); and the factor K.

    Args:
        weights: objective -> p_i.
        rate: Learning rate of the logits (0.025 in the paper).
        decay: Their weight decay (0.001 in the paper).
        seed: Not used.
    """

    title = "FAMO (Liu et al. 2023)"
    needs_change = True
    scale_free = True

    def __init__(
        self, weights: Mapping[str, float], *, rate: float = 0.025, decay: float = 0.001, seed: int = 0
    ) -> None:
        super().__init__(weights, start=0.0, rate=rate, decay=decay, seed=seed)
        self._options["decay"] = decay

    def _weigh(self, names: list[str], losses: Tensor, gramian: Tensor | None, prior: Tensor) -> Tensor:
        losses = self._positive_losses(names, losses)
        if len(names) == 1:
            return prior
        raw = torch.softmax(self._stacked(names).detach(), 0) / losses
        return prior * len(names) * raw / raw.sum()

    def loss(
        self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None, change: Tensor | None = None
    ) -> Tensor:
        """Its gradient is the one of the paper: the softmax's Jacobian times delta."""
        if change is None:
            raise ValueError("FAMO needs the change of each loss")
        relative = (change / self._positive_losses(names, losses)).clamp(-0.5, 0.5)
        delta = -torch.log1p(relative)
        return (torch.softmax(self._stacked(names), 0) * delta).sum()
