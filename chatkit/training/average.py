"""A running average of all weights, kept beside training."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Literal

import torch
from torch import Tensor, nn

_LAST = 0.75  # of the run, where the plain mean begins


class WeightAverage:
    """Averages the floating-point weights of a module over steps.

    Args:
        module: Its weights are read after each step.
        kind: ``ema`` forgets exponentially, ``swa`` is the plain mean over the last quarter of the run.
        decay: Share of the old average that a step keeps (ema).
    Source: EMA as in Polyak & Juditsky 1992, its decay warmed up as (1 + n) / (10 + n); SWA Izmailov et al. 2018, with
        a mean over all steps and the schedule of the run in place of cycles.
    """

    def __init__(self, module: nn.Module, kind: Literal["none", "ema", "swa"], decay: float) -> None:
        self._module, self._kind, self._decay = module, kind, decay
        self._count = 0
        self._mean: dict[str, Tensor] = {}

    def update(self, progress: float) -> None:
        """Take the weights after a step.

        Args:
            progress: Share of the run that is done.
        """
        if self._kind == "none" or (self._kind == "swa" and progress < _LAST):
            return
        self._count += 1
        n = self._count
        share = 1 / n if self._kind == "swa" else 1 - min(self._decay, (1 + n) / (10 + n))
        with torch.no_grad():
            for name, tensor in self._module.state_dict().items():
                if not tensor.is_floating_point():
                    continue
                if name in self._mean:
                    self._mean[name].lerp_(tensor, share)
                else:
                    self._mean[name] = tensor.detach().clone()

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """The module with the averaged weights while this is open; with its own where there is no average yet."""
        if not self._mean:
            yield
            return
        own = {name: tensor.detach().clone() for name, tensor in self._module.state_dict().items()}
        self._module.load_state_dict({**own, **self._mean})
        try:
            yield
        finally:
            self._module.load_state_dict(own)

    def settle(self) -> None:
        """Give the module the averaged weights for good."""
        if self._mean:
            self._module.load_state_dict({**self._module.state_dict(), **self._mean})

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint keeps."""
        return {**self._mean, "count": torch.tensor(self._count)} if self._mean else {}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from ``tensors``."""
        if "count" in tensors:
            self._count = int(tensors["count"])
            own = self._module.state_dict()
            self._mean = {n: t.to(own[n].device).clone() for n, t in tensors.items() if n in own}
