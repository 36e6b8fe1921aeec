"""What a head must leave alone: the encoder, the shared states, the records, random numbers, the process."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.assistant import Assistant
from chatkit.head.vocabulary import Vocabulary
from chatkit.nn.encoder import Encoder
from chatkit.nn.vocabulary import Backbone
from chatkit.testing.check import Checks
from chatkit.testing.process import changed, drawn, process_state, random_state, stir
from chatkit.testing.report import CheckFailed
from chatkit.testing.rig import HeadRig

CHECKS = Checks()


def _call_everything(rig: HeadRig, assistant: Assistant, encoded: dict[str, Any]) -> None:
    head = assistant.heads[rig.head.name]
    with torch.inference_mode():
        head.answer(encoded, rig.examples)
        head.summarise(head.measure(encoded, rig.examples))
        if head.makes_vectors():
            for field in head.fields:
                head.vector(encoded[field], field)


@CHECKS.add(waivable=False)
def leaves_random_numbers_alone(rig: HeadRig) -> None:
    """Answers, measures and vectors draw nothing from the global generators; a stream has its own."""
    encoded = rig.encode(rig.examples)
    stir()
    before = random_state()
    _call_everything(rig, rig.assistant, encoded)
    generator = drawn(before)
    if generator:
        raise CheckFailed(f"it draws from, or seeds, the global generator of {generator}")


@CHECKS.add(waivable=False)
def leaves_encoder_alone(rig: HeadRig) -> None:
    """Encoder, shared states and records are afterwards what they were."""
    assistant = rig.fresh()
    before = _snapshot(assistant.backbone)
    records = copy.deepcopy(rig.examples)
    encoded = rig.encode(rig.examples, assistant)
    states = {field: e.states.clone() for field, e in encoded.items()}
    ids = {field: e.ids.clone() for field, e in encoded.items()}
    head = assistant.heads[rig.head.name]
    rig.loss(assistant, head, rig.examples)
    _call_everything(rig, assistant, encoded)
    for field, e in encoded.items():
        if not torch.equal(e.states, states[field]) or not torch.equal(e.ids, ids[field]):
            raise CheckFailed(f"it changes the shared states of {field} in place, which other heads read too")
    if records != rig.examples:
        rig.examples = records
        raise CheckFailed("it changes the records that it was given")
    for what, value in _snapshot(assistant.backbone).items():
        if not _equal(before.get(what), value):
            raise CheckFailed(f"it changes {what} of the encoder, which all heads share")


def _snapshot(backbone: Backbone) -> dict[str, Any]:
    out: dict[str, Any] = {name: tensor.clone() for name, tensor in backbone.state_dict().items()}
    out["the training mode"] = [module.training for module in backbone.modules()]
    out["requires_grad"] = [parameter.requires_grad for parameter in backbone.parameters()]
    out["the hooks"] = [
        len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in backbone.modules()
    ]
    out["the hooks of weights"] = [len(p._backward_hooks or ()) for p in backbone.parameters()]
    return out


def _equal(a: Any, b: Any) -> bool:
    return torch.equal(a, b) if isinstance(a, Tensor) and isinstance(b, Tensor) else bool(a == b)


@CHECKS.add(waivable=False)
def leaves_process_alone(rig: HeadRig) -> None:
    """Threads, default dtype, gradient mode, environment, working folder and sys.path stay as they were."""
    before = process_state()
    assistant = rig.fresh()
    _call_everything(rig, assistant, rig.encode(rig.examples, assistant))
    rig.loss(assistant, assistant.heads[rig.head.name], rig.examples)
    what = changed(before)
    if what:
        raise CheckFailed(f"it changes {what} of the whole process")


@CHECKS.add(waivable=False)
def owns_no_encoder(rig: HeadRig) -> None:
    """It holds neither the encoder, nor weights of it, nor a copy of them."""
    shared = dict(rig.assistant.backbone.named_parameters())
    storages = {parameter.untyped_storage().data_ptr(): name for name, parameter in shared.items()}
    for where, value in holdings(rig.built):
        if isinstance(value, Encoder | Backbone | Assistant):
            raise CheckFailed(f"{where} is a {type(value).__name__}: a head is given hidden states and holds none")
        if isinstance(value, Tensor) and value.numel():
            name = storages.get(value.untyped_storage().data_ptr())
            if name is None:
                name = next((n for n, p in shared.items() if _is_copy(value, p)), None)
            if name is not None:
                raise CheckFailed(f"{where} holds {name} of the encoder: ask the vocabulary instead")


def holdings(head: nn.Module) -> Iterator[tuple[str, Any]]:
    """Everything that hangs on a head: submodules, tensors, and what its attributes hold, lists included."""
    seen: set[int] = set()
    queue: list[tuple[str, Any]] = [(type(head).__name__, head)]
    while queue:
        where, value = queue.pop()
        if id(value) in seen or isinstance(value, Vocabulary):
            continue
        seen.add(id(value))
        yield where, value
        if isinstance(value, nn.Module):
            queue += [(f"{where}.{key}", item) for key, item in vars(value).items()]
        elif isinstance(value, dict):
            queue += [(f"{where}.{key}" if isinstance(key, str) else where, v) for key, v in value.items()]
        elif isinstance(value, list | tuple | set):
            queue += [(where, item) for item in value]


def _is_copy(value: Tensor, parameter: Tensor) -> bool:
    same = value.shape == parameter.shape and value.dtype == parameter.dtype
    return same and torch.equal(value, parameter) and bool((parameter != parameter.flatten()[0]).any())
