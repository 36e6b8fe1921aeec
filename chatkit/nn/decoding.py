"""Choosing the next id from logits: temperature, repetition penalty, top-k, top-p.

V = vocabulary, k = candidates kept
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Sequence

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
    if sampling.repetition_penalty < 1 and recent:  # raises logits: what is not among the best may come up
        index = torch.tensor(sorted(set(recent)))
        seen = logits[index]
        logits = logits.index_copy(0, index, _penalised(seen, sampling.repetition_penalty))
        recent = ()
    seen_ids = set(recent) if sampling.repetition_penalty > 1 else set()
    # A selection of k instead of a sort of V: what lies beyond 256 candidates is noise at any useful setting. As many
    # more as the penalty can push down are taken, so that the k best after it are among them.
    count = min(sampling.top_k or _MOST_CANDIDATES, _MOST_CANDIDATES)
    values, ids = logits.topk(min(count + len(seen_ids), len(logits)))
    best: list[tuple[float, int]] = list(zip(values.tolist(), ids.tolist(), strict=True))
    if not math.isfinite(best[0][0]):
        raise ValueError("no finite logit to choose from")
    if seen_ids:
        penalty = sampling.repetition_penalty
        changed = [(v if i not in seen_ids else v / penalty if v > 0 else v * penalty, i) for v, i in best]
        best = sorted(changed, key=lambda pair: -pair[0])
    if sampling.temperature < _COLDEST:
        return best[0][1]
    return _draw(best[:count], sampling, generator)


def _penalised(logits: Tensor, penalty: float) -> Tensor:
    return torch.where(logits > 0, logits / penalty, logits * penalty)


def _draw(best: Sequence[tuple[float, int]], sampling: Sampling, generator: torch.Generator | None) -> int:
    """Draw one of the candidates, best first; plain numbers, as so few are done before torch has called a kernel."""
    top = best[0][0]
    shares = [math.exp((value - top) / sampling.temperature) for value, _ in best]
    left = float(torch.rand((), generator=generator, dtype=torch.float64))
    if sampling.top_p < 1:
        enough, reached, kept = sampling.top_p * sum(shares), 0.0, 0
        while kept < len(shares) and reached < enough:
            reached += shares[kept]
            kept += 1
        shares = shares[:kept]
    left *= sum(shares)
    for share, (_, index) in zip(shares, best, strict=False):
        left -= share
        if left < 0:
            return index
    return best[len(shares) - 1][1]  # rounding
