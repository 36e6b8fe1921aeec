"""What a step does with the gradients of several heads on the shared parameters: sum, or rows, weights and readings.

K = heads of a step
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.errors import ChatkitError
from chatkit.objectives.conflict import ConflictMeter, Reading, read
from chatkit.objectives.rows import GradientRows
from chatkit.objectives.weighting import Weighting
from chatkit.training.distributed import Group
from chatkit.training.own_moments import OwnMoments

Descend = Callable[[Sequence[nn.Parameter]], float]
"""Makes gradients of the parameters given, by backward; returns what they must be multiplied with."""


def backward_of(loss: Callable[[], Tensor]) -> Descend:
    """The backward of a mean loss, made when it is wanted."""

    def descend(inputs: Sequence[nn.Parameter]) -> float:
        loss().backward(inputs=list(inputs))
        return 1.0

    return descend


class TrainingError(ChatkitError):
    """Training cannot go on: a loss is no number, or a head returned what it must not."""


@dataclasses.dataclass
class _Step:
    """What is known of the step under way."""

    names: Sequence[str]
    measured: bool
    probed: bool
    by_rows: bool
    weights: dict[str, float]
    probes: dict[str, float] = dataclasses.field(default_factory=dict)
    products: dict[str, tuple[float, float]] = dataclasses.field(default_factory=dict)
    shared: dict[tuple[str, str], float] = dataclasses.field(default_factory=dict)
    gramian: Tensor | None = None
    before: Tensor | None = None


class SharedGradients:
    """Weighs the heads' gradients on the shared parameters; private ones follow their own unweighted loss.

    In each step: ``begin``, for each head ``backward`` (and ``probe``), ``combine``, the optimiser's step, ``finish``.
    With weights that are known beforehand and nothing to measure, gradients are summed by the backward passes;
    otherwise they are kept as rows. With weights of 1 both give the same bits, so that measuring changes nothing.

    Args:
        shared: Parameters of the backbone that are trained; empty when it is frozen.
        private: head -> its own parameters.
        weighting: The method.
        conflict_every: Measure conflict in every n-th step of two or more heads (or of the only one, whose noise and
            progress can be measured as well); 0 is never.
        noise_every: Measure the noise floor in every n-th of those; 0 is never.
        group: Processes whose gradients are summed; this one alone by default.
        rows: Keep rows in every step, for gradients that must be scaled before they are summed.
    """

    def __init__(
        self,
        shared: Sequence[nn.Parameter],
        private: Mapping[str, Sequence[nn.Parameter]],
        weighting: Weighting,
        *,
        conflict_every: int,
        noise_every: int,
        group: Group | None = None,
        rows: bool = False,
    ) -> None:
        self._group, self._always_rows = group or Group(), rows
        self.weighting, self.meter = weighting, ConflictMeter(list(private))
        self._shared, self._private = list(shared), {name: list(own) for name, own in private.items()}
        self._every, self._noise_every = conflict_every, noise_every
        self._joint, self._measured = 0, 0
        self._rows: GradientRows | None = None
        self._step = _Step([], False, False, False, {})

    def begin(self, names: Sequence[str], preference: Mapping[str, float] | None = None) -> None:
        """A step of these heads begins.

        Args:
            names: The heads.
            preference: Factors of their weights in this step, for a method whose weights are known beforehand.
        """
        joint = bool(self._shared) and (len(names) > 1 or len(self._private) == 1)
        measured = joint and self._every > 0 and self._joint % self._every == 0
        probed = measured and self._noise_every > 0 and self._measured % self._noise_every == 0
        self._joint, self._measured = self._joint + joint, self._measured + measured
        by_rows = bool(self._shared) and (measured or not self.weighting.fixed or self._always_rows)
        weights = dict.fromkeys(names, 1.0)
        if self.weighting.fixed and self._shared:
            given = self.weighting.weigh(names, torch.ones(len(names), dtype=torch.float64))
            weights = dict(zip(names, given.tolist(), strict=True))
        if preference:
            weights = {name: weight * preference.get(name, 1.0) for name, weight in weights.items()}
        self._step = _Step(names, measured, probed, by_rows, weights)
        if by_rows and self._rows is None:
            self._rows = GradientRows(self._shared, len(self._private))

    def backward(self, name: str, loss: Tensor) -> None:
        """Backward of one head's mean loss."""
        weight, own = self._step.weights[name], self._private[name]
        if self._step.by_rows and self._rows is not None:
            loss.backward()
            self._rows.collect(self._step.names.index(name), self._group)
        elif weight == 0:
            if own:
                loss.backward(inputs=own)
        else:
            (loss if weight == 1 else loss * weight).backward()
            if weight != 1:
                for parameter in own:
                    if parameter.grad is not None:
                        parameter.grad /= weight

    def collect(self, name: str, scale: float) -> None:
        """After the backward passes of one head's summed loss, made by the caller: its mean is ``scale`` times that."""
        for parameter in self._private[name]:
            if parameter.grad is not None:
                parameter.grad *= scale
        if self._step.by_rows and self._rows is not None:
            self._rows.collect(self._step.names.index(name), self._group, scale)

    @property
    def probed(self) -> bool:
        """Whether the noise floor is measured in this step."""
        return self._step.probed and self._rows is not None

    def probe(self, name: str, descend: Descend) -> None:
        """In some steps, the cosine of the head's gradient with that of another batch; leaves no trace in training.

        Args:
            name: The head, after its ``backward``.
            descend: Backward of its loss on another batch.
        """
        if not self.probed:
            return
        own, dot, square = self._beside(name, descend)
        self._step.products[name] = (dot, (own + square) / 2)
        self._step.probes[name] = _cosine(dot, own, square)

    def probe_pair(self, name: str, other: str, descend: Descend) -> None:
        """In the same steps, the cosine between two heads' gradients on the same batch; leaves no trace either.

        Args:
            name: The head whose batch it is, after its ``backward``.
            other: The other head.
            descend: Backward of the other's loss on that batch.
        """
        if self.probed:
            own, dot, square = self._beside(name, descend)
            self._step.shared[name, other] = _cosine(dot, own, square)

    def _beside(self, name: str, descend: Descend) -> tuple[float, float, float]:
        """Square of a head's gradient, its product with another one, and the square of that."""
        assert self._rows is not None
        row = self._step.names.index(name)
        with torch.random.fork_rng():
            scale = descend(self._shared)
        dot, square = self._rows.collect_probe(row, self._group, scale)
        return float(self._rows.gramian(row + 1)[row, row]), dot, square

    def combine(self, losses: Mapping[str, float]) -> dict[str, float]:
        """Make the weighted sum the gradient of the shared parameters; returns the weights.

        Raises:
            TrainingError: If a gradient is not finite.
        """
        step, names = self._step, self._step.names
        private = [parameter for name in names for parameter in self._private[name]]
        if not step.by_rows or self._rows is None:
            self._group.sum_gradients([*self._shared, *private])
            return step.weights
        self._group.sum_gradients(private)
        if step.measured or self.weighting.needs_gramian:
            step.gramian = self._rows.gramian(len(names)).cpu()
            for name, square in zip(names, step.gramian.diagonal().tolist(), strict=True):
                if not square < float("inf"):
                    raise TrainingError(f"head {name}: its gradient is not finite", hint="lower train.learning_rate")
        if not self.weighting.fixed:
            given = self.weighting.weigh(names, _column(names, losses), step.gramian)
            step.weights = dict(zip(names, given.tolist(), strict=True))
        self._rows.apply(list(step.weights.values()))
        if step.measured or self.weighting.needs_change:
            step.before = self._rows.before_step()
        return step.weights

    def step_each(self, moments: OwnMoments, rate: float) -> float:
        """After ``combine``, in place of the optimiser's step: that of each head, by its own moments; see there."""
        assert self._rows is not None
        return moments.step(self._step.names, self._step.weights, self._rows, rate)

    def finish(self, losses: Mapping[str, float]) -> Reading | None:
        """After the optimiser's step: let the method learn, and read what the step did where it is measured."""
        step, change = self._step, None
        if step.before is not None and self._rows is not None:
            change = self._rows.change(step.before, len(step.names)).cpu()
        step.before = None
        if self._shared:
            self.weighting.learn(step.names, _column(step.names, losses), step.gramian, change)
        if not step.measured or step.gramian is None or change is None:
            return None
        reading = read(step.names, step.gramian, change, step.probes, step.products, step.shared)
        self.meter.add(reading)
        return reading

    def summary(self) -> dict[str, Any]:
        """Weighting and conflict as plain data, for a report."""
        return {
            "weighting": self.weighting.describe(),
            "weights": self.weighting.average(),
            "memory": self._rows.num_bytes if self._rows else 0,
            "measured_steps": self._measured,
            **self.meter.summary(),
        }

    def state(self) -> dict[str, Any]:
        """Plain data that a checkpoint needs."""
        counts = {"joint": self._joint, "measured": self._measured}
        return {**counts, "weighting": self.weighting.state_dict(), "meter": self.meter.state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from ``state``, bit for bit."""
        self._joint, self._measured = int(state["joint"]), int(state["measured"])
        self.weighting.load_state_dict(state["weighting"])
        self.meter.restore(state["meter"])


def _cosine(dot: float, own: float, square: float) -> float:
    return dot / (own * square) ** 0.5 if own * square > 0 else 0.0


def _column(names: Sequence[str], values: Mapping[str, float]) -> Tensor:
    return torch.tensor([values[name] for name in names], dtype=torch.float64)
