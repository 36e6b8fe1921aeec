"""Which number format the products of a training step run in."""

from __future__ import annotations

import functools
from typing import Literal

import torch

from chatkit.errors import ConfigError
from chatkit.nn.precision import bfloat16_pays


def computes_in_bfloat16(precision: Literal["auto", "float32", "bfloat16"]) -> bool:
    """Whether a run with this ``train.precision`` multiplies in bfloat16.

    ``auto`` does where the processor, or the CUDA device in use, has instructions for it: emulated, it is slower than
    float32.

    Raises:
        ConfigError: If it is asked for where it cannot be had.
    """
    if precision == "bfloat16" and not torch.cuda.is_available() and not bfloat16_runs():
        raise ConfigError(
            "train.precision bfloat16: torch has no LSTM in bfloat16 for this processor",
            hint='set train.precision = "auto"',
        )
    if precision != "auto":
        return precision == "bfloat16"
    return bfloat16_pays("cuda" if torch.cuda.is_available() else "cpu")


@functools.cache
def bfloat16_runs() -> bool:
    """Whether an LSTM can be run in bfloat16 on this processor at all; without AVX-512 it may not."""
    try:
        with torch.autocast("cpu", torch.bfloat16):
            torch.nn.LSTM(8, 8, batch_first=True)(torch.zeros(2, 3, 8))
    except RuntimeError:
        return False
    return True
