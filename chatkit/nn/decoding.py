"""Choosing the next id from logits: temperature, repetition penalty, top-k, top-p.

V = vocabulary, k = candidates kept
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection

import torch
from torch import Tensor

_MOST_CANDIDATES = 256
_COLDEST = 1e-6  # below, logits overflow when they are divided, and the draw is certain anyway


@dataclasses.dataclass(frozen=True)
class Sampling:
    """How to draw the next id.

    Args:
        temperature: Divides the logits; 0 takes the most probable id.
        top_k: Keep so many most probable ids; 0 keeps up to 256.
        top_p: Keep the smallest set whose probability reaches this (Holtzman et al. 2020).
        repetition_penalty: Divides positive, multiplies negative logits of recent ids (Keskar et al. 2019); 1 is off.
        repetition_window: How many recent ids it looks at.
        max_tokens: Most ids in one reply.
    """

    temperature: float = 0.7
    top_k: int = 40
    top_p: float = 0.9
    repetition_penalty: float = 1.15
    repetition_window: int = 64
    max_tokens: int = 60

    def __post_init__(self) -> None:
        if not self.temperature >= 0:  # also true of NaN
            raise ValueError(f"temperature must be at least 0, got {self.temperature}")
        if self.top_k < 0:
            raise ValueError(f"top_k must be at least 0, got {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p must lie in 0..1 (0 excluded), got {self.top_p}")
        if not self.repetition_penalty > 0:
            raise ValueError(f"repetition_penalty must be above 0, got {self.repetition_penalty}")
        if self.repetition_window < 0:
            raise ValueError(f"repetition_window must be at least 0, got {self.repetition_window}")
        if self.max_tokens < 1:
            raise ValueError(f"max_tokens must be at least 1, got {self.max_tokens}")


def choose(
    logits: Tensor,
    sampling: Sampling,
    *,
    generator: torch.Generator | None = None,
    recent: Collection[int] = (),
    banned: Tensor | None = None,
) -> int:
    """Draw the next id.

    Args:
        logits: (V,).
        sampling: How.
        generator: Source of randomness.
        recent: Ids that the repetition penalty looks at.
        banned: (V,) bool, ids never to draw.
    """
    if banned is not None:
        logits = logits.masked_fill(banned, float("-inf"))
    if recent and sampling.repetition_penalty != 1:
        index = torch.tensor(sorted(set(recent)))
        seen = logits[index]
        penalty = sampling.repetition_penalty
        logits = logits.index_copy(0, index, torch.where(seen > 0, seen / penalty, seen * penalty))
    if sampling.temperature < _COLDEST:
        return int(logits.argmax())
    # A selection of k instead of a sort of V: what lies beyond 256 candidates is noise at any useful setting.
    count = min(sampling.top_k or _MOST_CANDIDATES, _MOST_CANDIDATES, len(logits))
    values, ids = logits.topk(count)
    probabilities = (values / sampling.temperature).softmax(-1)
    if sampling.top_p < 1:
        before = probabilities.cumsum(-1) - probabilities
        probabilities = probabilities.masked_fill(before >= sampling.top_p, 0.0)
    return int(ids[torch.multinomial(probabilities, 1, generator=generator)])
