"""The shared encoder: ids in, hidden states out. Knows nothing of tokenization, it is purely id sequences.

B = batch, T = tokens, D = width of the hidden states, E = width of the embedding, L = layers
"""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import importlib
import importlib.metadata
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.errors import ConfigError

State = tuple[Tensor, ...]
"""What an encoder carries along a conversation: tensors of three axes, the batch second; for the LSTM (h, c), each
(L, B, D). Rows can be chosen and repeated along that axis by anyone."""
Step = Callable[[Tensor, State], tuple[Tensor, State]]
MakeProduct = Callable[[Tensor, Tensor | None], Callable[[Tensor], Tensor]]
"""From weight and bias to a packed linear map."""

GROUP = "chatkit.encoders"  # entry points: name of a kind -> class, made with (config, vocab_size)
_BUILT_IN = {
    "lstm": "chatkit.nn.encoder:LSTMEncoder",
    "gru": "chatkit.nn.gru:GRUEncoder",
    "transformer": "chatkit.nn.transformer:TransformerEncoder",
    "lstm_attention": "chatkit.nn.transformer:AttentiveLSTMEncoder",
}


@dataclasses.dataclass(frozen=True)
class EncoderConfig:
    """Shape of the encoder.

    Args:
        kind: Which encoder: ``lstm``, ``gru``, ``transformer``, ``lstm_attention``, or one of a plugin.
        embedding: Width E of the embedding, which the softmax shares.
        hidden: Width D of the hidden states.
        layers: Number of layers L.
        dropout: Rate on embeddings and hidden states; locked over time (Gal & Ghahramani 2016).
        embedding_dropout: Rate at which whole rows of the embedding are dropped, the same all over a batch (Gal &
            Ghahramani 2016).
        weight_dropout: Rate on the recurrent weights of each layer (DropConnect; Merity et al. 2018); of kinds that
            are an LSTM.
        tie: Share the embedding with the softmax (weight tying, Press & Wolf 2017).
        options: What only this kind knows; its module says what there is.
    """

    kind: str = "lstm"
    embedding: int = 256
    hidden: int = 512
    layers: int = 1
    dropout: float = 0.1
    tie: bool = True
    embedding_dropout: float = 0.0
    weight_dropout: float = 0.0
    options: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in _BUILT_IN and self.kind not in encoder_kinds():  # what is installed is looked up if need be
            raise ValueError(f"encoder.kind must be one of {', '.join(encoder_kinds())}, got {self.kind!r}")
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

    def blend(self, carried: State, fresh: Tensor) -> State:
        """A carried state, detached, with the zero state in the rows of ``fresh`` (B,) bool."""
        zero = self.zero_state(len(fresh))
        return tuple(torch.where(fresh[None, :, None], z, c.detach()) for z, c in zip(zero, carried, strict=True))

    def make_step(self, make: MakeProduct) -> Step:
        """One token at a time, (B,) ids and state to (B, D) and state, over the weights as they are now.

        Args:
            make: Packs a linear map; an encoder that does not write its step out has no use for it.
        """

        @torch.no_grad()
        def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
            states, after = self(ids[:, None], state)
            return states[:, 0], after

        return step

    def embed(self, ids: Tensor) -> Tensor:
        """Embeddings (B, T, E); in training with ``embedding_dropout``."""
        rate = self.config.embedding_dropout
        if not self.training or rate == 0:
            return self.embedding(ids)
        table = self.embedding.weight
        keep = torch.empty(len(table), 1, dtype=table.dtype, device=table.device).bernoulli_(1 - rate)
        return self.embedding(ids) * keep.div_(1 - rate)[ids]

    def drop(self, x: Tensor) -> Tensor:
        """Dropout of (B, T, D) that is locked over time (Gal & Ghahramani 2016), in training only."""
        rate = self.config.dropout
        if not self.training or rate == 0:
            return x
        keep = torch.empty(x.shape[0], 1, x.shape[2], dtype=x.dtype, device=x.device).bernoulli_(1 - rate)
        return x * keep.div_(1 - rate)

    def autocast(self, like: Tensor) -> torch.autocast:
        """Computes in bfloat16 where ``narrow`` asks for it in training, or ``reading_in_bfloat16`` without."""
        enabled = self.narrow if self.training else self.narrow_reading
        return torch.autocast(like.device.type, torch.bfloat16, enabled=enabled)

    def refuse_weight_dropout(self) -> None:
        """For a kind that has no recurrent weights, or does not drop them.

        Raises:
            ConfigError: If it is asked for.
        """
        if self.config.weight_dropout:
            raise ConfigError(f"encoder.weight_dropout: encoder {self.config.kind} has none", hint="lstm has")

    def refuse_options(self) -> None:
        """For a kind without options.

        Raises:
            ConfigError: If there are some.
        """
        for key in self.config.options:
            raise ConfigError(f"[encoder.options]: unknown key {key}: encoder {self.config.kind} has no options")


class LSTMEncoder(Encoder):
    """Causal LSTM (Hochreiter & Schmidhuber 1997), with dropout that is locked over time.

    Args:
        config: Its shape.
        vocab_size: Number of ids V.
    """

    def __init__(self, config: EncoderConfig, vocab_size: int) -> None:
        super().__init__(config)
        if type(self) is LSTMEncoder:
            self.refuse_options()
        self.embedding = nn.Embedding(vocab_size, config.embedding)
        self.lstm = nn.LSTM(config.embedding, config.hidden, config.layers, batch_first=True)
        nn.init.normal_(self.embedding.weight, std=0.1)
        with torch.no_grad():  # a forget gate that starts open (Jozefowicz et al. 2015)
            for name, parameter in self.lstm.named_parameters():
                if name.startswith("bias_ih"):
                    parameter[config.hidden : 2 * config.hidden].fill_(1.0)

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """See ``Encoder.forward``."""
        inputs = self.drop(self.embed(ids))
        with self.autocast(inputs):
            states, after = self._run(inputs, state if state is None else (state[0], state[1]))
        return self.drop(states.to(inputs.dtype)), tuple(part.to(inputs.dtype) for part in after)

    def _run(self, inputs: Tensor, state: tuple[Tensor, Tensor] | None) -> Any:
        rate = self.config.weight_dropout
        if not self.training or rate == 0:
            return self.lstm(inputs, state)
        names = [f"weight_hh_l{layer}" for layer in range(self.config.layers)]
        dropped = {name: nn.functional.dropout(getattr(self.lstm, name), rate) for name in names}
        with warnings.catch_warnings():  # the weights that are not in one block make the step slower, as is known
            warnings.simplefilter("ignore", UserWarning)
            return torch.func.functional_call(self.lstm, dropped, (inputs, state))

    def zero_state(self, batch: int) -> State:
        """See ``Encoder.zero_state``."""
        like = self.embedding.weight
        zeros = like.new_zeros(self.config.layers, batch, self.config.hidden)
        return zeros, zeros.clone()

    def make_step(self, make: MakeProduct) -> Step:
        """See ``Encoder.make_step``: the cell written out; input and recurrent weights side by side, one product."""
        lstm, cells = self.lstm, []
        for layer in range(self.config.layers):
            weights = [getattr(lstm, f"weight_{part}_l{layer}") for part in ("ih", "hh")]
            bias = getattr(lstm, f"bias_ih_l{layer}") + getattr(lstm, f"bias_hh_l{layer}")
            cells.append(make(_sigmoids_first(torch.cat(weights, 1)), _sigmoids_first(bias)))
        table, width = self.embedding.weight.detach(), self.config.hidden

        def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
            x = table[ids]
            hs, cs = [], []
            for cell, h, c in zip(cells, state[0].unbind(), state[1].unbind(), strict=True):
                gates = cell(torch.cat((x, h), 1))  # (B, 4 D), ours to change
                gates[:, : 3 * width].sigmoid_()
                i, f, o, g = gates.chunk(4, 1)
                c = torch.addcmul(f * c, i, g.tanh_())
                x = o * torch.tanh(c)
                hs.append(x)
                cs.append(c)
            if len(hs) == 1:
                return x, (x.unsqueeze(0), cs[0].unsqueeze(0))
            return x, (torch.stack(hs), torch.stack(cs))

        return step


def _sigmoids_first(rows: Tensor) -> Tensor:
    """The gates' rows in the order i, f, o, g instead of torch's i, f, g, o: one sigmoid for three gates."""
    i, f, g, o = rows.detach().chunk(4)
    return torch.cat((i, f, o, g))


def encoder_kinds() -> list[str]:
    """Kinds that there are; imports none of them."""
    return list(dict.fromkeys((*_BUILT_IN, *sorted(point.name for point in _plugins()))))


def make_encoder(config: EncoderConfig, vocab_size: int) -> Encoder:
    """Build the encoder that the config names.

    Raises:
        ConfigError: If its options are not those of its kind, or a plugin's encoder cannot be imported or built.
    """
    make = _find(config.kind)
    if not callable(make):
        raise ConfigError(f"encoder.kind {config.kind}: {make!r} is not callable")
    try:
        made = make(config, vocab_size)
    except (ValueError, TypeError) as error:
        raise ConfigError(f"encoder.kind {config.kind}: {error}") from None
    if not isinstance(made, Encoder):
        raise ConfigError(f"encoder.kind {config.kind}: its class is no chatkit.nn.encoder.Encoder")
    return made


def _find(kind: str) -> Callable[[EncoderConfig, int], object]:
    if kind in _BUILT_IN:  # a plugin cannot take the place of one of ours
        module, _, name = _BUILT_IN[kind].partition(":")
        found: Callable[[EncoderConfig, int], object] = getattr(importlib.import_module(module), name)
        return found
    points = [point for point in _plugins() if point.name == kind]
    if len(points) != 1:
        raise ConfigError(f"encoder.kind {kind}: {'several packages bring' if points else 'no package brings'} it")
    try:
        found = points[0].load()
    except Exception as error:
        raise ConfigError(f"encoder.kind {kind}: {points[0].value} cannot be imported: {error!r}") from error
    return found


def _plugins() -> list[importlib.metadata.EntryPoint]:
    return list(importlib.metadata.entry_points(group=GROUP))
