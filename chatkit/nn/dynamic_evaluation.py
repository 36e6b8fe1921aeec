"""Dynamic evaluation: a copy of the language model that goes on learning from what it reads, on a leash.

B = 1, T = tokens, D = width of the hidden states, V = vocabulary
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from chatkit.nn.encoder import State
from chatkit.nn.vocabulary import Backbone


class DynamicEvaluation:
    """Takes gradient steps on a copy of a backbone; the backbone itself is only read.

    Args:
        base: Where it starts, and what it is pulled back to.
        rate: Step size of plain gradient descent on the mean nats of a segment.
        decay: Share of the way back to the base that each step takes.
        bound: Largest distance from the base, as a share of the length of all its weights; a step that leads further
            is shortened to end there.
        clip: Largest norm of a gradient.
    Source: Krause et al. 2018, "Dynamic Evaluation of Neural Sequence Models" (its SGD with decay); the bound is ours.
    """

    def __init__(self, base: Backbone, *, rate: float, decay: float, bound: float, clip: float = 1.0) -> None:
        with torch.inference_mode(False):
            self.backbone = copy.deepcopy(base).eval().requires_grad_(True)
        self._rate, self._decay, self._bound, self._clip = rate, decay, bound, clip
        self._base: list[Tensor] = [parameter.detach() for parameter in base.parameters()]
        self._own: list[Tensor] = list(self.backbone.parameters())
        self._whole = _length(self._base)
        self.steps, self.drift = 0, 0.0

    def learn(self, ids: Sequence[int], state: State | None) -> State:
        """One step on a segment.

        Args:
            ids: (T + 1,) pieces; each but the first is learned from.
            state: Encoder state before the first piece.
        Returns:
            Encoder state after all pieces but the last, as it was before the step.
        """
        with torch.inference_mode(False), torch.enable_grad():
            row = torch.tensor([list(ids)])
            before = None if state is None else tuple(part.clone() for part in state)  # it may be an inference tensor
            states, after = self.backbone.encoder(row[:, :-1], before)
            nats = self.backbone.softmax.cross_entropy(states[0], row[0, 1:])
            gradients = torch.autograd.grad(nats / (len(ids) - 1), self._own, allow_unused=True)
            self._step([torch.zeros_like(p) if g is None else g for p, g in zip(self._own, gradients, strict=True)])
        return tuple(part.detach() for part in after)

    @torch.no_grad()
    def _step(self, gradients: list[Tensor]) -> None:
        norm = _length(gradients)
        scale = self._rate * min(1.0, self._clip / max(norm, 1e-12))
        off = torch._foreach_sub(self._own, self._base)
        torch._foreach_mul_(off, 1 - self._decay)
        torch._foreach_sub_(off, torch._foreach_mul(gradients, scale))
        self.drift = _length(off) / max(self._whole, 1e-12)
        if self.drift > self._bound:
            torch._foreach_mul_(off, self._bound / self.drift)
            self.drift = self._bound
        torch._foreach_add_(off, self._base)
        torch._foreach_copy_(self._own, off)
        self.steps += 1


def _length(tensors: Sequence[Tensor]) -> float:
    return float(torch.stack(list(torch._foreach_norm(list(tensors)))).norm())
