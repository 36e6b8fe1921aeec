"""AdamW on the shared parameters with moments of its own for each head.

Adam moves each weight by about the learning rate, however many objectives push it: heads that share one step share what
each would have alone, and the one with the largest gradients takes most of it. Here each head takes the step that it
would take alone, by moments of its own gradients, and the steps are added. A weight set by hand multiplies its head's
step; a head that takes no part in a step keeps its moments.

Source: Yang, Pan, Yu, Chen, Wang & Zhu 2023, "AdaTask: a task-aware adaptive learning rate approach to multi-task
learning". Departs from it in AdamW's decoupled weight decay, taken once a step.

K = heads, N = shared parameters
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.objectives.rows import GradientRows
from chatkit.training.optimiser import BETAS


class OwnMoments:
    """The steps of all heads on the shared parameters; 2 K N floats.

    Args:
        shared: The parameters.
        private: head -> its own parameters, whose gradients are clipped together with its shared ones.
        weight_decay: Of the shared matrices.
        clip: Largest norm of each head's gradient; 0 for none.
        l1: Strength of the L1 penalty on the shared matrices.
    """

    def __init__(
        self,
        shared: Sequence[nn.Parameter],
        private: Mapping[str, Sequence[nn.Parameter]],
        *,
        weight_decay: float,
        clip: float,
        l1: float,
    ) -> None:
        self._shared, self._private = list(shared), private
        self._decay, self._clip, self._l1 = weight_decay, clip, l1
        self._optimisers = {
            name: torch.optim.AdamW(self._shared, lr=0.0, betas=BETAS, weight_decay=0.0, fused=True) for name in private
        }

    def step(self, names: Sequence[str], weights: Mapping[str, float], rows: GradientRows, rate: float) -> float:
        """The steps of the heads that take part, one after the other; private gradients are clipped, not stepped.

        Args:
            names: The heads, in the order of the rows.
            weights: Factor of each one's step.
            rows: Their gradients.
            rate: Learning rate.
        Returns:
            Norm of all gradients before clipping; the step is not taken where it is not finite.
        """
        squares = [self._clipped(row, name, rows) for row, name in enumerate(names)]
        norm = math.sqrt(sum(squares))
        if not math.isfinite(norm):
            return norm
        self._shrink(names, weights, rows, rate)
        for row, name in enumerate(names):
            if weights[name] == 0:
                continue
            rows.give(row)
            for group in self._optimisers[name].param_groups:
                group["lr"] = rate * weights[name]
            self._optimisers[name].step()
        return norm

    def _clipped(self, row: int, name: str, rows: GradientRows) -> float:
        """Clip one head's gradients; the square of their norm before that."""
        rows.give(row)
        norm = nn.utils.clip_grad_norm_([*self._shared, *self._private[name]], self._clip or float("inf"))
        return float(norm) ** 2

    @torch.no_grad()
    def _shrink(self, names: Sequence[str], weights: Mapping[str, float], rows: GradientRows, rate: float) -> None:
        """Weight decay and L1 penalty of what some head has reached."""
        rows.apply([weights[name] for name in names])
        for parameter in self._shared:
            if parameter.ndim > 1 and parameter.grad is not None:
                parameter.mul_(1 - rate * self._decay)
                if self._l1:
                    parameter.copy_(nn.functional.softshrink(parameter, rate * self._l1))

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor that a checkpoint needs."""
        return {
            f"{name}.{index}.{slot}": tensor
            for name, optimiser in self._optimisers.items()
            for index, slots in optimiser.state_dict()["state"].items()
            for slot, tensor in slots.items()
        }

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from ``tensors``, bit for bit."""
        states: dict[str, dict[int, dict[str, Any]]] = {name: {} for name in self._optimisers}
        for key, tensor in tensors.items():
            name, index, slot = key.rsplit(".", 2)
            states[name].setdefault(int(index), {})[slot] = tensor
        for name, optimiser in self._optimisers.items():
            groups = optimiser.state_dict()["param_groups"]
            optimiser.load_state_dict({"state": states[name], "param_groups": groups})
