"""Whoever looks on while a run trains: told of its steps and evaluations, and free to do nothing with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from chatkit.head.answer import Metric
from chatkit.training.trainer import StepResult, Trainer

if TYPE_CHECKING:
    from chatkit.training.run import Run


class Watch:
    """Looks on and does nothing; only the first process of a group tells it anything."""

    def begin(self, trainer: Trainer) -> None:
        """Training begins, or goes on, at the trainer's step."""

    def stepped(self, trainer: Trainer, result: StepResult, seconds: float) -> None:
        """A step was done, in so many seconds."""

    def evaluated(self, run: Run, figures: Mapping[str, Mapping[str, Metric]]) -> None:
        """The heads were measured on dev."""

    def close(self) -> None:
        """Nothing more will come."""
