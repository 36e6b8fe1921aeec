"""Softmax cross-entropy over a large vocabulary from a part of it: the frequent pieces, and a sample of the rest.

The normaliser is a sum over all V pieces. Here its terms are: that of the target; those of the first K pieces, which
are the frequent ones, for SentencePiece sorts its pieces so; and those of M others, drawn anew for each batch without
replacement, each weighed by (V - K) / M, the inverse of the probability that it was drawn (Horvitz & Thompson 1952).
That sum is unbiased; its logarithm is too small on average, by about half the relative variance, so that rare pieces
are pushed down a little less than they should be.

Source: sampled softmax, Bengio & Senecal 2008, Jean et al. 2015; departs from them in that the proposal is in two
strata instead of following the frequencies, for which no counts are needed.

N = targets, D = width, V = vocabulary, K = frequent pieces, M = sampled pieces, S = K + M
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.nn.cross_entropy import CHUNK


@dataclasses.dataclass(frozen=True)
class Sampling:
    """Which pieces a step computes.

    Args:
        frequent: The first K pieces, always; at least 1.
        sampled: M drawn of the others; at least 1.
    """

    frequent: int
    sampled: int

    def __post_init__(self) -> None:
        if self.frequent < 1 or self.sampled < 1:
            raise ValueError(f"frequent and sampled must be at least 1, got {self.frequent} and {self.sampled}")

    def covers(self, vocabulary: int) -> bool:
        """Whether a step computes all pieces anyway."""
        return self.frequent + self.sampled >= vocabulary

    def draw(self, vocabulary: int) -> tuple[Tensor, float]:
        """Ids (S,) of a step, and what the terms of the last M of them count.

        Raises:
            ValueError: If there are not so many pieces.
        """
        rest = vocabulary - self.frequent
        if rest < self.sampled:
            raise ValueError(f"{self.frequent} and {self.sampled} pieces of a vocabulary of {vocabulary}")
        drawn = torch.randperm(rest)[: self.sampled] + self.frequent
        return torch.cat((torch.arange(self.frequent), drawn)), rest / self.sampled


class _SampledCrossEntropy(torch.autograd.Function):
    """Sum of cross-entropies; its gradient is made in the forward pass, as in ``chunked_cross_entropy``."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: Tensor,
        weight: Tensor,
        bias: Tensor,
        against: Tensor | None,
        targets: Tensor,
        ids: Tensor,
        scale: float,
        frequent: int,
        dtype: torch.dtype,
    ) -> Tensor:
        inputs = (hidden, weight, bias, against)
        wanted = zip(inputs, ctx.needs_input_grad, strict=False)
        ctx.grads = [torch.zeros_like(x) if x is not None and needed else None for x, needed in wanted]
        offset = torch.zeros(len(ids), dtype=bias.dtype, device=bias.device)
        offset[frequent:] = math.log(scale)
        place = torch.full((len(weight),), -1, dtype=torch.int64, device=ids.device)
        place[ids] = torch.arange(len(ids), device=ids.device)
        part = _Part(weight[ids].to(dtype), bias[ids] + offset, ids, place)
        nats = hidden.new_zeros((), dtype=torch.float64)
        for start in range(0, len(hidden), CHUNK):
            rows = slice(start, start + CHUNK)
            grads = [g if g is None or i in (1, 2) else g[rows] for i, g in enumerate(ctx.grads)]
            other = None if against is None else against[rows]
            nats += _chunk(hidden[rows], weight, bias, targets[rows], part, grads, other)
        part.hand_over(ctx.grads[1], ctx.grads[2])
        return nats.to(hidden.dtype)

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Tensor) -> Any:
        (scale,) = grad_outputs
        return *(None if g is None else g.mul_(scale) for g in ctx.grads), None, None, None, None, None


class _Part:
    """The rows of the vocabulary that a step computes, and their gradients.

    Args:
        weight: (S, D), as wide as products are.
        bias: (S,), the logarithm of what each counts added.
        ids: (S,).
        place: (V,) the place of each piece in ``ids``, -1 where it is not in it.
    """

    def __init__(self, weight: Tensor, bias: Tensor, ids: Tensor, place: Tensor) -> None:
        self.weight, self.bias, self.ids, self.place = weight, bias, ids, place
        self.grad_weight = torch.zeros(weight.shape, dtype=bias.dtype, device=weight.device)
        self.grad_bias = torch.zeros_like(bias)

    def hand_over(self, grad_weight: Tensor | None, grad_bias: Tensor | None) -> None:
        """Add the gradients to those of the whole vocabulary."""
        if grad_weight is not None:
            grad_weight.index_add_(0, self.ids, self.grad_weight)
        if grad_bias is not None:
            grad_bias.index_add_(0, self.ids, self.grad_bias)


def _chunk(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: Tensor,
    part: _Part,
    grads: Sequence[Tensor | None],
    against: Tensor | None = None,
) -> Tensor:
    """Summed nats of the targets (N,), beside ``against`` (N,); gradients go into ``grads`` and into the part."""
    grad_hidden, grad_weight, grad_bias, grad_against = grads
    narrow = hidden.to(part.weight.dtype)
    logits = (narrow @ part.weight.t()).to(hidden.dtype).add_(part.bias)  # (N, S)
    place = part.place[targets]
    there = torch.nonzero(place >= 0)[:, 0]
    logits[there, place[there]] = -math.inf  # the target's own term is not sampled
    own = weight[targets]  # (N, D)
    wanted = (hidden * own).sum(-1) + bias[targets]
    normaliser = torch.logaddexp(logits.logsumexp(-1), wanted)
    log_p = wanted - normaliser
    nats = -(log_p if against is None else torch.logaddexp(log_p, against)).sum(dtype=torch.float64)
    if all(grad is None for grad in grads):
        return nats
    grad = logits.sub_(normaliser[:, None]).exp_()
    missing = torch.expm1(log_p)[:, None]  # (N, 1): p - 1 of the target
    if against is not None:
        share = torch.sigmoid(log_p - against)  # how far the target is the softmax's own
        grad *= share[:, None]
        missing = missing * share[:, None]
        if grad_against is not None:
            grad_against.copy_(share - 1)
    if grad_bias is not None:
        part.grad_bias += grad.sum(0)
        grad_bias.index_add_(0, targets, missing[:, 0])
    grad = grad.to(part.weight.dtype)
    if grad_hidden is not None:
        grad_hidden.copy_(grad @ part.weight).addcmul_(missing, own)
    if grad_weight is not None:
        part.grad_weight += grad.t() @ narrow
        grad_weight.index_add_(0, targets, missing * hidden)
    return nats


def sampled_cross_entropy(
    hidden: Tensor,
    weight: Tensor,
    bias: Tensor,
    targets: Tensor,
    sampling: Sampling,
    *,
    against: Tensor | None = None,
    bfloat16: bool = False,
) -> Tensor:
    """An estimate of the summed cross-entropy of ``softmax(hidden @ weight.T + bias)`` against the targets.

    Args:
        hidden: (N, D).
        weight: (V, D).
        bias: (V,).
        targets: (N,) int64.
        sampling: Which pieces are computed; drawn with torch's own generator, once for all N.
        against: (N,), as in ``chunked_cross_entropy``.
        bfloat16: Compute the products in bfloat16; sums, nats and all gradients stay as wide as given.
    Returns:
        Scalar, nats. Its gradient can be taken once.
    Raises:
        ValueError: If the vocabulary has not so many pieces.
    """
    if not len(hidden):
        return hidden.sum() * 0.0
    ids, scale = sampling.draw(len(weight))
    dtype = torch.bfloat16 if bfloat16 else hidden.dtype
    found: Tensor = _SampledCrossEntropy.apply(
        hidden, weight, bias, against, targets, ids.to(hidden.device), scale, sampling.frequent, dtype
    )
    return found
