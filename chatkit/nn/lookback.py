"""Attention to earlier turns: what the softmax sees of a position is mended by what stood in earlier turns.

An LSTM carries a conversation in one state, in which what was said three turns ago is nearly gone: whether a name was
told at all it cannot know before it has begun to say one. The lookback looks by attention, with half of its heads at
the message that is replied to (the turn before this one) and with half at all turns before that, and adds what it finds
to the hidden state. A place of its own with nothing in it lets it look at nothing. The states themselves, and what any
other head makes of them, stay as they are, so it can be trained on a finished encoder.

Source: attention over the hidden states of a decoder's own past, Daniluk, Rocktaeschel, Welbl & Riedel 2017
("Frustratingly short attention spans in neural language modeling"); the place with nothing, Merity et al. 2017. Departs
from the first in the two spans of turns, in keys and values that also hold the piece, and in the layer that mixes.

B = batch, T = tokens, D = width of the hidden states, E = width of the embedding, H = heads of attention,
K = width of each, M = pieces that can be read
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

REACH = 1024  # the latest so many pieces can be read
_NEVER = -1e4  # logarithm of no probability at all; finite, so that its gradient is 0 and no NaN


class Lookback(nn.Module):
    """Attention over earlier turns, and the layer that mixes what it finds into the hidden state.

    Args:
        width: Width D of the hidden states.
        embedding: Width E of the embeddings.
        read: Width of all heads together; half of them read the message, half what was before it.
        heads: Number of heads H, even.
    """

    def __init__(self, width: int, embedding: int, read: int, heads: int = 4) -> None:
        super().__init__()
        if heads < 2 or heads % 2 or read < heads or read % heads:
            raise ValueError(f"a lookback of {heads} heads needs a width that is a multiple of them, got {read}")
        self._heads, self._width, self._embedding = heads, width, embedding
        self.query = nn.Linear(width, read)
        self.key = nn.Linear(width, read, bias=False)
        self.value = nn.Linear(width, read, bias=False)
        self.piece = nn.Linear(embedding, 2 * read, bias=False)  # its part of key and value
        self.nothing = nn.Parameter(torch.zeros(heads))  # score of the place with nothing in it
        self.mix = nn.Linear(width + read, 2 * read)
        self.out = nn.Linear(2 * read, width, bias=False)
        nn.init.zeros_(self.out.weight)  # at first the states are what they are

    def mended(self, states: Tensor, ids: Tensor, embedded: Tensor, openings: Tensor) -> Tensor:
        """States (B, T, D) of a batch with what each reads.

        Args:
            states: (B, T, D).
            ids: (B, T) int64.
            embedded: (B, T, E).
            openings: Ids that open a turn.
        """
        turn = torch.isin(ids, openings).cumsum(1)  # (B, T): number of the turn
        back = turn[:, :, None] - turn[:, None, :]  # (B, T, T): how many turns before this one
        place = torch.arange(ids.shape[1], device=ids.device)
        near = place[:, None] - place[None, :] < REACH
        spans = torch.stack(((back == 1) & near, (back > 1) & near), 1)  # (B, 2, T, T)
        keys, values = self._memory(states, embedded)
        return states + self._found(states, keys, values, spans)

    def over(self, states: Tensor, ids: Tensor, embedded: Tensor, openings: Tensor) -> Callable[[Tensor], Tensor]:
        """What mends the hidden states (N, D) of the turn that is going on.

        Args:
            states: (T, D) of the conversation so far, the opening of the turn last or somewhere behind it.
            ids: (T,) int64.
            embedded: (T, E).
            openings: Ids that open a turn.
        """
        if not len(ids):  # of a text that is written on, nothing is told
            none = self.key.weight.new_zeros(0, 0)
            states, embedded = none.reshape(0, self._width), none.reshape(0, self._embedding)
        turn = torch.isin(ids, openings).cumsum(0)
        back = (turn[-1:] - turn)[-REACH:]
        keys, values = self._memory(states[-REACH:][None], embedded[-REACH:][None])
        spans = torch.stack((back == 1, back > 1))[None, :, None, :]  # (1, 2, 1, M)

        def mend(hidden: Tensor) -> Tensor:
            return hidden + self._found(hidden[None], keys, values, spans)[0]

        return mend

    def _memory(self, states: Tensor, embedded: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and values (B, H, T, K)."""
        of_key, of_value = self.piece(embedded).chunk(2, -1)
        return self._split(self.key(states) + of_key), self._split(self.value(states) + of_value)

    def _split(self, wide: Tensor) -> Tensor:
        return wide.unflatten(-1, (self._heads, -1)).transpose(1, 2)

    def _found(self, states: Tensor, keys: Tensor, values: Tensor, spans: Tensor) -> Tensor:
        """What is added to states (B, T, D), of keys and values (B, H, M, K) and where each may look (B, 2, T, M)."""
        query = self._split(self.query(states))
        scores = query @ keys.transpose(2, 3) / math.sqrt(query.shape[-1])
        scores = scores.masked_fill(~spans.repeat_interleave(self._heads // 2, 1), _NEVER)
        nothing = self.nothing[None, :, None, None].expand(*scores.shape[:3], 1)
        read = torch.cat((nothing, scores), -1).softmax(-1)[..., 1:] @ values
        read = read.transpose(1, 2).flatten(2)
        mixed: Tensor = self.out(functional.gelu(self.mix(torch.cat((states, read), -1))))
        return mixed
