"""The optimiser of a run: AdamW, and the L1 penalty as a step of its own after it."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn

from chatkit.training.recipe import Recipe

BETAS = (0.9, 0.98)


def make_optimiser(
    parameters: list[nn.Parameter], recipe: Recipe, adapters: Sequence[nn.Parameter] = ()
) -> torch.optim.AdamW:
    """AdamW whose weight decay spares biases and gains; the dial's adapters have a rate of their own.

    Args:
        parameters: All that are trained.
        recipe: The config.
        adapters: Those of them that are adapters of the dial.
    """
    apart = set(adapters)
    matrices = [p for p in parameters if p.ndim > 1 and p not in apart]
    rest = [p for p in parameters if p.ndim <= 1 and p not in apart]
    groups = [
        {"params": matrices, "weight_decay": recipe.train.weight_decay, "l1": True},
        {"params": rest, "weight_decay": 0.0},
    ]
    if adapters and recipe.objectives.dial is not None:
        groups.append({"params": list(adapters), "weight_decay": 0.0, "factor": recipe.objectives.dial.learning_rate})
    return torch.optim.AdamW(groups, lr=recipe.train.learning_rate, betas=BETAS, fused=True)


@torch.no_grad()
def shrink(optimiser: torch.optim.Optimizer, strength: float) -> None:
    """Pull every matrix towards zero by ``rate * strength``; what is nearer than that becomes exactly zero.

    The penalty is decoupled from Adam's scaling, as AdamW decouples L2: so zeros stay zeros and ``compress --prune``
    leaves them out of the file.

    Args:
        optimiser: Its groups marked ``l1`` are shrunk.
        strength: Of the penalty; 0 does nothing.
    Source: proximal step of the L1 norm (soft threshold), Parikh & Boyd 2014, section 6.5.2.
    """
    if not strength:
        return
    for group in optimiser.param_groups:
        if group.get("l1"):
            for parameter in group["params"]:
                if parameter.grad is not None:  # a head that took no part in this step keeps its weights
                    parameter.copy_(nn.functional.softshrink(parameter, float(group["lr"]) * strength))
