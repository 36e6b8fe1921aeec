"""The GRU: one state less than the LSTM, and a quarter of its weights less.

B = batch, T = tokens, D = width, L = layers
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from chatkit.nn.encoder import Encoder, EncoderConfig, MakeProduct, State, Step


class GRUEncoder(Encoder):
    """Causal GRU (Cho et al. 2014, in the form of nn.GRU), with dropout that is locked over time.

    Args:
        config: Its shape; it has no options.
        vocab_size: Number of ids V.
    """

    def __init__(self, config: EncoderConfig, vocab_size: int) -> None:
        super().__init__(config)
        self.refuse_options()
        self.refuse_weight_dropout()
        self.embedding = nn.Embedding(vocab_size, config.embedding)
        self.gru = nn.GRU(config.embedding, config.hidden, config.layers, batch_first=True)
        nn.init.normal_(self.embedding.weight, std=0.1)

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """See ``Encoder.forward``; the state is (h,), (L, B, D)."""
        inputs = self.drop(self.embed(ids))
        with self.autocast(inputs):
            states, after = self.gru(inputs, None if state is None else state[0])
        return self.drop(states.to(inputs.dtype)), (after.to(inputs.dtype),)

    def zero_state(self, batch: int) -> State:
        """See ``Encoder.zero_state``."""
        return (self.embedding.weight.new_zeros(self.config.layers, batch, self.config.hidden),)

    def make_step(self, make: MakeProduct) -> Step:
        """See ``Encoder.make_step``: the cell written out over packed weights."""
        cells = [
            tuple(
                make(getattr(self.gru, f"weight_{p}_l{i}"), getattr(self.gru, f"bias_{p}_l{i}")) for p in ("ih", "hh")
            )
            for i in range(self.config.layers)
        ]
        table = self.embedding.weight.detach()

        def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
            x, after = table[ids], []
            for (of_input, of_state), h in zip(cells, state[0], strict=True):
                reset, update, new = of_input(x).chunk(3, 1)
                reset_h, update_h, new_h = of_state(h).chunk(3, 1)
                gate = torch.sigmoid(update + update_h)
                new = torch.tanh(new + torch.sigmoid(reset + reset_h) * new_h)
                x = new + gate * (h - new)
                after.append(x)
            return x, (torch.stack(after),)

        return step
