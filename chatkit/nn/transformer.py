"""A causal Transformer with a sliding window, and causal self-attention on top of the LSTM.

B = batch, T = tokens, C = cached tokens, D = width, E = embedding, L = layers, H = attention heads, W = window

Each layer looks at the last W tokens, itself included, so that what is carried along a conversation is bounded: keys
and values of W - 1 tokens a layer. A step equals a pass, however a text is cut. The state is, batch second like every
state, ``(keys, values, seen)``: (L, B, C * D), (L, B, C * D) and the number of tokens seen (1, B, 1), which rows may
differ in.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from chatkit.config import from_table
from chatkit.nn.encoder import Encoder, EncoderConfig, LSTMEncoder, MakeProduct, State, Step

Linear = Callable[[str, Tensor], Tensor]


@dataclasses.dataclass(frozen=True)
class AttentionOptions:
    """``[encoder.options]`` of the kinds with attention.

    Args:
        heads: Attention heads H; they share the width D.
        window: Tokens W that each layer looks at, itself included.
        expansion: Width of the feed-forward part in multiples of D.
    """

    heads: int = 8
    window: int = 256
    expansion: int = 4

    def __post_init__(self) -> None:
        for name, most in (("heads", 256), ("window", 65_536), ("expansion", 16)):
            if not 1 <= getattr(self, name) <= most:
                raise ValueError(f"{name} must lie in 1..{most}, got {getattr(self, name)}")


def read_options(config: EncoderConfig) -> AttentionOptions:
    """The options of a config, checked.

    Raises:
        ConfigError: If one is unknown or of the wrong type.
        ValueError: If the heads do not divide the width.
    """
    options = from_table(AttentionOptions, config.options, where="[encoder.options]")
    if config.hidden % (2 * options.heads):
        twice = 2 * options.heads
        raise ValueError(f"hidden must be a multiple of twice the attention heads, {twice}, got {config.hidden}")
    return options


class Rotary(nn.Module):
    """Rotary positions: queries and keys are turned by an angle that grows with their place (Su et al. 2021).

    Args:
        width: Width of an attention head, even.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        # Angles in double precision: after a million tokens float32 would be off by a twentieth of a turn.
        rates = 10_000.0 ** (-torch.arange(0, width, 2, dtype=torch.float64) / width)
        self.register_buffer("rates", rates, persistent=False)
        self.rates: Tensor

    def forward(self, x: Tensor, places: Tensor) -> Tensor:
        """Turn x (B, H, T, D / H), whose tokens stand at ``places`` (B, T)."""
        angles = places[:, None, :, None].to(torch.float64) * self.rates  # (B, 1, T, D / 2H)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        a, b = x.chunk(2, -1)
        return torch.cat((a * cos - b * sin, a * sin + b * cos), -1)


class CausalAttention(nn.Module):
    """Self-attention (Vaswani et al. 2017) over the last W tokens, after a norm, with a residual.

    Args:
        width: Width D.
        options: Heads and window.
    """

    def __init__(self, width: int, options: AttentionOptions) -> None:
        super().__init__()
        self.options = options
        self.norm = nn.LayerNorm(width)
        self.into = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.rotary = Rotary(width // options.heads)

    def forward(
        self, x: Tensor, keys: Tensor, values: Tensor, seen: Tensor, linear: Linear | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Attend.

        Args:
            x: (B, T, D).
            keys: Turned keys of the C tokens before, (B, C * D), the last one last.
            values: Their values, likewise.
            seen: Tokens that each row has seen, (B,); of the cache the last min(seen, C) count.
            linear: Products of the linear maps by name, in place of the module's own.
        Returns:
            (B, T, D), and keys and values of the last W - 1 tokens.
        """
        linear = linear or (lambda name, given: getattr(self, name)(given))
        batch, tokens, width = x.shape
        heads, window = self.options.heads, self.options.window
        split = linear("into", self.norm(x)).view(batch, tokens, 3, heads, width // heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)  # each (B, H, T, D / H)
        places = seen[:, None] + torch.arange(tokens, device=x.device)
        query, key = self.rotary(query, places), self.rotary(key, places)
        cached = keys.shape[1] // width
        key = torch.cat((_unfold(keys, heads, width), key), 2)  # (B, H, C + T, D / H)
        value = torch.cat((_unfold(values, heads, width), value), 2)
        mixed = nn.functional.scaled_dot_product_attention(
            query, key, value, attn_mask=_mask(tokens, cached, seen, window)
        )
        x = x + linear("out", mixed.transpose(1, 2).reshape(batch, tokens, width))
        keep = min(window - 1, cached + tokens)
        return x, _fold(key[:, :, cached + tokens - keep :]), _fold(value[:, :, cached + tokens - keep :])


def _mask(tokens: int, cached: int, seen: Tensor, window: int) -> Tensor:
    """Which of the C + T tokens each of the T may see, (B, 1, T, C + T) bool."""
    query = torch.arange(cached, cached + tokens, device=seen.device)[:, None]
    key = torch.arange(cached + tokens, device=seen.device)[None, :]
    near = (key <= query) & (key > query - window)
    real = key >= cached - seen[:, None, None].clamp(max=cached)
    return (near & real)[:, None]


def _unfold(cache: Tensor, heads: int, width: int) -> Tensor:
    """(B, C * D) -> (B, H, C, D / H)."""
    return cache.view(len(cache), -1, heads, width // heads).transpose(1, 2)


def _fold(x: Tensor) -> Tensor:
    """(B, H, C, D / H) -> (B, C * D)."""
    return x.transpose(1, 2).reshape(len(x), -1)


class Block(nn.Module):
    """Attention and feed-forward part, each after a norm and with a residual (Xiong et al. 2020).

    Args:
        width: Width D.
        layers: Layers L of the whole, for the scale of the residuals' start (Radford et al. 2019).
        options: Heads, window, expansion.
    """

    def __init__(self, width: int, layers: int, options: AttentionOptions) -> None:
        super().__init__()
        self.attention = CausalAttention(width, options)
        self.norm = nn.LayerNorm(width)
        self.up = nn.Linear(width, options.expansion * width)
        self.down = nn.Linear(options.expansion * width, width)
        with torch.no_grad():
            for last in (self.attention.out, self.down):
                last.weight /= math.sqrt(2 * layers)

    def forward(
        self, x: Tensor, keys: Tensor, values: Tensor, seen: Tensor, linear: Linear | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """See ``CausalAttention.forward``."""
        x, keys, values = self.attention(x, keys, values, seen, linear)
        linear = linear or (lambda name, given: getattr(self, name)(given))
        return x + linear("down", nn.functional.gelu(linear("up", self.norm(x)))), keys, values

    def products(self, make: MakeProduct) -> Linear:
        """Its linear maps, packed."""
        maps = {"into": self.attention.into, "out": self.attention.out, "up": self.up, "down": self.down}
        packed = {name: make(m.weight, m.bias) for name, m in maps.items()}
        return lambda name, x: packed[name](x)


class TransformerEncoder(Encoder):
    """Causal Transformer with rotary positions and a window.

    Args:
        config: Its shape; ``options`` as in ``AttentionOptions``.
        vocab_size: Number of ids V.
    """

    def __init__(self, config: EncoderConfig, vocab_size: int) -> None:
        super().__init__(config)
        self.refuse_weight_dropout()
        options = read_options(config)
        self.embedding = nn.Embedding(vocab_size, config.embedding)
        nn.init.normal_(self.embedding.weight, std=0.1)
        self.into = nn.Linear(config.embedding, config.hidden)
        self.blocks = nn.ModuleList(Block(config.hidden, config.layers, options) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.hidden)

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """See ``Encoder.forward``."""
        inputs = self.drop(self.embed(ids))
        with self.autocast(inputs):
            states, after = self._pass(self.into(inputs), self.zero_state(len(ids)) if state is None else state)
            states = self.norm(states)
        return self.drop(states.to(inputs.dtype)), tuple(part.to(inputs.dtype) for part in after)

    def _pass(self, x: Tensor, state: State, linears: list[Linear] | None = None) -> tuple[Tensor, State]:
        keys, values, seen = state
        kept: list[tuple[Tensor, Tensor]] = []
        for i, block in enumerate(self.blocks):
            x, key, value = block(x, keys[i], values[i], seen[0, :, 0], linears[i] if linears else None)
            kept.append((key, value))
        return x, (torch.stack([k for k, _ in kept]), torch.stack([v for _, v in kept]), seen + x.shape[1])

    def zero_state(self, batch: int) -> State:
        """See ``Encoder.zero_state``: nothing is cached."""
        like = self.embedding.weight
        empty = like.new_zeros(self.config.layers, batch, 0)
        return empty, empty.clone(), like.new_zeros(1, batch, 1)

    def blend(self, carried: State, fresh: Tensor) -> State:
        """See ``Encoder.blend``: a row that begins anew has seen nothing of what is cached."""
        keys, values, seen = (part.detach() for part in carried)
        return keys, values, torch.where(fresh[None, :, None], torch.zeros_like(seen), seen)

    def make_step(self, make: MakeProduct) -> Step:
        """See ``Encoder.make_step``."""
        into = make(self.into.weight, self.into.bias)
        linears = [block.products(make) for block in self.blocks if isinstance(block, Block)]

        @torch.no_grad()
        def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
            x, after = self._pass(into(self.embedding(ids)).unsqueeze(1), state, linears)
            return self.norm(x[:, 0]), after

        return step


class AttentiveLSTMEncoder(LSTMEncoder):
    """Causal self-attention on top of the LSTM: what was said exactly, beside what the state remembers of it.

    Its attention has rotary positions and a window like the Transformer's; the residual starts small.

    Args:
        config: Its shape; ``options`` as in ``AttentionOptions`` (``expansion`` is not used).
        vocab_size: Number of ids V.
    """

    def __init__(self, config: EncoderConfig, vocab_size: int) -> None:
        super().__init__(config, vocab_size)
        self.attention = CausalAttention(config.hidden, read_options(config))
        with torch.no_grad():
            self.attention.out.weight /= 2

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """See ``Encoder.forward``."""
        h, c, keys, values, seen = self.zero_state(len(ids)) if state is None else state
        states, lstm = super().forward(ids, (h, c))
        with self.autocast(states):
            mixed, key, value = self.attention(states, keys[0], values[0], seen[0, :, 0])
        rest = (key[None], value[None], seen + ids.shape[1])
        return mixed.to(states.dtype), (*lstm, *(part.to(states.dtype) for part in rest))

    def zero_state(self, batch: int) -> State:
        """See ``Encoder.zero_state``."""
        like = self.embedding.weight
        empty = like.new_zeros(1, batch, 0)
        return (*super().zero_state(batch), empty, empty.clone(), like.new_zeros(1, batch, 1))

    def blend(self, carried: State, fresh: Tensor) -> State:
        """See ``Encoder.blend``."""
        h, c, keys, values, seen = (part.detach() for part in carried)
        h, c, seen = (torch.where(fresh[None, :, None], torch.zeros_like(part), part) for part in (h, c, seen))
        return h, c, keys, values, seen

    def make_step(self, make: MakeProduct) -> Step:
        """See ``Encoder.make_step``."""
        below, attention = super().make_step(make), self.attention
        packed = {name: make(m.weight, m.bias) for name, m in (("into", attention.into), ("out", attention.out))}

        @torch.no_grad()
        def step(ids: Tensor, state: State) -> tuple[Tensor, State]:
            h, c, keys, values, seen = state
            x, lstm = below(ids, (h, c))
            x, key, value = attention(
                x[:, None], keys[0], values[0], seen[0, :, 0], lambda name, given: packed[name](given)
            )
            return x[:, 0], (*lstm, key[None], value[None], seen + 1)

        return step
