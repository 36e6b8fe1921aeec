"""One meaning of loss: summed nats and what they were summed over; its gradient reaches what it should.

B = batch, T = tokens, D = width of the hidden states
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence

import torch
from torch import nn

from chatkit.assistant import Assistant
from chatkit.head.head import Record
from chatkit.testing.check import Checks
from chatkit.testing.report import CheckFailed, NotAsked
from chatkit.testing.rig import TEXTS, HeadRig, checked, has_parameters, mean_of

CHECKS = Checks()
_MOST_NATS = 200.0


@CHECKS.add()
def loss_is_finite(rig: HeadRig) -> str:
    """The loss is a finite scalar in nats, not negative, with a gradient."""
    loss = rig.loss(rig.assistant, rig.built, rig.examples)
    nats = float(loss.total.detach())
    if not math.isfinite(nats) or nats < 0:
        raise CheckFailed(f"Loss.total must be finite and not negative, got {nats:g}")
    if not loss.total.requires_grad:
        raise CheckFailed("Loss.total has no gradient: was it made by detach, item or torch.tensor?")
    if nats / loss.count > _MOST_NATS:
        raise CheckFailed(f"{nats / loss.count:.0f} nats per target at the start: is the loss scaled?")
    return f"{nats / loss.count:.3f} nats per target at the start"


@CHECKS.add()
def loss_is_summed(rig: HeadRig) -> None:
    """Total and count of a batch are the sums over its examples, in training too; so both double with them."""
    if rig.head.couples_batch:
        raise NotAsked("it declares that examples of a batch see each other")
    records = [*rig.examples, *rig.fill(TEXTS)]
    assistant = rig.fresh()
    for mode in ("eval", "training"):
        if mode == "training" and not _still(assistant, rig):
            return
        whole, count = _sums(rig, assistant, [records])
        parts, part_count = _sums(rig, assistant, [[record] for record in records])
        double, double_count = _sums(rig, assistant, [records * 2])
        _compare(f"in {mode}, a batch against its examples alone", whole, parts, count, part_count)
        _compare(f"in {mode}, a batch against half of a doubled one", whole, double / 2, count, double_count / 2)


def _sums(rig: HeadRig, assistant: Assistant, batches: Sequence[Sequence[Record]]) -> tuple[float, float]:
    head = assistant.heads[rig.head.name]
    with torch.no_grad():
        losses = [rig.loss(assistant, head, batch) for batch in batches]
    return sum(float(loss.total) for loss in losses), float(sum(loss.count for loss in losses))


def _still(assistant: Assistant, rig: HeadRig) -> bool:
    """Switch to training without dropout; False where the loss draws random numbers all the same."""
    head = assistant.heads[rig.head.name].train()
    for module in head.modules():
        if isinstance(module, nn.modules.dropout._DropoutNd):
            module.p = 0.0
    first, _ = _sums(rig, assistant, [rig.examples])
    return abs(first - _sums(rig, assistant, [rig.examples])[0]) < 1e-6 * max(1.0, abs(first))


def _compare(what: str, a: float, b: float, count: float, other: float) -> None:
    if count != other:
        raise CheckFailed(f"{what}: count {count:g} against {other:g}; count the examples or target tokens")
    if abs(a - b) > 1e-3 * max(1.0, abs(a)):
        raise CheckFailed(f"{what}: total {a:.5g} against {b:.5g}; sum over the batch, do not average")


@CHECKS.add()
def gradient_reaches_encoder(rig: HeadRig) -> None:
    """The loss has a gradient on every weight of the encoder."""
    assistant = rig.fresh()
    mean_of(rig.loss(assistant, assistant.heads[rig.head.name], rig.examples)).backward()
    for name, parameter in assistant.backbone.encoder.named_parameters():
        if parameter.grad is None or not bool(parameter.grad.any()):
            raise CheckFailed(f"none reaches {name} of the encoder: does the head detach the states?")


@CHECKS.add()
def gradient_reaches_head(rig: HeadRig) -> None:
    """Within three steps the loss has a gradient on every weight of the head."""
    assistant = rig.fresh()
    head = assistant.heads[rig.head.name].train()
    has_parameters(head)
    dead = {name for name, parameter in head.named_parameters() if parameter.requires_grad}
    optimiser = torch.optim.SGD(head.parameters(), lr=0.1)
    torch.manual_seed(4)
    for _ in range(3):  # a weight behind another that starts at zero gets its gradient a step later
        optimiser.zero_grad()
        mean_of(rig.loss(assistant, head, rig.examples)).backward()
        dead -= {n for n, p in head.named_parameters() if p.grad is not None and bool(p.grad.any())}
        optimiser.step()
    if dead:
        raise CheckFailed(f"none reaches {', '.join(sorted(dead)[:4])}: use it in loss, or do not make it")


@CHECKS.add(waivable=False)
def trains_known_weights(rig: HeadRig) -> None:
    """The loss depends on weights of the head and shared ones only; others are neither trained nor saved."""
    assistant = rig.fresh()
    head = assistant.heads[rig.head.name]
    total = rig.loss(assistant, head, rig.examples).total
    known = {id(parameter) for module in (head, assistant.backbone) for parameter in module.parameters()}
    for leaf in _leaves(total):
        if id(leaf) not in known:
            raise CheckFailed(
                f"it depends on weights of shape {tuple(leaf.shape)} that are neither its own nor shared: "
                "keep layers as attributes or in a ModuleList, and the vocabulary that build is given"
            )


def _leaves(total: torch.Tensor) -> Iterator[torch.Tensor]:
    """Every tensor that a gradient of ``total`` would be added to."""
    queue, seen = [total.grad_fn], set()
    while queue:
        node = queue.pop()
        if node is not None and node not in seen:
            seen.add(node)
            queue += [parent for parent, _ in node.next_functions]
            if hasattr(node, "variable"):
                yield node.variable


@CHECKS.add()
def causal(rig: HeadRig) -> None:
    """Declared causal, the prediction of a next piece looks at no later state."""
    if "causal" not in rig.head.needs:
        raise NotAsked('it does not declare needs = {"causal"}')
    encoded = rig.encode(rig.examples)
    cut = {field: int(e.lengths.min()) // 2 for field, e in encoded.items()}
    states = {field: e.states.detach().requires_grad_() for field, e in encoded.items()}
    early = {
        field: dataclasses.replace(e, states=states[field], next_ids=_before(e.next_ids, cut[field]))
        for field, e in encoded.items()
    }
    with torch.no_grad():
        whole = checked(rig.built.loss(encoded, rig.examples))
        part = checked(rig.built.loss(early, rig.examples))
    if part.count == whole.count and torch.equal(part.total, whole.total):
        raise NotAsked("its loss predicts no next piece")
    rig.built.loss(early, rig.examples).total.backward()
    for field, leaf in states.items():
        if leaf.grad is not None and bool(leaf.grad[:, cut[field] :].any()):
            raise CheckFailed(f"what it predicts up to piece {cut[field]} of {field} depends on later pieces")


def _before(next_ids: torch.Tensor, cut: int) -> torch.Tensor:
    positions = torch.arange(next_ids.shape[1])
    return torch.where(positions < cut, next_ids, -1)
