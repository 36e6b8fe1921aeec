"""Draws of a method that leave the random state of training alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import numpy as np
import torch


@contextlib.contextmanager
def own_random_state(seed: int, step: int) -> Iterator[None]:
    """Inside, torch draws on the CPU from seed and step alone; afterwards it goes on as if nothing had happened."""
    before = torch.get_rng_state()
    torch.default_generator.manual_seed(int(np.random.SeedSequence([seed, 6, step]).generate_state(1)[0]))
    try:
        yield
    finally:
        torch.set_rng_state(before)
