"""Answers and vectors: one an example, and of an example the same whatever stands beside it."""

from __future__ import annotations

import contextlib
import io
import json
import math

import torch

from chatkit.head.answer import Answer
from chatkit.testing.check import Checks
from chatkit.testing.compare import differing_rows
from chatkit.testing.report import CheckFailed
from chatkit.testing.rig import TEXTS, WEIRD, HeadRig, with_padding

CHECKS = Checks()


@CHECKS.add(waivable=False)
def one_answer_per_example(rig: HeadRig) -> None:
    """Every example gets one well-formed answer of plain data, whatever the size of the batch."""
    for records in (rig.examples, rig.examples[:1], [*rig.examples, *rig.fill(TEXTS)]):
        for row in rig.outputs(records):
            again = Answer.from_json(json.loads(json.dumps(row["answer"])))
            if again.as_json() != row["answer"]:
                raise CheckFailed("an answer changes on its way through JSON")


@CHECKS.add()
def deterministic(rig: HeadRig) -> None:
    """The same example gets the same answer again, also after others were asked."""
    records = rig.fill(TEXTS)
    first = rig.outputs(records)
    rig.outputs(rig.examples)
    _same("asked again", first, rig.outputs(records))


@CHECKS.add()
def any_text(rig: HeadRig) -> None:
    """Empty, very long and weird texts are answered, and have a finite loss."""
    for texts in (*([text] for text in WEIRD), list(WEIRD)):
        records = rig.fill(texts)
        what = repr(texts[0][:20]) if len(texts) == 1 else "a batch of weird texts"
        try:
            rig.outputs(records)
            with torch.no_grad():
                loss = float(rig.loss(rig.assistant, rig.built, records).total)
        except CheckFailed as error:
            raise CheckFailed(f"on {what}: {error}") from None
        if not math.isfinite(loss):
            raise CheckFailed(f"on {what} the loss is {loss}")


@CHECKS.add()
def batch_equals_single(rig: HeadRig) -> None:
    """An example in a batch gets the answer that it gets alone."""
    records = rig.fill(TEXTS)
    _same("in a batch and alone", rig.outputs(records), [rig.outputs([record])[0] for record in records])


@CHECKS.add()
def padding_is_invisible(rig: HeadRig) -> None:
    """Neither the amount of padding nor what stands in it changes an answer or the loss."""
    for records in (rig.examples, rig.fill(TEXTS)):
        encoded = rig.encode(records)
        padded = {field: with_padding(e) for field, e in encoded.items()}
        _same("with more padding", rig.outputs(records, encoded), rig.outputs(records, padded))
        with torch.no_grad():
            a = float(rig.built.loss(encoded, records).total)
            b = float(rig.built.loss(padded, records).total)
        if not abs(a - b) <= 1e-3 * max(1.0, abs(a)):
            raise CheckFailed(f"with more padding the loss is {b:.5g} instead of {a:.5g}: use Encoded.mask")


@CHECKS.add()
def order_is_kept(rig: HeadRig) -> None:
    """A batch in reverse order gets its answers in reverse order."""
    records = rig.fill(TEXTS)
    _same("in reverse order", rig.outputs(records), rig.outputs(records[::-1])[::-1])


@CHECKS.add()
def prints_nothing(rig: HeadRig) -> None:
    """It writes nothing to stdout, which carries the result of a command."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assistant = rig.fresh()
        rig.outputs(rig.examples, assistant=assistant)
        rig.loss(assistant, assistant.heads[rig.head.name], rig.examples)
    if out.getvalue():
        raise CheckFailed(f"it printed {out.getvalue().strip()[:60]!r}: remove it, or print to stderr")


def _same(what: str, a: list[dict[str, object]], b: list[dict[str, object]]) -> None:
    found = differing_rows(a, b)
    if found:
        raise CheckFailed(f"{what}: {found}")
