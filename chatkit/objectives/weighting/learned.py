"""Methods that learn their weights beside the model, with a loss of their own.

K = objectives that take part in a step
"""

from __future__ import annotations

import abc
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.objectives.weighting.base import Weighting, require_range


class LearnedWeighting(Weighting):
    """One learned scalar an objective, trained by an Adam of its own; those of missing objectives stay as they are.

    Args:
        weights: As in ``Weighting``.
        start: Value of each scalar before the first step.
        rate: Learning rate of the scalars.
        decay: Their weight decay.
        seed: As in ``Weighting``.
        options: The method's own options.
    """

    def __init__(
        self,
        weights: Mapping[str, float],
        *,
        start: float,
        rate: float,
        decay: float = 0.0,
        seed: int = 0,
        **options: Any,
    ) -> None:
        super().__init__(weights, seed=seed, rate=rate, **options)
        require_range("rate", rate, 0, open_below=True)
        require_range("decay", decay, 0)
        self._values = {name: nn.Parameter(torch.tensor(start, dtype=torch.float64)) for name in weights}
        self._adam = torch.optim.Adam(list(self._values.values()), lr=rate, weight_decay=decay)

    def parameters(self) -> list[nn.Parameter]:
        """The learned scalars, in the order of the objectives."""
        return list(self._values.values())

    @abc.abstractmethod
    def loss(self, names: Sequence[str], losses: Tensor, gramian: Tensor | None, change: Tensor | None) -> Tensor:
        """The loss of the learned scalars for one step; only they receive a gradient. Arguments as in ``learn``."""

    def learn(
        self, names: Sequence[str], losses: Tensor, gramian: Tensor | None = None, change: Tensor | None = None
    ) -> None:
        """One step of Adam on the scalars of the objectives that took part."""
        self._check(names, losses, gramian)
        if self.needs_change and (change is None or not bool(torch.isfinite(change).all())):
            raise ValueError(f"{type(self).__name__} needs the finite change of each loss, got {change}")
        plain = [None if t is None else t.detach().cpu().double() for t in (gramian, change)]
        self._adam.zero_grad(set_to_none=True)
        with torch.enable_grad():
            self.loss(names, losses.detach().cpu().double(), *plain).backward()
        self._adam.step()
        self._keep_in_bounds()

    def _keep_in_bounds(self) -> None:
        """What the method does to its scalars after each step."""

    def _stacked(self, names: Sequence[str]) -> Tensor:
        return torch.stack([self._values[name] for name in names])

    def _own_state(self) -> dict[str, Any]:
        slots = {}
        for name, value in self._values.items():
            slots[name] = {key: float(slot.detach()) for key, slot in self._adam.state.get(value, {}).items()}
        return {"values": {name: float(value.detach()) for name, value in self._values.items()}, "adam": slots}

    def _load_own(self, state: Mapping[str, Any]) -> None:
        with torch.no_grad():
            for name, value in self._values.items():
                value.fill_(state["values"][name])
                slots = {key: torch.tensor(slot, dtype=torch.float64) for key, slot in state["adam"][name].items()}
                if slots:
                    slots["step"] = slots["step"].float()  # as torch makes it
                    self._adam.state[value] = slots
                else:
                    self._adam.state.pop(value, None)
