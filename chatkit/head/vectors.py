"""Vectors of many texts by a head: sorted by length, a token budget a batch, a batch on each core.

N = texts, B = batch, K = width of a vector
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from chatkit.data.batching import Batch, in_order, record_ids
from chatkit.head.encode import encode_padded
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head
from chatkit.nn.encoder import Encoder
from chatkit.nn.parallel import cores, in_parallel
from chatkit.nn.precision import bfloat16_pays
from chatkit.text.tokenizer import Tokenizer

PASSAGE_PIECES = 128
_PADDED_IDS = 8192
_PADDED_IDS_A_CORE = 4096
_MANY_IDS = 4096  # from here on texts are read for an index, in bulk


def vectors_of(
    encoder: Encoder, tokenizer: Tokenizer, head: Head, texts: Sequence[str], field: str
) -> NDArray[np.float32]:
    """See ``Assistant.vectors``."""
    records = [{field: text} for text in texts]
    view = [head.view_of(field, record) for record in records]
    rows = [record_ids(tokenizer, r, field, v, PASSAGE_PIECES) for r, v in zip(records, view, strict=True)]
    many = sum(map(len, rows)) > _MANY_IDS
    budget = _PADDED_IDS_A_CORE if many else _PADDED_IDS
    batches = in_order(records, {field: rows}, budget=budget, pad_id=tokenizer.pad)
    out: NDArray[np.float32] | None = None

    def vectors(item: tuple[list[int], Batch]) -> tuple[list[int], NDArray[np.float32]]:
        with torch.inference_mode():  # of each thread
            part = head.vector(encode_padded(encoder, item[1].fields[field]), field).float()
        if part.ndim != 2 or len(part) != len(item[0]) or not bool(torch.isfinite(part).all()):
            raise ValueError(f"vector must return finite (B, K) with B = {len(item[0])}, got {tuple(part.shape)}")
        return item[0], part.numpy(force=True)

    device = encoder.embedding.weight.device.type
    workers, narrow = (cores() if many and device == "cpu" else 1), many and bfloat16_pays(device)
    with guard(head.name, source_file(type(head)), stage="vector"), encoder.reading_in_bfloat16(narrow):
        for index, part in in_parallel(vectors, batches, workers=workers):
            if out is None:
                out = np.zeros((len(texts), part.shape[1]), dtype=np.float32)
            out[index] = part
    return np.zeros((0, 0), dtype=np.float32) if out is None else out
