"""A neural cache over a whole text at once, for ``wikitext2.py``: what ``chatkit.nn.neural_cache`` says of each word.

N = words, D = width, M = remembered words
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import torch
from torch import Tensor

_CHUNK = 500
WINDOW = 2000
FLATNESSES, SHARES = (8.0, 12.0, 18.0, 26.0), (0.05, 0.1, 0.15, 0.2, 0.25)


@torch.no_grad()
def cached(hidden: Tensor, targets: Tensor, flatnesses: Sequence[float], window: int = WINDOW) -> Tensor:
    """Probability of each word under the cache alone, for each flatness, (F, N); 0 where nothing is remembered yet.

    Args:
        hidden: (N, D) states before each word.
        targets: (N,) the words.
        flatnesses: Factors theta of the similarity of states at unit length.
        window: Words M that are remembered.
    """
    keys = torch.nn.functional.normalize(hidden.float(), dim=-1)
    out = torch.zeros(len(flatnesses), len(keys))
    for start in range(0, len(keys), _CHUNK):
        first, end = max(0, start - window), min(start + _CHUNK, len(keys))
        similar = keys[start:end] @ keys[first:end].T  # (T, M + T)
        place = torch.arange(start, end)[:, None] - torch.arange(first, end)[None, :]
        similar.masked_fill_((place < 1) | (place > window), -math.inf)
        same = targets[start:end, None] == targets[None, first:end]
        for i, flatness in enumerate(flatnesses):
            weights = torch.softmax(flatness * similar, dim=-1)
            out[i, start:end] = (weights * same).sum(-1).nan_to_num(0.0)  # the first word has nothing before it
    return out


def mixed(nats: Tensor, remembered: Tensor, share: float) -> Tensor:
    """Nats (N,) of the mixture of a model with what is remembered (N,)."""
    out = -torch.logaddexp(math.log1p(-share) - nats, remembered.clamp(min=1e-30).log() + math.log(share))
    out[0] = nats[0]  # an empty cache takes nothing
    return out


def choose(nats: Tensor, hidden: Tensor, targets: Tensor) -> tuple[float, float]:
    """Flatness and share with the fewest nats on a text: to be called on dev."""
    table = cached(hidden, targets, FLATNESSES)
    grid = itertools.product(range(len(FLATNESSES)), SHARES)
    best = min(grid, key=lambda pair: float(mixed(nats, table[pair[0]], pair[1]).double().sum()))
    return FLATNESSES[best[0]], best[1]


def with_cache(nats: Tensor, hidden: Tensor, targets: Tensor, flatness: float, share: float) -> Tensor:
    """Nats (N,) of each word of a text with the cache."""
    return mixed(nats, cached(hidden, targets, (flatness,))[0], share)
