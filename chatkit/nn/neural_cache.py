"""A neural cache: pieces that were said after a similar state become likelier.

M = remembered pieces, D = width of the hidden states, V = vocabulary
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor


class NeuralCache:
    """What was said in a session: hidden states, and the piece that followed each.

    Args:
        share: Share lambda of the cache in the mixture with the language model.
        flatness: Factor theta of the similarity; 0 weighs every piece alike.
        size: Most pieces that are remembered; the oldest are dropped.
    Source: Grave, Joulin & Usunier 2017; departs from it in that states are compared at unit length, so that
        ``flatness`` means the same for every encoder.
    """

    def __init__(self, *, share: float, flatness: float, size: int) -> None:
        if not 0 <= share < 1:
            raise ValueError(f"share must lie in 0..1 (1 excluded), got {share}")
        self.share, self.flatness, self.size = share, flatness, size
        self._keys: list[Tensor] = []
        self._ids: list[int] = []
        self._table: tuple[Tensor, Tensor] | None = None

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, states: Tensor, ids: Sequence[int]) -> None:
        """Remember pieces.

        Args:
            states: (M, D) hidden states before each.
            ids: (M,) the pieces.
        """
        if len(ids):
            self._keys.append(_unit(states.detach().clone()))
            self._ids += list(ids)
            self._table = None

    def mixed(self, logits: Tensor, hidden: Tensor) -> Tensor:
        """Logits (..., V) of the mixture; those of pieces that were not said only fall by log(1 - share).

        Args:
            logits: (..., V) of the language model.
            hidden: (..., D) states that they belong to.
        """
        if not self._ids or not self.share:
            return logits
        keys, ids = self._arrays()
        weights = torch.softmax(self.flatness * (_unit(hidden) @ keys.T), dim=-1)
        said = torch.zeros_like(logits).index_add_(-1, ids, weights.to(logits.dtype))
        model = torch.log_softmax(logits, dim=-1)
        rise = torch.logaddexp(model + math.log1p(-self.share), torch.log(said.clamp(min=1e-30)) + math.log(self.share))
        return logits + (rise - model)

    def _arrays(self) -> tuple[Tensor, Tensor]:
        if self._table is None:
            keys, self._ids = torch.cat(self._keys)[-self.size :], self._ids[-self.size :]
            self._keys = [keys]
            self._table = keys, torch.tensor(self._ids)
        return self._table


def _unit(states: Tensor) -> Tensor:
    return torch.nn.functional.normalize(states.float(), dim=-1)
