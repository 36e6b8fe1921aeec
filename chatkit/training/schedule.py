"""Course of the learning rate."""

from __future__ import annotations

import math

from chatkit.training.recipe import TrainConfig


def rate_at(progress: float, config: TrainConfig) -> float:
    """Learning rate as a share of the highest one.

    Args:
        progress: Share of the run that is done, 0 to 1.
        config: Schedule, warm-up and final share.
    Source: warm-up Goyal et al. 2017; cosine Loshchilov & Hutter 2017; one-cycle Smith 2018 (rise over 30 % from 1/25,
        cosine both ways); trapezoid Hu et al. 2024 (MiniCPM), whose fall 1 - sqrt follows Hägele et al. 2024.
    """
    progress = min(max(progress, 0.0), 1.0)
    if config.schedule == "one_cycle":
        if progress < 0.3:
            return _cosine(1 / 25, 1.0, progress / 0.3)
        return _cosine(1.0, config.final, (progress - 0.3) / 0.7)
    if progress < config.warmup:
        return progress / config.warmup
    if config.schedule == "constant":
        return 1.0
    if config.schedule == "trapezoid":
        fallen = max(0.0, (progress - (1 - config.decay)) / config.decay)
        return 1.0 + (config.final - 1.0) * math.sqrt(fallen)
    rest = (progress - config.warmup) / (1 - config.warmup)
    if config.schedule == "linear":
        return 1.0 + (config.final - 1.0) * rest
    return _cosine(1.0, config.final, rest)


def _cosine(start: float, end: float, share: float) -> float:
    return end + (start - end) * (1 + math.cos(math.pi * share)) / 2
