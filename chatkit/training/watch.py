"""Whoever looks on while a run trains: told of its steps and evaluations, and free to do nothing with them."""

from __future__ import annotations

from collections.abc import Mapping

from chatkit.head.answer import Metric
from chatkit.training.on_dev import DevPart
from chatkit.training.trainer import StepResult, Trainer


class Watch:
    """Looks on and does nothing; only the first process of a group tells it anything."""

    def begin(self, trainer: Trainer) -> None:
        """Training begins, or goes on, at the trainer's step."""

    def stepped(self, trainer: Trainer, result: StepResult, seconds: float) -> None:
        """A step was done, in so many seconds."""

    def evaluated(self, trainer: Trainer, dev: DevPart, figures: Mapping[str, Mapping[str, Metric]]) -> None:
        """The heads were measured on dev, or on a part of it."""

    def close(self) -> None:
        """Nothing more will come."""
