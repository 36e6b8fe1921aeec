"""Gradients of several objectives on the shared parameters, kept apart as rows of one matrix.

With a batch of its own for each objective, each backward walks only its own graph: keeping rows costs what one summed
backward costs. From the rows come the Gramian, any weighting, and what a step does to each objective.

K = objectives, N = shared parameters
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor, nn

_AT_ONCE = 262_144  # columns of the rows
_IN_CACHE = 65_536  # numbers that are still in the processor's cache when they are used again


class SumsTensors(Protocol):
    """Sums tensors over processes."""

    def sum(self, tensor: Tensor) -> Tensor:
        """In place."""


class GradientRows:
    """The rows of one step, in memory that is used again: (K + 1) N floats, one row for the update.

    Args:
        parameters: The shared parameters, of one dtype and device.
        most: Most objectives of a step.
    """

    def __init__(self, parameters: Sequence[nn.Parameter], most: int) -> None:
        self._parameters = list(parameters)
        sizes = [p.numel() for p in self._parameters]
        like = self._parameters[0]
        self._matrix = torch.zeros(most + 1, sum(sizes), dtype=like.dtype, device=like.device)
        split = [row.split(sizes) for row in self._matrix]
        self._views = [[v.view_as(p) for v, p in zip(parts, self._parameters, strict=True)] for parts in split]
        self._touched = [[False] * len(sizes) for _ in range(most + 1)]
        self._update = most

    @property
    def num_bytes(self) -> int:
        """Memory of the rows."""
        return self._matrix.numel() * self._matrix.element_size()

    def collect(self, row: int, over: SumsTensors | None = None, scale: float = 1.0) -> None:
        """Move the gradients that a backward has left in ``.grad`` into a row; a parameter without one counts as 0.

        Args:
            row: The row.
            over: Sums it over the processes of a job, which reach the same parameters.
            scale: Multiplies them.
        """
        for i, (parameter, view) in enumerate(zip(self._parameters, self._views[row], strict=True)):
            self._touched[row][i] = parameter.grad is not None
            if parameter.grad is None:
                view.zero_()
            else:
                view.copy_(parameter.grad)
            parameter.grad = None
        if scale != 1:
            self._matrix[row] *= scale
        if over is not None:
            over.sum(self._matrix[row])

    def collect_probe(self, row: int, over: SumsTensors | None = None, scale: float = 1.0) -> tuple[float, float]:
        """Take the gradients of another batch or objective; they are gone after this.

        Returns:
            Their inner product with ``row`` and with themselves.
        """
        self.collect(self._update, over, scale)
        probe = self._matrix[self._update]
        return float(probe @ self._matrix[row]), float(probe @ probe)

    def gramian(self, count: int) -> Tensor:
        """Inner products of the first ``count`` rows, (count, count)."""
        found = self._matrix.new_zeros(count, count)
        for part in self._matrix[:count].split(_AT_ONCE, 1):  # one long product takes 1.4 times as long
            found.addmm_(part, part.T)
        return found

    def apply(self, weights: Sequence[float]) -> None:
        """Make the weighted sum of the first rows the gradient of the parameters.

        A parameter that no objective of positive or negative weight has reached gets None: the optimiser leaves it
        alone, as after a summed backward. The sum runs in the order of the rows, so that with weights of 1 it is that
        of a summed backward bit for bit.
        """
        total = self._matrix[self._update]
        torch.mul(self._matrix[0], weights[0], out=total)
        for row, weight in enumerate(weights[1:], start=1):
            total.add_(self._matrix[row], alpha=weight)
        for i, parameter in enumerate(self._parameters):
            reached = any(self._touched[row][i] and weight != 0 for row, weight in enumerate(weights))
            parameter.grad = self._views[self._update][i] if reached else None

    def give(self, row: int) -> None:
        """Make one row the gradient of the parameters; one that it has not reached gets None."""
        for i, parameter in enumerate(self._parameters):
            parameter.grad = self._views[row][i] if self._touched[row][i] else None

    def before_step(self) -> Tensor:
        """A copy of the parameters, (N,), for ``change``."""
        return torch.cat([p.detach().flatten() for p in self._parameters])

    def change(self, before: Tensor, count: int) -> Tensor:
        """J . step: what the step from ``before`` to the present does to each objective, to the first order.

        With AdamW on a small encoder within a tenth of the true change at a learning rate of 1e-3, within a factor of
        about 2 at 3e-3.

        Args:
            before: From ``before_step``.
            count: Rows of the step.
        Returns:
            (count,), nats per target; negative is a gain. Private parameters of the heads are not part of it.
        """
        found = torch.zeros(count, dtype=before.dtype, device=before.device)
        moved = torch.empty(min(_IN_CACHE, len(before)), dtype=before.dtype, device=before.device)
        offset = 0
        for parameter in self._parameters:
            for part in parameter.detach().flatten().split(_IN_CACHE):
                here = slice(offset, offset + len(part))
                torch.sub(part, before[here], out=moved[: len(part)])
                found += self._matrix[:count, here] @ moved[: len(part)]
                offset = here.stop
        return found
