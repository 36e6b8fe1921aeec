"""One token at a time: a fast step of the encoder and its tied softmax, for generation.

``nn.LSTM`` spends most of a one-token call on repacking weights. Each encoder writes its step out (``make_step``), here
over weights that are packed once: per-row int8 where the processor has a quantised kernel, else float32.

B = batch, D = width, E = embedding, V = vocabulary, L = layers
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor, nn

from chatkit.nn.encoder import State
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
    packed = _pack(quantised, None if bias is None else bias.detach().float())
    kernel, reduced = torch.ops.quantized.linear_dynamic, _saturates()
    return lambda x: kernel(x, packed, reduced)


def _pack(weight: Tensor, bias: Tensor | None) -> Any:
    """A quantised matrix for the quickest kernel: FBGEMM's by name, where torch would choose at each call."""
    before = torch.backends.quantized.engine
    if before == "x86" and "fbgemm" in torch.backends.quantized.supported_engines:
        torch.backends.quantized.engine = "fbgemm"
    try:
        return torch.ops.quantized.linear_prepack(weight, bias)
    finally:
        torch.backends.quantized.engine = before


@functools.cache
def _saturates() -> bool:
    """Whether the kernel adds pairs of products in 16 bits that overflow, as on x86 without VNNI.

    Activations of 7 bits instead of 8 keep it right there.
    """
    rows, scale = quantise_rows(torch.ones(16, 64))
    quantised = torch._make_per_channel_quantized_tensor(rows, scale.double(), torch.zeros(16, dtype=torch.long), 0)
    packed = _pack(quantised, None)
    out: Tensor = torch.ops.quantized.linear_dynamic(torch.ones(1, 64), packed, False)
    return not torch.allclose(out, torch.full_like(out, 64.0), rtol=0.02)


def _float_product(weight: Tensor, bias: Tensor | None) -> Product:
    w, b = weight.detach().contiguous(), None if bias is None else bias.detach()
    return lambda x: nn.functional.linear(x, w, b)


class Stepper:
    """Steps a backbone one token at a time, without gradient.

    Args:
        backbone: Its weights are packed now; later changes to them are not seen.
        precision: "int8", "float32", or None for the best that this machine has.
        like: A stepper of a backbone with the same table of the vocabulary, whose packed form is taken over.
    """

    def __init__(self, backbone: Backbone, precision: Precision | None = None, *, like: Stepper | None = None) -> None:
        self.precision: Precision = precision or (like.precision if like is not None else best_precision())
        make = _int8_product if self.precision == "int8" else _float_product
        softmax = backbone.softmax
        self._step = backbone.encoder.make_step(make)
        self._projection = make(softmax.projection.weight, softmax.projection.bias)
        self._bias = softmax.bias.detach().clone()
        shared = like is not None and torch.equal(like._bias, self._bias)
        self._softmax: Product = like._softmax if shared and like is not None else make(softmax.weight, self._bias)

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One step.

        Args:
            ids: (B,) int64.
            state: The encoder's.
        Returns:
            Hidden state of the top layer (B, D), and the new state.
        """
        return self._step(ids, state)

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits (B, V) of hidden states (B, D)."""
        return self._softmax(self._projection(hidden))
