"""Saving and loading the whole assistant: the head is the same, and still on the shared encoder."""

from __future__ import annotations

import torch

from chatkit.assistant import Assistant
from chatkit.testing.check import Checks
from chatkit.testing.compare import differing_rows
from chatkit.testing.report import CheckFailed
from chatkit.testing.rig import TEXTS, HeadRig, everything_else_spoiled, mean_of

CHECKS = Checks()


@CHECKS.add(waivable=False)
def save_and_load_keep_it(rig: HeadRig) -> None:
    """After saving and loading the assistant the answers and the loss are the same."""
    for records in (rig.examples, rig.fill(TEXTS)):
        found = differing_rows(rig.outputs(records), rig.outputs(records, assistant=rig.reloaded))
        if found:
            raise CheckFailed(f"after loading, {found}: keep what it needs as parameters or buffers")
    with torch.no_grad():
        a, b = (
            float(rig.loss(assistant, assistant.heads[rig.head.name], rig.examples).total)
            for assistant in (rig.assistant, rig.reloaded)
        )
    if abs(a - b) > 1e-3 * max(1.0, abs(a)):
        raise CheckFailed(f"after loading the loss is {b:.5g} instead of {a:.5g}")


@CHECKS.add(waivable=False)
def sharing_survives(rig: HeadRig) -> None:
    """After loading, the head uses the loaded encoder and vocabulary, and nothing of the old ones."""
    original = rig.fresh()
    reached = _reached(rig, original)
    loaded = rig.reloaded
    if _reached(rig, loaded) != reached:
        raise CheckFailed("after loading its gradient reaches other shared weights than before")
    before = _all(rig, loaded)
    with everything_else_spoiled(loaded):
        after = _all(rig, loaded)
    if differing_rows(before, after):
        raise CheckFailed("after loading it still uses the encoder or vocabulary that it was built on before")


def _reached(rig: HeadRig, assistant: Assistant) -> set[str]:
    for parameter in assistant.backbone.parameters():
        parameter.grad = None
    mean_of(rig.loss(assistant, assistant.heads[rig.head.name], rig.examples)).backward()
    return {n for n, p in assistant.backbone.named_parameters() if p.grad is not None and bool(p.grad.any())}


def _all(rig: HeadRig, assistant: Assistant) -> list[dict[str, object]]:
    with torch.no_grad():
        loss = float(rig.loss(assistant, assistant.heads[rig.head.name], rig.examples).total)
    return [*rig.outputs(rig.examples, assistant=assistant), {"loss": loss}]
