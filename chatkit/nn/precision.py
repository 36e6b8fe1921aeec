"""Which number formats pay on this machine."""

from __future__ import annotations

import functools

import torch


@functools.cache
def bfloat16_pays(device: str = "cpu") -> bool:
    """Whether products in bfloat16 are faster than in float32: where there are instructions for them.

    Emulated, they are slower.

    Args:
        device: Type of the device, "cpu" or "cuda".
    """
    if device == "cuda":
        return bool(torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())
