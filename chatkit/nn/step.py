"""One token at a time: a fast step of the LSTM and its tied softmax, for generation.

``nn.LSTM`` spends most of a one-token call on repacking weights. Here the cell is written out over weights that are
packed once: per-row int8 where the processor has a quantised kernel, else float32.

B = batch, D = width, E = embedding, V = vocabulary, L = layers
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn

from chatkit.nn.encoder import LSTMEncoder, State
from chatkit.nn.quantise import quantise_rows
from chatkit.nn.vocabulary import Backbone

Product = Callable[[Tensor], Tensor]
Precision = Literal["int8", "float32"]


def best_precision() -> Precision:
    """int8 where this build and processor have the kernel, else float32."""
    try:
        weight, bias = torch.eye(16), torch.zeros(16)
        probe = torch.linspace(-1, 1, 16).unsqueeze(0)
        close = torch.allclose(_int8_product(weight, bias)(probe), probe, atol=0.05)
    except (RuntimeError, AttributeError, NotImplementedError):
        return "float32"
    return "int8" if close else "float32"


def _int8_product(weight: Tensor, bias: Tensor | None) -> Product:
    rows, scale = quantise_rows(weight.detach())
    zeros = torch.zeros(len(rows), dtype=torch.long)
    with warnings.catch_warnings():  # torch 2.13 announces the end of quantised tensors; we fall back without them
        warnings.simplefilter("ignore", UserWarning)
        quantised = torch._make_per_channel_quantized_tensor(rows.contiguous(), scale.double(), zeros, 0)
    packed = torch.ops.quantized.linear_prepack(quantised, None if bias is None else bias.detach().float())
    kernel, reduced = torch.ops.quantized.linear_dynamic, _saturates()
    return lambda x: kernel(x, packed, reduced)


@functools.cache
def _saturates() -> bool:
    """Whether the kernel adds pairs of products in 16 bits that overflow, as on x86 without VNNI.

    Activations of 7 bits instead of 8 keep it right there.
    """
    rows, scale = quantise_rows(torch.ones(16, 64))
    quantised = torch._make_per_channel_quantized_tensor(rows, scale.double(), torch.zeros(16, dtype=torch.long), 0)
    packed = torch.ops.quantized.linear_prepack(quantised, None)
    out: Tensor = torch.ops.quantized.linear_dynamic(torch.ones(1, 64), packed, False)
    return not torch.allclose(out, torch.full_like(out, 64.0), rtol=0.02)


def _float_product(weight: Tensor, bias: Tensor | None) -> Product:
    w, b = weight.detach().contiguous(), None if bias is None else bias.detach()
    return lambda x: nn.functional.linear(x, w, b)


def _sigmoids_first(rows: Tensor) -> Tensor:
    """The gates' rows in the order i, f, o, g instead of torch's i, f, g, o: one sigmoid for three gates."""
    i, f, g, o = rows.detach().chunk(4)
    return torch.cat((i, f, o, g))


class Stepper:
    """Steps a backbone with an LSTM encoder one token at a time, without gradient.

    Args:
        backbone: Its weights are packed now; later changes to them are not seen.
        precision: "int8", "float32", or None for the best that this machine has.
    """

    def __init__(self, backbone: Backbone, precision: Precision | None = None) -> None:
        encoder = backbone.encoder
        if not isinstance(encoder, LSTMEncoder):
            raise TypeError(f"Stepper steps an LSTMEncoder, got {type(encoder).__name__}")
        self.precision: Precision = precision or best_precision()
        make = _int8_product if self.precision == "int8" else _float_product
        lstm, softmax = encoder.lstm, backbone.softmax
        self._embedding = encoder.embedding.weight.detach()
        self._cells: list[Product] = []
        for layer in range(encoder.config.layers):  # input and recurrent weights side by side: one product a layer
            weights = [getattr(lstm, f"weight_{part}_l{layer}") for part in ("ih", "hh")]
            bias = getattr(lstm, f"bias_ih_l{layer}") + getattr(lstm, f"bias_hh_l{layer}")
            self._cells.append(make(_sigmoids_first(torch.cat(weights, 1)), _sigmoids_first(bias)))
        self._projection = make(softmax.projection.weight, softmax.projection.bias)
        self._softmax = make(softmax.weight, softmax.bias)

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One step.

        Args:
            ids: (B,) int64.
            state: (h, c), each (L, B, D).
        Returns:
            Hidden state of the top layer (B, D), and the new state.
        """
        x = self._embedding[ids]
        hs, cs = [], []
        width = state[0].shape[2]
        for cell, h, c in zip(self._cells, *state, strict=True):
            gates = cell(torch.cat((x, h), 1))  # (B, 4 D), ours to change
            i, f, o = gates[:, : 3 * width].sigmoid_().chunk(3, 1)
            c = torch.addcmul(f * c, i, gates[:, 3 * width :].tanh_())
            x = o * torch.tanh(c)
            hs.append(x)
            cs.append(c)
        if len(hs) == 1:
            return x, (x.unsqueeze(0), cs[0].unsqueeze(0))
        return x, (torch.stack(hs), torch.stack(cs))

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits (B, V) of hidden states (B, D)."""
        return self._softmax(self._projection(hidden))
