"""Hashed n-grams of pieces: the wide part beside a deep one, a linear model of what stands next to what.

B = batch, T = tokens, C = classes
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

_SCALE = 10.0  # of the table: AdamW moves each weight by the learning rate, and a rare n-gram is seen a few times only
_TOGETHER = 16  # rows that are one row of the stored matrix, which is wide enough to be stored as int8
_MIX, _FIRST, _SECOND = 2654435761, 7919, 1000003


class HashedGrams(nn.Module):
    """Logits as a sum over the pieces and pairs of neighbouring pieces of a text, divided by the root of their number.

    Pieces are hashed into ``2 ** bits`` rows, so the size does not grow with what was seen. The table begins at zero:
    an untrained one says nothing.

    Args:
        classes: C.
        bits: Two to this many rows.

    Source: Cheng et al. 2016, "Wide & Deep Learning"; Joulin et al. 2017, "Bag of Tricks for Efficient Text
    Classification".
    """

    def __init__(self, classes: int, bits: int) -> None:
        super().__init__()
        if not 4 <= bits <= 24:
            raise ValueError(f"bits must lie in 4..24, got {bits}")
        self.rows = 2**bits
        self.table = nn.Parameter(torch.zeros(self.rows // _TOGETHER, _TOGETHER * classes))
        self.bias = nn.Parameter(torch.zeros(classes))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """(B, T) int64, (B, T) bool -> (B, C)."""
        pairs = ids[:, :-1] * _SECOND + ids[:, 1:] * _FIRST + 1
        grams = torch.cat((self._row(ids * _FIRST), self._row(pairs)), 1)
        real = torch.cat((mask, mask[:, 1:]), 1).to(self.table.dtype)
        table = self.table.view(self.rows, -1)
        picked = nn.functional.embedding_bag(grams, table, mode="sum", per_sample_weights=real)
        return _SCALE * picked / real.sum(1, keepdim=True).clamp(min=1).sqrt() + self.bias

    def _row(self, keys: Tensor) -> Tensor:
        mixed = (keys ^ (keys >> 15)) * _MIX & 0xFFFFFFFF
        return (mixed >> 7) % self.rows
