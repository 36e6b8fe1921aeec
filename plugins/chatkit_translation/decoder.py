"""LSTM decoder with attention over the encoder's states.

B = sentences (or beams), S = source tokens, L = target pieces, D = width of the encoder, R = width of the second
reading, M = D + R, H = width of the decoder, E = width of the embedding
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from contextlib import AbstractContextManager

import torch
from torch import Tensor, nn

from chatkit.plugin_api import Encoded

Autocast = Callable[[Tensor], AbstractContextManager[object]]


@dataclasses.dataclass(frozen=True)
class Memory:
    """What the decoder looks at.

    Args:
        values: (B, S, M) states of the source.
        keys: (B, S, H) the same, as the attention compares them.
        mask: (B, S) bool, True = a real token.
    """

    values: Tensor
    keys: Tensor
    mask: Tensor

    def rows(self, index: Tensor) -> Memory:
        """The memory of some sentences, (N,)."""
        return Memory(self.values[index], self.keys[index], self.mask[index])


@dataclasses.dataclass(frozen=True)
class DecoderState:
    """What the decoder carries from piece to piece: LSTM state (B, H) each, and the last attentional state (B, H)."""

    h: Tensor
    c: Tensor
    fed: Tensor

    def rows(self, index: Tensor) -> DecoderState:
        """The state of some rows, (N,)."""
        return DecoderState(self.h[index], self.c[index], self.fed[index])


class AttentionDecoder(nn.Module):
    """Luong's global attention with the general score (Luong, Pham & Manning 2015, equations 5 to 8).

    A causal encoder has not read what follows a token when it makes its state; so the source is read a second time,
    right to left, over those states (the backward half of Bahdanau, Cho & Bengio 2015).

    Args:
        width: Width D of the encoder's states; also of the hidden states that come out, for the shared softmax.
        embedding: Width E of the target embeddings.
        hidden: Width H of the decoder.
        reread: Width R of the second reading; 0 leaves it out.
        input_feeding: Feed the last attentional state to the next step (section 3.3 of the paper); trains slower.
        dropout: Rate on attentional states.
        autocast: Precision of the LSTMs in training.
    """

    def __init__(
        self,
        width: int,
        embedding: int,
        *,
        hidden: int,
        reread: int,
        input_feeding: bool,
        dropout: float,
        autocast: Autocast,
    ) -> None:
        super().__init__()
        self._autocast = autocast
        self.input_feeding = input_feeding
        self.norm = nn.LayerNorm(width)  # the scale of the states is the encoder's business
        self.back = nn.LSTM(width, reread, batch_first=True) if reread else None
        memory = width + reread
        self.lstm = nn.LSTM(embedding + (hidden if input_feeding else 0), hidden, batch_first=True)
        self.bridge = nn.Linear(memory, 2 * hidden)
        self.key = nn.Linear(memory, hidden, bias=False)
        self.combine = nn.Linear(memory + hidden, hidden, bias=False)
        self.dropout = nn.Dropout(dropout)
        self.project = nn.Linear(hidden, width)

    def remember(self, source: Encoded) -> tuple[Memory, DecoderState]:
        """Memory of a source, and the state in which its translation starts."""
        states = self.norm(source.states)
        first = states[torch.arange(len(states), device=states.device), source.lengths - 1]
        if self.back is not None:
            back = self._right_to_left(states, source.lengths)
            states, first = torch.cat((states, back), -1), torch.cat((first, back[:, 0]), -1)
        h, c = self.bridge(first).tanh().chunk(2, -1)
        return Memory(states, self.key(states), source.mask), DecoderState(h, c, torch.zeros_like(h))

    def forward(self, inputs: Tensor, state: DecoderState, memory: Memory) -> tuple[Tensor, DecoderState]:
        """Hidden states for the softmax.

        Args:
            inputs: (B, L, E) embeddings of the pieces before each target.
            state: State before them.
            memory: The source.
        Returns:
            (B, L, D), and the state after the last piece.
        """
        if not self.input_feeding:
            initial = (state.h.unsqueeze(0), state.c.unsqueeze(0))
            with self._autocast(inputs):
                hidden, (h, c) = self.lstm(inputs, initial)
            hidden, h, c = (part.to(inputs.dtype) for part in (hidden, h, c))
            out = self._attend(hidden, memory)
            return self.project(out), DecoderState(h[0], c[0], out[:, -1])
        outs = []
        for piece in inputs.unbind(1):
            out, state = self.step(piece, state, memory)
            outs.append(out)
        return torch.stack(outs, 1), state

    def step(self, inputs: Tensor, state: DecoderState, memory: Memory) -> tuple[Tensor, DecoderState]:
        """One piece; the rows of a sentence's beams stand together and share its memory.

        Args:
            inputs: (N, E) embeddings of the last pieces, N a multiple of the sentences B.
            state: State before them, (N, H).
            memory: The sources, (B, ...).
        Returns:
            (N, D), and the new state.
        """
        if self.input_feeding:
            inputs = torch.cat((inputs, state.fed), -1)
        # nn.LSTM would spend most of a one-piece call on packing weights.
        input_weight, state_weight, input_bias, state_bias = self.lstm.all_weights[0]
        h, c = torch.lstm_cell(inputs, (state.h, state.c), input_weight, state_weight, input_bias, state_bias)
        out = self._attend(h.view(len(memory.keys), -1, h.shape[-1]), memory).view_as(h)
        return self.project(out), DecoderState(h, c, out)

    def _attend(self, hidden: Tensor, memory: Memory) -> Tensor:
        """Attentional states (B, L, H) of the decoder's states (B, L, H)."""
        scores = hidden @ memory.keys.transpose(1, 2)  # (B, L, S)
        scores = scores.masked_fill(~memory.mask.unsqueeze(1), torch.finfo(scores.dtype).min)
        context = scores.softmax(-1) @ memory.values  # (B, L, M)
        attentional: Tensor = self.dropout(self.combine(torch.cat((context, hidden), -1)).tanh())
        return attentional

    def _right_to_left(self, states: Tensor, lengths: Tensor) -> Tensor:
        """(B, S, R): the source read from its last real token to its first; what stands on padding does not count."""
        assert self.back is not None
        steps = torch.arange(states.shape[1], device=states.device)
        mirror = (lengths[:, None] - 1 - steps).clamp(min=0)  # (B, S); its own inverse on real tokens
        turned = states.gather(1, mirror.unsqueeze(-1).expand_as(states))
        with self._autocast(turned):
            read = self.back(turned)[0].to(states.dtype)
        return read.gather(1, mirror.unsqueeze(-1).expand_as(read))
