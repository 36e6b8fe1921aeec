"""Softmax cross-entropy over a large vocabulary in chunks, its gradient made in the forward pass.

N = targets, D = width, V = vocabulary
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

_CHUNK = 512


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Sum of cross-entropies; never holds N x V at once.

    The forward pass makes the gradient of the summed loss chunk by chunk while the probabilities are still in the
    cache; the backward pass only scales it.
    """

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
        needs_hidden, needs_weight, needs_bias = ctx.needs_input_grad[:3]
        nats = hidden.new_zeros((), dtype=torch.float64)
        grad_hidden = torch.empty_like(hidden) if needs_hidden else None
        grad_weight = torch.zeros_like(weight) if needs_weight else None
        grad_bias = torch.zeros_like(bias) if needs_bias else None
        for start in range(0, len(hidden), _CHUNK):
            rows = slice(start, start + _CHUNK)
            h, y = hidden[rows], targets[rows, None]
            logits = torch.addmm(bias, h, weight.t())  # (chunk, V)
            normaliser = logits.logsumexp(-1, keepdim=True)
            nats += (normaliser - logits.gather(1, y)).sum(dtype=torch.float64)
            if not any((needs_hidden, needs_weight, needs_bias)):
                continue
            grad = logits.sub_(normaliser).exp_()
            grad.scatter_add_(1, y, grad.new_full(y.shape, -1.0))
            if grad_hidden is not None:
                torch.mm(grad, weight, out=grad_hidden[rows])
            if grad_weight is not None:
                grad_weight.addmm_(grad.t(), h)
            if grad_bias is not None:
                grad_bias += grad.sum(0)
        ctx.grads = (grad_hidden, grad_weight, grad_bias)
        return nats.to(hidden.dtype)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        (scale,) = grad_outputs
        return *(None if g is None else g.mul_(scale) for g in ctx.grads), None


def chunked_cross_entropy(hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Summed cross-entropy of ``softmax(hidden @ weight.T + bias)`` against the targets.

    Args:
        hidden: (N, D).
        weight: (V, D).
        bias: (V,).
        targets: (N,) int64.
    Returns:
        Scalar, nats. Its gradient can be taken once.
    """
    if not len(hidden):
        return hidden.sum() * 0.0
    return _ChunkedCrossEntropy.apply(hidden, weight, bias, targets)


def target_nats(hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of each target, (N,) nats, without gradient."""
    with torch.no_grad():
        parts = [
            F.cross_entropy(
                torch.addmm(bias, hidden[s : s + _CHUNK], weight.t()), targets[s : s + _CHUNK], reduction="none"
            )
            for s in range(0, len(hidden), _CHUNK)
        ]
        return torch.cat(parts) if parts else hidden.new_zeros(0)
