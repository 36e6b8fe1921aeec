"""What a head declares, and that it can be built from it."""

from __future__ import annotations

import json

import torch

from chatkit.assistant import Assistant
from chatkit.data.readers import READERS
from chatkit.errors import ChatkitError, HeadError
from chatkit.head.guard import describe, place_of
from chatkit.head.head import Head, Record
from chatkit.head.setup import HeadSetup
from chatkit.registry.load import check_declaration
from chatkit.testing.check import Checks
from chatkit.testing.report import CheckFailed, NotAsked
from chatkit.testing.rig import SMALL, HeadRig, small_tokenizer
from chatkit.text.views import CONVERSATION

CHECKS = Checks()


@CHECKS.add(vital=True)
def declaration(rig: HeadRig) -> None:
    """Name, api, fields, view, needs, reader and at least two examples that fit them."""
    head = rig.head
    check_declaration(head, str(getattr(head, "name", "")))
    if getattr(head, "read", None) is None and head.reader not in READERS:
        raise CheckFailed(f"reader {head.reader!r} is none of {', '.join(READERS)}, and there is no read(path, split)")
    if len(rig.examples) < 2:
        raise CheckFailed(f"examples must hold at least two records, got {len(rig.examples)}")
    for i, example in enumerate(rig.examples):
        _check_example(head, i, example)


def _check_example(head: type[Head], i: int, example: Record) -> None:
    try:
        json.dumps(example)
    except (TypeError, ValueError) as error:
        raise CheckFailed(f"examples[{i}] is no plain data: {error}") from None
    if not isinstance(example.get("label", ""), str):
        raise CheckFailed(f"examples[{i}] has the label {example['label']!r}: labels are text")
    if head.view == CONVERSATION and "turns" in example:
        return
    for field in head.fields:
        if not isinstance(example.get(field), str):
            raise CheckFailed(f'examples[{i}] has no text "{field}", which fields asks for')


@CHECKS.add(vital=True)
def builds(rig: HeadRig) -> str:
    """It builds on any width and vocabulary, twice the same from the same seed of torch."""
    try:
        states = [rig.fresh().heads[rig.head.name].state_dict() for _ in range(2)]
    except ChatkitError as error:
        raise CheckFailed(str(error)) from error
    for name, tensor in states[0].items():
        if not torch.equal(tensor, states[1][name]):
            raise CheckFailed(f"{name} differs between two builds from one seed: draw its weights from torch")
    return f"{sum(p.numel() for p in rig.built.parameters()):,} weights on a small encoder"


@CHECKS.add()
def copes_with_other_labels(rig: HeadRig) -> None:
    """It builds from any labels of training data, or fixes its own."""
    if rig.head.label_field != "label" or not any("label" in example for example in rig.examples):
        raise NotAsked("its examples have no free labels")
    if getattr(rig.head, "labels", ()):
        raise NotAsked("it fixes its labels")
    labels = ("alpha", "beta", "gamma", "delta", "epsilon")
    assistant = Assistant(small_tokenizer(), SMALL)
    assistant.add_head(rig.head, HeadSetup(dict(rig.head.kit_options), tuple(sorted(labels))))
    assistant.eval()
    texts = [example[rig.head.fields[0]] for example in rig.examples]
    records = [{**rig.fill(texts)[i % len(texts)], "label": label} for i, label in enumerate(labels)]
    try:
        rig.loss(assistant, assistant.heads[rig.head.name], records)
        rig.outputs(records, assistant=assistant)
    except (KeyError, ValueError, IndexError) as error:
        what = f"with the labels alpha, beta, gamma: {describe(error)}"
        way = 'take labels from info.labels, or say which there are: labels = ("...", "...")'
        raise HeadError(f"{what}; {way}", head=rig.head.name, place=place_of(error, rig.file)) from error
