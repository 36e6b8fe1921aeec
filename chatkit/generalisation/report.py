"""The shift report: how a target differs from a reference, and what that costs each head, as plain data.

N = texts
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from chatkit.assistant import Assistant
from chatkit.confidence.calibration import scale
from chatkit.confidence.conformal import Conformal, Quantiles
from chatkit.confidence.familiarity import LOW
from chatkit.confidence.record import COVERAGE, Domain, HeadConfidence
from chatkit.data.records import Problems
from chatkit.errors import ChatkitError
from chatkit.generalisation.bodies import Body, Message
from chatkit.generalisation.features import Seen, see
from chatkit.generalisation.intervals import Interval, bootstrap_difference, bootstrap_mean, plan_labels
from chatkit.generalisation.lexical import compare_words
from chatkit.generalisation.predicted import predict_accuracy
from chatkit.generalisation.two_sample import two_sample_test
from chatkit.generalisation.verdict import verdict
from chatkit.head.head import Head
from chatkit.metrics.calibration import expected_calibration_error
from chatkit.training.confidence import Judged, domain_of, probabilities
from chatkit.training.cost import figures, measure_groups
from chatkit.training.familiarity import familiarity_of
from chatkit.training.reading import draw, read_records

_NOTHING = Conformal(Quantiles((), 0))
_RECORDS = 200
_FEWEST_LABELS = 20
_BINS = 10


def shift_report(
    assistant: Assistant,
    reference: Body,
    target: Body,
    *,
    heads: Sequence[str] | None = None,
    labelled: Sequence[Body] = (),
    label: int = 0,
    seed: int = 0,
) -> dict[str, Any]:
    """Compare two bodies of text with the eyes of an assistant.

    Args:
        assistant: The assistant.
        reference: What it was trained on.
        target: What it is used on.
        heads: Only these heads; None for all that were trained.
        labelled: Further labelled bodies, from which the accuracy on the target is predicted.
        label: Name so many messages of the target to label.
        seed: Seed of all draws.
    Returns:
        Plain data, see ``docs/shift.md``.
    """
    seen = see(assistant, reference.texts), see(assistant, target.texts)
    words = compare_words(reference.texts, target.texts, seed=seed)
    test = two_sample_test(seen[0].states, seen[1].states, seed=seed)
    report: dict[str, Any] = {
        "model": {"name": assistant.name, "lineage": assistant.lineage},
        "reference": _described(reference),
        "target": _described(target),
        "words": dataclasses.asdict(words),
        "pieces": {side: _pieces(s) for side, s in zip(("reference", "target"), seen, strict=True)},
        "language_model": _language_model(reference, target, seen, seed),
        "familiarity": _familiarity(assistant, reference, target),
        "two_sample": None if test is None else dataclasses.asdict(test),
        "heads": {},
    }
    names = [n for n in sorted(assistant.heads) if assistant.setups[n].trained and (heads is None or n in heads)]
    for name in names:
        found = _head(assistant, assistant.heads[name], reference, target, labelled, label, seed)
        if found is not None:
            report["heads"][name] = found
    report["verdict"] = verdict(report)
    return report


def _described(body: Body) -> dict[str, Any]:
    return {
        "name": body.name,
        "messages": len(body.messages),
        "total": body.total,
        "labelled": len(body.labelled),
        "read": body.read,
    }


def _pieces(seen: Seen) -> dict[str, float]:
    return {"rare": seen.rare, "fallback": seen.fallback, "pieces_per_word": seen.pieces_per_word}


def _documents(messages: Sequence[Message]) -> list[str]:
    return [message.document or str(i) for i, message in enumerate(messages)]


def _language_model(reference: Body, target: Body, seen: tuple[Seen, Seen], seed: int) -> dict[str, Any]:
    rates = [(s.bits / s.sizes).tolist() for s in seen]
    gap = bootstrap_difference(
        rates[1], _documents(target.messages), rates[0], _documents(reference.messages), seed=seed
    )
    return {
        "reference": seen[0].bits_per_byte,
        "target": seen[1].bits_per_byte,
        "gap_per_message": dataclasses.asdict(gap),
    }


def _familiarity(assistant: Assistant, reference: Body, target: Body) -> dict[str, Any] | None:
    if assistant.confidence.familiarity is None:
        return None
    out: dict[str, Any] = {}
    for side, body in (("reference", reference), ("target", target)):
        readings = [r for r in (familiarity_of(assistant, text) for text in body.texts) if r is not None]
        values = np.array([r.value for r in readings])
        counts, _ = np.histogram(values, bins=_BINS, range=(0, 1))
        reasons = Counter(reason.split("%")[-1].strip() for r in readings for reason in r.reasons)
        out[side] = {
            "mean": float(values.mean()) if len(values) else 0.0,
            "unfamiliar": float((values < LOW).mean()) if len(values) else 0.0,
            "histogram": (counts / max(len(values), 1)).tolist(),
            "nearest": [[name, n / len(readings)] for name, n in Counter(r.nearest for r in readings).most_common(3)],
            "reasons": [[reason, n / len(readings)] for reason, n in reasons.most_common(3)],
        }
    return out


def _head(
    assistant: Assistant,
    head: Head,
    reference: Body,
    target: Body,
    labelled: Sequence[Body],
    label: int,
    seed: int,
) -> dict[str, Any] | None:
    """What the target costs one head; None where nothing can be said."""
    try:
        said = _said(assistant, head, target)
        if said is None:
            return _by_reader(assistant, head, reference, target)
        fitted = assistant.confidence.heads.get(head.name) or HeadConfidence(1.0, _NOTHING, 0.0)
        sides = {"reference": _said(assistant, head, reference), "target": said}
        out: dict[str, Any] = {"confidence": {}, "true": {}}
        measured: dict[str, tuple[list[float], list[str]]] = {}
        for side, found in sides.items():
            if found is None:
                continue
            shares = scale(found.probabilities, fitted.temperature)
            out["confidence"][side] = float(shares.max(1).mean())
            truth = _truth(fitted, found, shares, head, seed)
            if truth is not None:
                out["true"][side], measured[side] = truth
        if len(measured) == 2:
            gap = bootstrap_difference(*measured["target"], *measured["reference"], seed=seed)
            out["gap"] = dataclasses.asdict(gap)
        sure = scale(said.probabilities, fitted.temperature).max(1)
        more = [_domain(assistant, head, body) for body in labelled]
        predicted = predict_accuracy(fitted, sure.tolist(), [d for d in more if d is not None])
        out["predicted"] = [dataclasses.asdict(p) for p in predicted]
        out["remarks"] = _remarks(head.name, said.labels, target, labelled)
        if label:
            plan = plan_labels(sure.tolist(), label, seed=seed)
            out["to_label"] = [target.messages[i].text for i in plan.chosen]
            out["labels"] = list(said.labels)
        return out
    except ChatkitError as error:
        return {"error": str(error)}


def _remarks(name: str, labels: Sequence[str], target: Body, labelled: Sequence[Body]) -> list[str]:
    """Sentences on labels that could not be used."""
    out = []
    for body in (target, *labelled):
        strange = [message.label for message in body.labelled if message.label not in labels]
        if strange:
            kinds = ", ".join(sorted({str(label) for label in strange})[:3])
            out.append(f"{len(strange)} of the labels in {body.name} are none that {name} gives ({kinds}): left out.")
    out += [f"{body.name} holds no labels: nothing is predicted from it." for body in labelled if not body.labelled]
    known = sum(message.label in labels for message in target.labelled)
    if 0 < known < _FEWEST_LABELS:
        out.append(f"{known} labelled messages are too few to measure {name} on: it takes {_FEWEST_LABELS}.")
    return out


@dataclasses.dataclass(frozen=True)
class _Said(Judged):
    """What a head said of every message of a body; ``gold`` is -1 where there is no label that it knows."""

    documents: tuple[str, ...] = ()


def _said(assistant: Assistant, head: Head, body: Body) -> _Said | None:
    records = [{head.fields[0]: message.text} for message in body.messages]
    found = probabilities(assistant, head, records)
    if found is None:
        return None
    labels, shares = found
    gold = np.array([labels.index(m.label) if m.label in labels else -1 for m in body.messages], dtype=np.int64)
    return _Said(labels, shares, gold, tuple(body.texts), tuple(_documents(body.messages)))


def _truth(
    fitted: HeadConfidence, found: _Said, shares: Any, head: Head, seed: int
) -> tuple[dict[str, Any], tuple[list[float], list[str]]] | None:
    """Accuracy, calibration and coverage on the labelled messages."""
    known = np.flatnonzero(found.gold >= 0)
    if len(known) < _FEWEST_LABELS:
        return None
    right = (shares[known].argmax(1) == found.gold[known]).astype(float)
    documents = [found.documents[i] for i in known]
    accuracy = bootstrap_mean(right.tolist(), documents, seed=seed)
    half = shares[known].max(1) >= np.median(shares[known].max(1))
    out: dict[str, Any] = {
        "examples": len(known),
        "accuracy": dataclasses.asdict(accuracy),
        "ece": expected_calibration_error(shares[known].max(1), right),
        "accuracy_of_surer_half": float(right[half].mean()),
    }
    if fitted.conformal.pooled.grid:
        rows = [dict(zip(found.labels, shares[i].tolist(), strict=True)) for i in known]
        hits = [
            found.labels[found.gold[i]] in fitted.conformal.labels(r, COVERAGE)
            for i, r in zip(known, rows, strict=True)
        ]
        out["coverage"] = float(np.mean(hits))
    return out, (right.tolist(), documents)


def _domain(assistant: Assistant, head: Head, body: Body) -> Domain | None:
    records = [{head.fields[0]: m.text, head.label_field: m.label} for m in body.labelled]
    return domain_of(assistant, head, body.name, records)


def _by_reader(assistant: Assistant, head: Head, reference: Body, target: Body) -> dict[str, Any] | None:
    """Metrics of a head that gives no bars, on records that its own reader finds in both; None where it finds none."""
    sides = {}
    for side, body in (("reference", reference), ("target", target)):
        records = [] if body.path is None else _records(head, body)
        if not records:
            return None
        found = figures(head, measure_groups(assistant, head, records))
        sides[side] = {name: {"value": f.value, "spread": f.spread, "better": f.better} for name, f in found.items()}
        sides[side]["examples"] = {"value": len(records), "spread": None, "better": "higher"}
    return {"metrics": sides}


def _records(head: Head, body: Body) -> list[Any]:
    parts: tuple[Literal["dev", "test"], ...] = ("dev", "test")
    for part in parts:
        try:
            assert body.path is not None
            return draw(read_records(type(head), body.path, part, Problems()), _RECORDS, seed=0)
        except (ChatkitError, OSError):
            continue
    return []


def label_estimate(
    report: dict[str, Any], name: str, target: Body, assistant: Assistant, given: Sequence[str]
) -> Interval:
    """Accuracy of a head over the whole target from the labels that were given, in the order they were asked for."""
    head = assistant.heads[name]
    said = _said(assistant, head, target)
    fitted = assistant.confidence.heads.get(name) or HeadConfidence(1.0, _NOTHING, 0.0)
    assert said is not None
    shares = scale(said.probabilities, fitted.temperature)
    plan = plan_labels(shares.max(1).tolist(), len(report["heads"][name]["to_label"]))
    picked = plan.chosen[: len(given)]
    right = [said.labels[int(shares[i].argmax())] == answer for i, answer in zip(picked, given, strict=True)]
    return plan.estimate(right)
