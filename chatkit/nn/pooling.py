"""Pooling: one vector of a sequence of hidden states. Padding never counts.

B = batch, T = tokens, D = width
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "identity": nn.Identity,
}


def activation(name: str) -> nn.Module:
    """The activation of that name.

    Raises:
        ValueError: If there is none; the message lists the known ones.
    """
    if name not in ACTIVATIONS:
        raise ValueError(f"no activation {name!r}; known: {', '.join(sorted(ACTIVATIONS))}")
    return ACTIVATIONS[name]()


def mean_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Mean over real tokens: (B, T, D), (B, T) -> (B, D)."""
    weights = mask.to(states.dtype)
    return torch.einsum("btd,bt->bd", states, weights) / weights.sum(1, keepdim=True).clamp(min=1)


def max_pool(states: Tensor, mask: Tensor) -> Tensor:
    """Largest value over real tokens: (B, T, D), (B, T) -> (B, D)."""
    return states.masked_fill(~mask.unsqueeze(-1), torch.finfo(states.dtype).min).amax(1)


class AttentionPooling(nn.Module):
    """Weighted mean with one learned score a token (self-attention with one hop; Lin et al. 2017).

    Args:
        width: Width D of the hidden states.
        hidden: Width of the scorer.
    """

    def __init__(self, width: int, hidden: int = 64) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, 1, bias=False))

    def forward(self, states: Tensor, mask: Tensor) -> Tensor:
        """(B, T, D), (B, T) -> (B, D)."""
        return torch.einsum("btd,bt->bd", states, self.weights(states, mask))

    def weights(self, states: Tensor, mask: Tensor) -> Tensor:
        """Share of each token, (B, T), 0 on padding."""
        scores = self.score(states).squeeze(-1)
        return scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(-1)
