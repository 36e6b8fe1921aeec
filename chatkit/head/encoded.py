"""What the host hands to a head, and what a head hands back while it trains.

B = batch, T = tokens, D = width of the hidden states
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import torch
from torch import Tensor

from chatkit.nn.encoder import State


@dataclasses.dataclass(frozen=True)
class Encoded:
    """One field of a batch, encoded once and shared by all heads that want this view. Do not change it in place.

    Args:
        ids: (B, T) int64, padded at the end.
        lengths: (B,) int64, real tokens of each row, at least 1.
        states: (B, T, D) hidden states; padding holds anything.
        next_ids: (B, T) int64, the id that follows each position, -1 where none does: targets of a language model.
        state: State of the encoder after the last column, to step on from (exact for rows without padding).
        find_offsets: Makes ``offsets`` when it is asked for.
    """

    ids: Tensor
    lengths: Tensor
    states: Tensor
    next_ids: Tensor
    state: State | None = None
    find_offsets: Callable[[], list[list[int]]] | None = None

    @property
    def mask(self) -> Tensor:
        """(B, T) bool, True = a real token."""
        return torch.arange(self.ids.shape[1], device=self.ids.device) < self.lengths[:, None]

    @property
    def final(self) -> Tensor:
        """(B, D) hidden state at the last real token."""
        return self.states[torch.arange(len(self.ids), device=self.ids.device), self.lengths - 1]

    @property
    def offsets(self) -> list[list[int]]:
        """Where each real token starts in its text, in UTF-8 bytes of the normalised text."""
        if self.find_offsets is None:
            raise ValueError("the host gave no offsets for this batch")
        return self.find_offsets()


@dataclasses.dataclass(frozen=True)
class Loss:
    """A summed loss and what it was summed over; the host divides once.

    Args:
        total: Scalar tensor, summed nats.
        count: Number of examples or target tokens that the sum runs over.
    """

    total: Tensor
    count: int


@dataclasses.dataclass(frozen=True)
class Info:
    """What a head may know of its host when it is built.

    Args:
        width: Width D of the hidden states.
        labels: Values of the head's ``label_field`` in the training data, sorted; without data, of its examples.
        causal: Whether the encoder is causal.
    """

    width: int
    labels: tuple[str, ...] = ()
    causal: bool = True
