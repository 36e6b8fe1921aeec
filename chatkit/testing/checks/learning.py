"""It learns: its own examples, with the encoder and without, and its metrics tell so."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch

from chatkit.head.answer import Metric
from chatkit.testing.check import Checks
from chatkit.testing.report import CheckFailed, NotAsked
from chatkit.testing.rig import TEXTS, HeadRig, has_parameters
from chatkit.training.evaluator import evaluate

CHECKS = Checks()


@CHECKS.add()
def learns_its_examples(rig: HeadRig) -> str:
    """Sixty steps on its own examples at least halve the loss."""
    _, losses = rig.trained
    if losses[-1] > losses[0] / 2:
        raise CheckFailed(f"after {len(losses)} steps the loss is {losses[-1]:.3f}, it began at {losses[0]:.3f}")
    return f"{losses[0]:.3f} to {losses[-1]:.3f} nats in {len(losses)} steps"


@CHECKS.add()
def metrics_move(rig: HeadRig) -> str:
    """Trained on its examples, at least one metric gets better and none gets worse, by their own account."""
    assistant, _ = rig.trained
    fresh = rig.fresh()
    before = evaluate(fresh, fresh.heads[rig.head.name], rig.examples)
    after = evaluate(assistant, assistant.heads[rig.head.name], rig.examples)
    _check_metrics(before)
    _check_metrics(after)
    gains = {name: _gain(before[name], metric) for name, metric in after.items() if name in before}
    worse = [name for name, gain in gains.items() if gain < -0.02 * max(1.0, abs(before[name].value))]
    if worse:
        name = worse[0]
        raise CheckFailed(
            f"{name} ({after[name].better} is better) went from {before[name].value:.4g} to {after[name].value:.4g}"
        )
    if not any(gain > 1e-6 for gain in gains.values()):
        raise CheckFailed(f"none of {', '.join(gains) or 'no metrics'} got better")
    return ", ".join(f"{name} {before[name].value:.3g} to {after[name].value:.3g}" for name in gains)


def _check_metrics(metrics: Mapping[str, object]) -> None:
    if not isinstance(metrics, dict) or not metrics:
        raise CheckFailed(f"summarise must return a dict of Metric, got {metrics!r}")
    for name, metric in metrics.items():
        if not isinstance(metric, Metric) or metric.better not in ("higher", "lower"):
            raise CheckFailed(f'metric {name} must be Metric(value, "higher" or "lower"), got {metric!r}')
        if not isinstance(metric.value, int | float) or not math.isfinite(metric.value):
            raise CheckFailed(f"metric {name} must be a finite number, got {metric.value!r}")


def _gain(before: Metric, after: Metric) -> float:
    return (after.value - before.value) * (1 if after.better == "higher" else -1)


@CHECKS.add()
def metrics_add_up(rig: HeadRig) -> None:
    """What measure returns can be added up over batches: sums, no averages."""
    if rig.head.couples_batch:
        raise NotAsked("it declares that examples of a batch see each other")
    records = [*rig.examples, *rig.fill(TEXTS)]
    whole = _measure(rig, records)
    parts: dict[str, float] = {}
    for record in records:
        for key, value in _measure(rig, [record]).items():
            parts[key] = parts.get(key, 0.0) + value
    for key in {*whole, *parts}:
        a, b = whole.get(key, 0.0), parts.get(key, 0.0)
        if abs(a - b) > 1e-3 * max(1.0, abs(a)):
            raise CheckFailed(f"{key!r} of a batch is {a:.5g}, over its examples alone {b:.5g}: return sums")


def _measure(rig: HeadRig, records: list[Mapping[str, object]]) -> dict[str, float]:
    with torch.inference_mode():
        sums = rig.built.measure(rig.encode(records), records)
    if not isinstance(sums, dict) or not all(isinstance(value, int | float) for value in sums.values()):
        raise CheckFailed(f"measure must return a dict of numbers, got {sums!r}")
    return {key: float(value) for key, value in sums.items()}


@CHECKS.add()
def learns_with_frozen_encoder(rig: HeadRig) -> str:
    """With the encoder frozen its own weights still learn, and the encoder stays bit-identical."""
    has_parameters(rig.built)
    assistant = rig.fresh()
    before = {name: tensor.clone() for name, tensor in assistant.backbone.state_dict().items()}
    losses = rig.train(assistant, rate=0.05, frozen=True)
    for name, tensor in assistant.backbone.state_dict().items():
        if not torch.equal(tensor, before[name]):
            raise CheckFailed(f"{name} of the encoder changed although it was frozen")
    if losses[-1] > 0.95 * losses[0]:
        raise CheckFailed(f"after {len(losses)} steps the loss is {losses[-1]:.3f}, it began at {losses[0]:.3f}")
    return f"{losses[0]:.3f} to {losses[-1]:.3f} nats in {len(losses)} steps"
