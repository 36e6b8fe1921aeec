"""Fits on dev how far the answers of an assistant can be trusted: familiarity, temperatures, label sets, thresholds.

N = examples, C = classes
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray

from chatkit.assistant import Assistant
from chatkit.confidence.calibration import fit_temperature, scale
from chatkit.confidence.conformal import Conformal, scores
from chatkit.confidence.familiarity import LOW, Familiarity, Reading
from chatkit.confidence.pieces import PieceCounts
from chatkit.confidence.record import Domain, HeadConfidence
from chatkit.data.batching import in_order, record_ids
from chatkit.data.records import Problems
from chatkit.errors import ChatkitError
from chatkit.head.answer import Bars
from chatkit.head.encode import encode_padded
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head, Record
from chatkit.metrics.calibration import expected_calibration_error
from chatkit.text.normalise import normalise
from chatkit.text.views import MESSAGE
from chatkit.training.reading import Split, draw, read_records

Sources = Mapping[str, Sequence[Path]]
_TRAIN_RECORDS, _TRAIN_TEXTS, _DEV_TEXTS, _DEV_RECORDS = 4000, 6000, 400, 4000
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
) -> None:
    """Fit all of it; kept in ``assistant.confidence`` and summed up in its report.

    Args:
        assistant: Its confidence and report are changed.
        sources: Data sets of each head; those that cannot be read are passed over.
        seed: Seed of all draws.
        say: Told what is done.
        others: Labelled data sets of each head that it was not trained on; their dev parts teach how accuracy falls
            with confidence (``chatkit shift``), and nothing else.
    """
    assistant.eval()
    say("fitting familiarity and calibration on dev")
    familiarity = fit_familiarity(assistant, sources, seed=seed)
    assistant.confidence.familiarity = familiarity
    for name, folders in sources.items():
        head = assistant.heads[name]
        records = [r for folder in folders for r in _read(type(head), folder, "dev")]
        calibrated = fit_head(assistant, head, draw(records, _DEV_RECORDS, seed=[seed, 5]), seed=seed)
        if calibrated is None:
            continue
        assistant.confidence.heads[name] = calibrated
        parts = [(folder, _read(type(head), folder, "dev")) for folder in (*folders, *others.get(name, ()))]
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
        else {"domains": list(familiarity.counts.names), "windows": familiarity.reference["windows"]},
    }


def fit_familiarity(assistant: Assistant, sources: Sources, *, seed: int) -> Familiarity | None:
    """Count the pieces of the training parts and take the reference from the dev parts; None where they are too few."""
    train: dict[str, list[list[int]]] = {}
    held_out: dict[str, list[tuple[list[int], int]]] = {}
    encode = assistant.tokenizer.encode
    for name, folders in sources.items():
        head = assistant.heads[name]
        for i, folder in enumerate(folders):
            parts = {}
            for split, most in (("train", _TRAIN_RECORDS), ("dev", _TRAIN_RECORDS)):
                records = draw(_read(type(head), folder, split), most, seed=[seed, 6, i])  # type: ignore[arg-type]
                parts[split] = list(dict.fromkeys(t for r in records for t in message_texts(head, r)))
            if not parts["train"] or not parts["dev"]:
                continue
            counted = draw_texts(parts["train"], _TRAIN_TEXTS, seed)
            train.setdefault(folder.name, []).extend(ids[:_MOST_PIECES] for ids in map(encode, counted))
            dev = draw_texts(parts["dev"], _DEV_TEXTS, seed)
            held_out.setdefault(folder.name, []).extend(map(assistant_pieces(assistant), dev))
    try:
        return Familiarity.fit(PieceCounts.build(train, len(assistant.tokenizer)), held_out)
    except ValueError:  # too little text to compare with
        return None


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


def message_texts(head: Head, record: Record) -> list[str]:
    """Texts of a record that a user might send: its turns, or its fields in the view of messages."""
    if "turns" in record:
        texts = [turn["text"] for turn in record["turns"]]
    else:
        views = {field: head.view_of(field, record) for field in head.fields if isinstance(record.get(field), str)}
        texts = [record[f] for f, view in views.items() if view in (MESSAGE, head.view) or view.startswith("to:")]
    return [text for text in texts if text.strip()]


def familiarity_of(assistant: Assistant, text: str) -> Reading | None:
    """Familiarity of a text; None where the assistant has none fitted."""
    known = assistant.confidence.familiarity
    return None if known is None else known.read(*assistant_pieces(assistant)(text))


def assistant_pieces(assistant: Assistant) -> Callable[[str], tuple[list[int], int]]:
    """From a text to its pieces and its length in bytes, cut to what counts."""

    def pieces(text: str) -> tuple[list[int], int]:
        short = normalise(text[:4000])
        return assistant.tokenizer.encode(short), len(short.encode("utf-8"))

    return pieces


def draw_texts(texts: Sequence[str], most: int, seed: int) -> list[str]:
    """At most ``most`` texts, drawn with the seed."""
    keep = np.random.default_rng([seed, 8]).permutation(len(texts))[:most]
    return [texts[i] for i in sorted(keep.tolist())]


def _value(reading: Reading | None) -> float | None:
    return None if reading is None else reading.value


def _read(head: type[Head], folder: Path, split: Split) -> list[Record]:
    try:
        return read_records(head, folder, split, Problems())
    except ChatkitError:
        return []
