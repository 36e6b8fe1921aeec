"""Which number format the products of a training step run in."""

from __future__ import annotations

from typing import Literal

import torch


def computes_in_bfloat16(precision: Literal["auto", "float32", "bfloat16"]) -> bool:
    """Whether a run with this ``train.precision`` multiplies in bfloat16.

    ``auto`` does where the processor, or the CUDA device in use, has instructions for it: emulated, it is slower than
    float32.
    """
    if precision != "auto":
        return precision == "bfloat16"
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
