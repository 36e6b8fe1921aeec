"""The shared encoder: ids in, hidden states out. Knows nothing of tokenization, it is purely id sequences.

B = batch, T = tokens, D = width of the hidden states, E = width of the embedding, L = layers
"""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import warnings
from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import Tensor, nn

State = tuple[Tensor, ...]
"""What an encoder carries along a conversation; for the LSTM (h, c), each (L, B, D)."""


@dataclasses.dataclass(frozen=True)
class EncoderConfig:
    """Shape of the encoder.

    Args:
        kind: Which encoder.
        embedding: Width E of the embedding, which the softmax shares.
        hidden: Width D of the hidden states.
        layers: Number of layers L.
        dropout: Rate on embeddings and hidden states; locked over time (Gal & Ghahramani 2016).
        embedding_dropout: Rate at which whole rows of the embedding are dropped, the same all over a batch (Gal &
            Ghahramani 2016).
        weight_dropout: Rate on the recurrent weights of each layer (DropConnect; Merity et al. 2018).
        tie: Share the embedding with the softmax (weight tying, Press & Wolf 2017).
    """

    kind: Literal["lstm"] = "lstm"
    embedding: int = 256
    hidden: int = 512
    layers: int = 1
    dropout: float = 0.1
    tie: bool = True
    embedding_dropout: float = 0.0
    weight_dropout: float = 0.0

    def __post_init__(self) -> None:
        for name, most in (("embedding", 8192), ("hidden", 8192), ("layers", 16)):
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"encoder.{name} must lie in 1..{most}, got {getattr(self, name)}")
        for name in ("dropout", "embedding_dropout", "weight_dropout"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"encoder.{name} must lie in 0..1 (1 excluded), got {getattr(self, name)}")


class Encoder(nn.Module, abc.ABC):
    """Interface of every encoder.

    Attributes:
        config: Its shape.
        width: Width D of the hidden states.
        causal: True if the state at a position depends on that position and those before it only.
        embedding: Table of the embedding, (V, E); the vocabulary's softmax is tied to it.
    """

    causal: bool = True
    embedding: nn.Embedding
    narrow: bool = False  # compute in bfloat16 while training; weights and what comes out stay float32
    narrow_reading: bool = False  # the same while many texts are read at once, see ``reading_in_bfloat16``

    def __init__(self, config: EncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.width = config.hidden

    @abc.abstractmethod
    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Encode.

        Args:
            ids: (B, T) int64; padding only at the end of a row.
            state: State to go on from; None is the zero state.
        Returns:
            Hidden states (B, T, D), and the state after the last column.
        """

    @contextlib.contextmanager
    def reading_in_bfloat16(self, enabled: bool = True) -> Iterator[None]:
        """Within it, passes without training compute in bfloat16: for many texts, whose states differ by rounding."""
        before, self.narrow_reading = self.narrow_reading, enabled
        try:
            yield
        finally:
            self.narrow_reading = before

    @abc.abstractmethod
    def zero_state(self, batch: int) -> State:
        """The state in which every conversation starts."""


class LSTMEncoder(Encoder):
    """Causal LSTM (Hochreiter & Schmidhuber 1997), with dropout that is locked over time.

    Args:
        config: Its shape.
        vocab_size: Number of ids V.
    """

    def __init__(self, config: EncoderConfig, vocab_size: int) -> None:
        super().__init__(config)
        self.embedding = nn.Embedding(vocab_size, config.embedding)
        self.lstm = nn.LSTM(config.embedding, config.hidden, config.layers, batch_first=True)
        nn.init.normal_(self.embedding.weight, std=0.1)
        with torch.no_grad():  # a forget gate that starts open (Jozefowicz et al. 2015)
            for name, parameter in self.lstm.named_parameters():
                if name.startswith("bias_ih"):
                    parameter[config.hidden : 2 * config.hidden].fill_(1.0)

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """See ``Encoder.forward``."""
        inputs = self._drop(self._embed(ids))
        narrow = self.narrow if self.training else self.narrow_reading
        with torch.autocast(inputs.device.type, torch.bfloat16, enabled=narrow):
            states, after = self._run(inputs, state if state is None else (state[0], state[1]))
        return self._drop(states.to(inputs.dtype)), tuple(part.to(inputs.dtype) for part in after)

    def zero_state(self, batch: int) -> State:
        """See ``Encoder.zero_state``."""
        like = self.embedding.weight
        zeros = like.new_zeros(self.config.layers, batch, self.config.hidden)
        return zeros, zeros.clone()

    def _embed(self, ids: Tensor) -> Tensor:
        rate = self.config.embedding_dropout
        if not self.training or rate == 0:
            return self.embedding(ids)
        table = self.embedding.weight
        keep = torch.empty(len(table), 1, dtype=table.dtype, device=table.device).bernoulli_(1 - rate)
        return self.embedding(ids) * keep.div_(1 - rate)[ids]

    def _run(self, inputs: Tensor, state: tuple[Tensor, Tensor] | None) -> Any:
        rate = self.config.weight_dropout
        if not self.training or rate == 0:
            return self.lstm(inputs, state)
        names = [f"weight_hh_l{layer}" for layer in range(self.config.layers)]
        dropped = {name: nn.functional.dropout(getattr(self.lstm, name), rate) for name in names}
        with warnings.catch_warnings():  # the weights that are not in one block make the step slower, as is known
            warnings.simplefilter("ignore", UserWarning)
            return torch.func.functional_call(self.lstm, dropped, (inputs, state))

    def _drop(self, x: Tensor) -> Tensor:
        rate = self.config.dropout
        if not self.training or rate == 0:
            return x
        keep = torch.empty(x.shape[0], 1, x.shape[2], dtype=x.dtype, device=x.device).bernoulli_(1 - rate)
        return x * keep.div_(1 - rate)


def make_encoder(config: EncoderConfig, vocab_size: int) -> Encoder:
    """Build the encoder that the config names."""
    return LSTMEncoder(config, vocab_size)
