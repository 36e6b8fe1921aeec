"""What the pieces of a text say of its subject, beside what the head has learned from hidden states.

Hidden states tell apart what the head was trained on, and little else: vectors of pieces, which know no order, carry
over to texts of other kinds. They are no part of the training of the head, and are filled afterwards.

B = batch, T = tokens, V = pieces of the vocabulary, K = width
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Bag(nn.Module):
    """Mean of the vectors of a text's pieces, weighed by how much each piece matters, scaled to length 1.

    Args:
        pieces: V.
        width: K, at least 1.

    Source: Wu et al. 2018, "StarSpace: Embed All The Things!"; weights of the pieces by a softmax over the text.
    """

    table: Tensor  # whole numbers -127..127, a byte each in memory too
    scale: Tensor  # of each row
    importance: Tensor
    count: Tensor  # of the steps that filled it

    def __init__(self, pieces: int, width: int) -> None:
        super().__init__()
        if width < 1:
            raise ValueError(f"bag must be at least 1, got {width}")
        self.register_buffer("table", torch.zeros(pieces, width, dtype=torch.int8))
        self.register_buffer("scale", torch.zeros(pieces))
        self.register_buffer("importance", torch.zeros(pieces))
        self.register_buffer("count", torch.zeros(1))

    @property
    def is_empty(self) -> bool:
        """Whether it was never filled."""
        return not bool(self.count)

    def fill(self, table: Tensor, importance: Tensor, *, steps: int) -> None:
        """Take over what was trained elsewhere; the vectors are rounded to whole numbers with a scale for each row.

        Args:
            table: (V, K).
            importance: (V,), logits.
            steps: Of its training, at least 1.
        """
        self.scale.copy_((table.abs().amax(1) / 127).clamp(min=1e-12))
        self.table.copy_((table / self.scale[:, None]).round())
        self.importance.copy_(importance)
        self.count.fill_(steps)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Unit vectors (B, K) of ids (B, T); ``mask`` (B, T) is True where a token is real."""
        rows = self.table[ids].float() * self.scale[ids][..., None]
        return nn.functional.normalize(weighted_mean(rows, self.importance[ids], mask), dim=-1)


def weighted_mean(rows: Tensor, importance: Tensor, mask: Tensor) -> Tensor:
    """Mean (B, K) of rows (B, T, K), weighed by a softmax over the importance (B, T) of those that the mask has."""
    logits = importance.masked_fill(~mask, torch.finfo(torch.float32).min)
    return torch.einsum("bt,btk->bk", logits.softmax(-1), rows)
