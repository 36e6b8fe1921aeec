"""Tables of whole numbers, smaller on disk: compressed (LZMA) where that saves a good part, as they are elsewhere.

Trained weights hardly get smaller so; counts, marks and lists of pieces do, to a third or less. Beside a compressed
tensor ``NAME`` stands an empty one, ``NAME.packed``, whose shape is (0, *shape) of the original: so the header of the
file says how much memory it will take, before any is taken.
"""

from __future__ import annotations

import lzma
import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

PACKED = ".packed"
_WORTH = 0.8  # share of the bytes below which what is compressed is kept
_LEAST = 4096  # bytes of a tensor that is tried
_KINDS = frozenset({torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64})
_FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 1 << 22}]


def pack(name: str, tensor: Tensor) -> dict[str, Tensor]:
    """What is stored of a tensor: itself, or its compressed bytes and their mark.

    Args:
        name: Its name.
        tensor: Of any shape; of whole numbers, if it is to be compressed.
    """
    size = tensor.numel() * tensor.element_size()
    if tensor.dtype not in _KINDS or size < _LEAST or tensor.is_meta:
        return {name: tensor}
    data = tensor.detach().cpu().contiguous().numpy()
    small = lzma.compress(data.tobytes(), lzma.FORMAT_XZ, filters=_FILTERS)
    if len(small) > _WORTH * size:
        return {name: tensor}
    mark = torch.empty((0, *tensor.shape), dtype=tensor.dtype)
    return {name: torch.from_numpy(np.frombuffer(small, np.uint8).copy()), name + PACKED: mark}


def unpacked(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors as they were, those that were compressed and others.

    Raises:
        ValueError: If one is damaged, or holds more or less than its mark says.
    """
    marks = {name + PACKED for name in tensors} & tensors.keys()
    return {
        name: unpack(tensor, tensors[name + PACKED]) if name + PACKED in marks else tensor
        for name, tensor in tensors.items()
        if name not in marks
    }


def unpack(stored: Tensor, mark: Tensor) -> Tensor:
    """The tensor that was compressed.

    Args:
        stored: Its bytes.
        mark: What stands beside it.
    Raises:
        ValueError: If it is damaged, or holds more or less than its mark says.
    """
    shape = mark.shape[1:]
    size = math.prod(shape) * mark.element_size()
    opened = lzma.LZMADecompressor(lzma.FORMAT_XZ)
    try:
        data = opened.decompress(stored.numpy(force=True).tobytes(), size + 1)
    except lzma.LZMAError as error:
        raise ValueError(f"a compressed table is damaged: {error}") from error
    if len(data) != size:
        raise ValueError("a compressed table and its mark disagree")
    return torch.frombuffer(bytearray(data), dtype=mark.dtype).view(shape)
