"""Softmax cross-entropy over a large vocabulary in chunks, its gradient made in the forward pass.

N = targets, D = width, V = vocabulary
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

CHUNK = 512  # rows whose logits are held in float32


class _ChunkedCrossEntropy(torch.autograd.Function):
    """Sum of cross-entropies; never holds N x V at once.

    The forward pass makes the gradient of the summed loss chunk by chunk while the probabilities are still in the
    cache; the backward pass only scales it. Products run in ``dtype``, normaliser and sums in that of ``hidden``.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        against: Tensor | None,
        targets: Tensor,
        dtype: torch.dtype,
    ) -> Tensor:
        inputs = (hidden, weight, bias, against)
        wanted = zip(inputs, ctx.needs_input_grad, strict=False)
        ctx.grads = [torch.zeros_like(x) if x is not None and needed else None for x, needed in wanted]
        narrow = [x.to(dtype) for x in (hidden, weight, bias)]
        nats = hidden.new_zeros((), dtype=torch.float64)
        for start in range(0, len(hidden), CHUNK):
            rows = slice(start, start + CHUNK)
            grads = [g if g is None or i in (1, 2) else g[rows] for i, g in enumerate(ctx.grads)]
            other = None if against is None else against[rows, None]
            nats += _chunk(narrow[0][rows], narrow[1], narrow[2], targets[rows, None], grads, other)
        return nats.to(hidden.dtype)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        (scale,) = grad_outputs
        return *(None if g is None else g.mul_(scale) for g in ctx.grads), None, None


def _chunk(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: Tensor,
    grads: Sequence[Tensor | None],
    against: Tensor | None = None,
) -> Tensor:
    """Summed nats of the targets (N, 1), beside ``against`` (N, 1); the gradients are added into ``grads``."""
    grad_hidden, grad_weight, grad_bias, grad_against = grads
    logits = torch.addmm(bias, hidden, weight.t())  # (N, V)
    if hidden.dtype == torch.bfloat16:
        logits = logits.float()
    normaliser = logits.logsumexp(-1, keepdim=True)
    log_p = logits.gather(1, targets) - normaliser
    nats = -(log_p if against is None else torch.logaddexp(log_p, against)).sum(dtype=torch.float64)
    if any(grad is not None for grad in grads):
        grad = logits.sub_(normaliser).exp_()
        grad.scatter_add_(1, targets, grad.new_full(targets.shape, -1.0))
        if against is not None:
            share = torch.sigmoid(log_p - against)  # how far the target is the softmax's own
            grad *= share
            if grad_against is not None:
                grad_against.copy_((share - 1)[:, 0])
        if grad_bias is not None:
            grad_bias += grad.sum(0)
        grad = grad.to(hidden.dtype)
        if grad_hidden is not None:
            grad_hidden.copy_(grad @ weight)
        if grad_weight is not None:
            grad_weight += grad.t() @ hidden
    return nats


def chunked_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: Tensor,
    *,
    against: Tensor | None = None,
    bfloat16: bool = False,
) -> Tensor:
    """Summed cross-entropy of ``softmax(hidden @ weight.T + bias)`` against the targets.

    Args:
        hidden: (N, D).
        weight: (V, D).
        bias: (V,).
        targets: (N,) int64.
        against: (N,), the logarithm of what another distribution gives each target; then the loss is minus the
            logarithm of the sum of both, and gradient flows into it too.
        bfloat16: Compute the products in bfloat16; the normaliser, the nats and all gradients stay as wide as given.
    Returns:
        Scalar, nats. Its gradient can be taken once.
    """
    if not len(hidden):
        return hidden.sum() * 0.0
    dtype = torch.bfloat16 if bfloat16 else hidden.dtype
    return _ChunkedCrossEntropy.apply(hidden, weight, bias, against, targets, dtype)


def target_nats(hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of each target, (N,) nats, without gradient."""
    with torch.no_grad():
        parts = [
            F.cross_entropy(
                torch.addmm(bias, hidden[s : s + CHUNK], weight.t()), targets[s : s + CHUNK], reduction="none"
            )
            for s in range(0, len(hidden), CHUNK)
        ]
        return torch.cat(parts) if parts else hidden.new_zeros(0)
