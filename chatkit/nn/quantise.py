"""Smaller matrices on disk: per-row int8 (whole numbers -127..127 times one float scale a row), zeros left out.

A matrix with many zeros is stored as its other values in order, a bit a place for where they stand, and its shape.
Tables of whole numbers are compressed (``chatkit.packing``).

N = rows, K = columns
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from chatkit.packing import PACKED, pack, unpacked

SCALE = ".scale"
_MASK, _SHAPE = ".mask", ".shape"
_MIN_COLUMNS = 16
_WORTH = 0.2  # share of zeros from which on leaving them out pays


def quantise_rows(weight: Tensor) -> tuple[Tensor, Tensor]:
    """Round a matrix to int8 with one scale a row, symmetric.

    Args:
        weight: (N, K) float.
    Returns:
        (N, K) int8 and scales (N,) float32; ``int8 * scale`` differs from the weight by at most half a scale.
    """
    scale = (weight.float().abs().amax(1) / 127).clamp(min=1e-12)
    return (weight.float() / scale[:, None]).round().clamp(-127, 127).to(torch.int8), scale


def compress(tensors: dict[str, Tensor], *, int8: bool = True) -> dict[str, Tensor]:
    """Store every matrix per-row int8 (beside it ``NAME.scale``) and without its zeros where there are many.

    Args:
        tensors: What is not a matrix is stored as float32, or compressed if it is of whole numbers.
        int8: Without it everything stays as it is; only zeros are left out.
    """
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.ndim == 2 and tensor.is_floating_point() and tensor.shape[1] >= _MIN_COLUMNS:
            if int8:
                tensor, out[name + SCALE] = quantise_rows(tensor)
            out |= _without_zeros(name, tensor)
        else:
            out |= {name: tensor.float()} if int8 and tensor.is_floating_point() else _packed(name, tensor, int8)
    return out


def expand(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Undo ``compress``: float32 matrices again; plain tensors pass through.

    Raises:
        ValueError: If parts of a tensor do not fit together.
    """
    tensors = unpacked(tensors)
    out: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        base, dot, _ = name.rpartition(".")
        if base in tensors and dot + name.removeprefix(base + dot) in (SCALE, _MASK, _SHAPE):
            continue
        if name + _MASK in tensors:
            tensor = _with_zeros(tensor, tensors[name + _MASK], tensors[name + _SHAPE])
        scale = tensors.get(name + SCALE)
        out[name] = tensor.float() * scale[:, None] if scale is not None and tensor.dtype == torch.int8 else tensor
    return out


def misfits(wanted: Mapping[str, Sequence[int]], given: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Names of tensors whose stored shapes are not those of ``compress`` for the wanted ones.

    Args:
        wanted: Shapes of the tensors in memory.
        given: Shapes of what is stored.
    """
    given = _opened(given)
    beside = {name + mark for name in given for mark in (SCALE, _MASK, _SHAPE)}
    names = sorted({*wanted, *(name for name in given if name not in beside)})
    return [name for name in names if name not in wanted or not _fits(name, tuple(wanted[name]), given)]


def _packed(name: str, tensor: Tensor, int8: bool) -> dict[str, Tensor]:
    return pack(name, tensor) if int8 else {name: tensor}


def _opened(given: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Shapes with those of compressed tensors as they will be."""
    marks = {name + PACKED for name in given} & given.keys()
    return {name: given.get(name + PACKED, (0, *shape))[1:] for name, shape in given.items() if name not in marks}


def _fits(name: str, shape: tuple[int, ...], given: Mapping[str, tuple[int, ...]]) -> bool:
    stored = given.get(name)
    if stored is None or given.get(name + SCALE, shape[:1]) != shape[:1]:
        return False
    if name + _MASK not in given:
        return stored == shape
    places = math.prod(shape)
    pruned = len(shape) == 2 and len(stored) == 1 and stored[0] <= places
    return pruned and given[name + _MASK] == (-(-places // 8),) and given.get(name + _SHAPE) == (2,)


def _without_zeros(name: str, matrix: Tensor) -> dict[str, Tensor]:
    kept = matrix != 0
    if float(kept.float().mean()) > 1 - _WORTH:
        return {name: matrix}
    bits = torch.from_numpy(np.packbits(kept.numpy(force=True)))
    return {name: matrix[kept], **pack(name + _MASK, bits), name + _SHAPE: torch.tensor(matrix.shape)}


def _with_zeros(values: Tensor, mask: Tensor, shape: Tensor) -> Tensor:
    rows, columns = shape.tolist()
    if min(rows, columns) < 0 or -(-rows * columns // 8) != mask.numel():
        raise ValueError("a pruned matrix and its mask disagree")
    kept = torch.from_numpy(np.unpackbits(mask.numpy(force=True), count=rows * columns).astype(bool))
    if int(kept.sum()) != values.numel():
        raise ValueError("a pruned matrix and its mask disagree")
    matrix = values.new_zeros(rows * columns)
    matrix[kept] = values
    return matrix.view(rows, columns)


def prune(matrix: Tensor, share: float) -> None:
    """Set the smallest values of a matrix to 0, in place (magnitude pruning; Han et al. 2015).

    Args:
        matrix: (N, K).
        share: Which share of its values, 0..1.
    """
    count = round(share * matrix.numel())
    if count:
        with torch.no_grad():
            smallest = matrix.abs().flatten().topk(count, largest=False, sorted=False).indices
            matrix.view(-1)[smallest] = 0.0
