"""Per-row int8: each row of a matrix as whole numbers -127..127 times one float scale. Size on disk is a quarter.

N = rows, K = columns
"""

from __future__ import annotations

import torch
from torch import Tensor

SCALE = ".scale"
_MIN_COLUMNS = 16


def quantise_rows(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Round a matrix to int8 with one scale a row, symmetric.

    Args:
        weight: (N, K) float.
    Returns:
        (N, K) int8 and scales (N,) float32; ``int8 * scale`` differs from the weight by at most half a scale.
    """
    scale = (weight.float().abs().amax(1) / 127).clamp(min=1e-12)
    return (weight.float() / scale[:, None]).round().clamp(-127, 127).to(torch.int8), scale


def compress(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Store every matrix per-row int8 (beside it ``NAME.scale``), everything else as float32."""
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim == 2 and tensor.is_floating_point() and tensor.shape[1] >= _MIN_COLUMNS:
            out[name], out[name + SCALE] = quantise_rows(tensor)
        else:
            out[name] = tensor.float() if tensor.is_floating_point() else tensor
    return out


def expand(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Undo ``compress``: float32 matrices again; plain tensors pass through."""
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if name.endswith(SCALE) and name.removesuffix(SCALE) in tensors:
            continue
        scale = tensors.get(name + SCALE)
        out[name] = tensor.float() * scale[:, None] if scale is not None and tensor.dtype == torch.int8 else tensor
    return out
