"""What a head takes in after the training: it lies in buffers, and the trained weights stay."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.head.head import Head
from chatkit.testing.check import Checks
from chatkit.testing.compare import differing_rows
from chatkit.testing.report import CheckFailed, NotAsked
from chatkit.testing.rig import HeadRig
from chatkit.training.filling import fill_head, filling_from

CHECKS = Checks()


@CHECKS.add(waivable=False)
def fill_keeps_to_buffers(rig: HeadRig) -> None:
    """Filling changes buffers of the head alone, the same each time, and what was taken in is saved."""
    if not rig.head.fills():
        raise NotAsked("it takes in nothing after the training")
    assistant = rig.fresh()
    head = assistant.heads[rig.head.name]
    trained = _copies(dict(assistant.backbone.state_dict()) | dict(head.named_parameters()))
    _fill(rig, assistant, head)
    now = dict(assistant.backbone.state_dict()) | dict(head.named_parameters())
    if changed := _differing(trained, now):
        raise CheckFailed(f"fill changes {changed}, which was trained: take in what you count as a buffer")
    once = _copies(head.state_dict())
    _fill(rig, assistant, head)
    if changed := _differing(once, head.state_dict()):
        raise CheckFailed(f"filled a second time, {changed} is another: begin anew, and draw with filling.seed")
    with tempfile.TemporaryDirectory() as folder:
        assistant.save(Path(folder) / "model")
        loaded = Assistant.load(Path(folder) / "model", lambda name: rig.head)
    for error in loaded.failures.values():
        raise CheckFailed(f"filled and saved it cannot be loaded again: {error}")
    found = differing_rows(_outputs(rig, assistant), _outputs(rig, loaded))
    if found:
        raise CheckFailed(f"what it took in is lost when it is saved: {found}; keep it as a buffer")


def _fill(rig: HeadRig, assistant: Assistant, head: Head) -> None:
    records = rig.examples
    fill_head(
        assistant,
        head,
        filling_from(assistant, head, lambda: records, lambda: {"examples": records}, lambda line: None, seed=1),
    )


def _copies(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in tensors.items()}


def _differing(before: Mapping[str, Tensor], after: Mapping[str, Tensor]) -> str:
    return next((name for name, tensor in after.items() if not torch.equal(before[name], tensor)), "")


def _outputs(rig: HeadRig, assistant: Assistant) -> list[dict[str, object]]:
    with torch.no_grad():
        loss = float(rig.loss(assistant, assistant.heads[rig.head.name], rig.examples).total)
    return [*rig.outputs(rig.examples, assistant=assistant), {"loss": loss}]
