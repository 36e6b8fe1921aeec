"""Which number format the products of a training step run in."""

from __future__ import annotations

from typing import Literal

import torch

from chatkit.nn.precision import bfloat16_pays


def computes_in_bfloat16(precision: Literal["auto", "float32", "bfloat16"]) -> bool:
    """Whether a run with this ``train.precision`` multiplies in bfloat16.

    ``auto`` does where the processor, or the CUDA device in use, has instructions for it: emulated, it is slower than
    float32.
    """
    if precision != "auto":
        return precision == "bfloat16"
    return bfloat16_pays("cuda" if torch.cuda.is_available() else "cpu")
