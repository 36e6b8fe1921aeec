"""Fits on dev how far the answers of an assistant can be trusted: familiarity, temperatures, label sets, thresholds.

N = examples, C = classes
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray

from chatkit.assistant import Assistant
from chatkit.confidence.calibration import fit_temperature, scale
from chatkit.confidence.conformal import Conformal, scores
from chatkit.confidence.familiarity import LOW, Reading
from chatkit.confidence.record import Domain, HeadConfidence
from chatkit.data.batching import in_order, record_ids
from chatkit.errors import ChatkitError
from chatkit.head.answer import Bars
from chatkit.head.encode import encode_padded
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head, Record
from chatkit.metrics.calibration import expected_calibration_error
from chatkit.training.familiarity import Sources, familiarity_of, fit_familiarity, records_of
from chatkit.training.reading import draw

_DEV_RECORDS = 4000
_FEWEST, _MOST_PIECES, _BUDGET, _DOMAIN_RECORDS = 40, 128, 8192, 1000
_EDGES = (LOW, 0.75)  # of familiarity, for label sets of their own
_ABSTAIN = 0.1  # share of held-out training texts on which a head says "not sure"


@dataclasses.dataclass(frozen=True)
class Judged:
    """What a head that gives probabilities said of labelled records.

    Args:
        labels: Its classes.
        probabilities: (N, C), as the head gave them.
        gold: (N,) class of each record; records with a label that it does not know are left out.
        texts: Their texts.
    """

    labels: tuple[str, ...]
    probabilities: NDArray[np.float64]
    gold: NDArray[np.int64]
    texts: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.gold)


def fit_confidence(
    assistant: Assistant,
    sources: Sources,
    *,
    seed: int,
    say: Callable[[str], None],
    others: Sources = MappingProxyType({}),
    guessed: Sources = MappingProxyType({}),
    heads_only: bool = False,
) -> None:
    """Fit all of it; kept in ``assistant.confidence`` and summed up in its report.

    Args:
        assistant: Its confidence and report are changed.
        sources: Data sets of each head; those that cannot be read are passed over.
        seed: Seed of all draws.
        say: Told what is done.
        others: Labelled data sets of each head that it was not trained on; their dev parts teach how accuracy falls
            with confidence (``chatkit shift``) and which figures of familiarity are worth their cost, and nothing else.
        guessed: Those of ``sources`` whose labels are no gold, for each head: they count for familiarity alone.
        heads_only: Keep the familiarity that is there: it is of the encoder and of the data of all heads.
    """
    assistant.eval()
    say(f"fitting {'' if heads_only else 'familiarity and '}calibration on dev")
    familiarity = assistant.confidence.familiarity
    if not heads_only:
        familiarity = fit_familiarity(assistant, sources, seed=seed, foreign=others)
        assistant.confidence.familiarity = familiarity
    for name, every in sources.items():
        head, folders = assistant.heads[name], [path for path in every if path not in guessed.get(name, ())]
        records = [r for folder in folders for r in records_of(type(head), folder, "dev")]
        calibrated = fit_head(assistant, head, draw(records, _DEV_RECORDS, seed=[seed, 5]), seed=seed)
        if calibrated is None:
            continue
        assistant.confidence.heads[name] = calibrated
        parts = [(folder, records_of(type(head), folder, "dev")) for folder in (*folders, *others.get(name, ()))]
        found = [domain_of(assistant, head, f.name, draw(r, _DOMAIN_RECORDS, seed=[seed, 9])) for f, r in parts]
        own = {folder.name for folder in folders}
        domains = tuple(dataclasses.replace(d, trained=d.name in own) for d in found if d is not None)
        assistant.confidence.heads[name] = dataclasses.replace(calibrated, domains=domains)
    assistant.report["confidence"] = {
        "heads": {
            name: {"temperature": round(c.temperature, 4), "threshold": round(c.threshold, 4), **c.figures}
            for name, c in assistant.confidence.heads.items()
        },
        "familiarity": None
        if familiarity is None
        else {
            "domains": list(familiarity.counts.names),
            "windows": {size: limit["above"] for size, limit in familiarity.reference["windows"].items()},
            "chosen": familiarity.reference["chosen"],
        },
    }


def fit_head(assistant: Assistant, head: Head, records: Sequence[Record], *, seed: int) -> HeadConfidence | None:
    """Temperature on one half of labelled records, label sets and figures on the other; None where there are too few.

    Args:
        assistant: Its encoder and familiarity.
        head: The head.
        records: Dev records.
        seed: Seed of the halving.
    """
    try:
        judged = judge(assistant, head, records)
    except ChatkitError:  # a head that cannot answer its own records is not calibrated
        return None
    if judged is None or len(judged) < _FEWEST:
        return None
    order = np.random.default_rng([seed, 7]).permutation(len(judged))
    first, second = order[: len(order) // 2], order[len(order) // 2 :]
    temperature = fit_temperature(judged.probabilities[first], judged.gold[first])
    raw, gold = judged.probabilities[second], judged.gold[second]
    shares = scale(raw, temperature)
    familiar = [_value(familiarity_of(assistant, judged.texts[i])) for i in second]
    right = shares.argmax(1) == gold
    return HeadConfidence(
        round(temperature, 6),
        Conformal.fit(scores(shares, gold), familiar, _EDGES),
        round(float(np.quantile(shares.max(1), _ABSTAIN)), 6),
        {
            "examples": float(len(second)),
            "ece_before": round(expected_calibration_error(raw.max(1), right), 6),
            "ece": round(expected_calibration_error(shares.max(1), right), 6),
            "accuracy": round(float(right.mean()), 6),
            "confidence": round(float(shares.max(1).mean()), 6),
            "atc": round(float(np.quantile(shares.max(1), 1 - right.mean())), 6),
        },
    )


def judge(assistant: Assistant, head: Head, records: Sequence[Record]) -> Judged | None:
    """Probabilities that a head gives for labelled records; None for a head whose answers are no bars.

    Raises:
        HeadError: If the head fails.
    """
    labelled = [r for r in records if isinstance(r.get(head.label_field), str)]
    said = probabilities(assistant, head, labelled)
    if said is None:
        return None
    labels, shares = said
    kept = [i for i, r in enumerate(labelled) if r[head.label_field] in labels]
    gold = np.array([labels.index(labelled[i][head.label_field]) for i in kept], dtype=np.int64)
    return Judged(labels, shares[kept], gold, tuple(str(labelled[i][head.fields[0]]) for i in kept))


def probabilities(
    assistant: Assistant, head: Head, records: Sequence[Record]
) -> tuple[tuple[str, ...], NDArray[np.float64]] | None:
    """Labels and (N, C) probabilities of a head as it gives them; None for a head whose answers are no bars.

    Raises:
        HeadError: If the head fails.
    """
    if not records or head.streams() or len(head.fields) != 1:
        return None
    field, tokenizer = head.fields[0], assistant.tokenizer
    rows = [record_ids(tokenizer, r, field, head.view_of(field, r), _MOST_PIECES) for r in records]
    found: dict[int, Bars] = {}
    with torch.inference_mode(), guard(head.name, source_file(type(head)), stage="answer"):
        for index, batch in in_order(records, {field: rows}, budget=_BUDGET, pad_id=tokenizer.pad):
            encoded = {field: encode_padded(assistant.backbone.encoder, batch.fields[field])}
            for i, answer in zip(index, head.answer(encoded, batch.records), strict=True):
                if isinstance(answer.blocks[0], Bars):
                    found[i] = answer.blocks[0]
    if len(found) < len(records):
        return None
    labels = tuple(found[0].probabilities)
    shares = [[found[i].probabilities.get(name, 0.0) for name in labels] for i in range(len(records))]
    return labels, np.array(shares, dtype=np.float64).reshape(-1, len(labels))


def domain_of(assistant: Assistant, head: Head, name: str, records: Sequence[Record]) -> Domain | None:
    """What a labelled domain tells about a calibrated head; None where it is too small or the head gives no bars."""
    fitted = assistant.confidence.heads.get(head.name)
    try:
        judged = judge(assistant, head, records) if fitted is not None else None
    except ChatkitError:
        return None
    if fitted is None or judged is None or len(judged) < _FEWEST:
        return None
    shares = scale(judged.probabilities, fitted.temperature)
    right = shares.argmax(1) == judged.gold
    return Domain(name, len(judged), round(float(right.mean()), 6), round(float(shares.max(1).mean()), 6))


def _value(reading: Reading | None) -> float | None:
    return None if reading is None else reading.value
