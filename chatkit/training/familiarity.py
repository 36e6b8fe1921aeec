"""Fits the familiarity of texts: counts of the training parts, the reference on dev, and which figures are worth it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import numpy as np

from chatkit.assistant import Assistant
from chatkit.confidence.familiarity import CANDIDATES, DEFAULT, NEAREST_PAIRS, Familiarity, Reading
from chatkit.confidence.pieces import PieceCounts
from chatkit.data.records import Problems
from chatkit.errors import ChatkitError
from chatkit.head.head import Head, Record
from chatkit.metrics.calibration import auroc
from chatkit.text.normalise import normalise
from chatkit.text.views import MESSAGE
from chatkit.training.reading import Split, draw, read_records

Sources = Mapping[str, Sequence[Path]]
Text = tuple[list[int], int]  # pieces, length in bytes
WITHIN = 0.01  # AUROC: the cheapest candidate so near to the best is taken
_TRAIN_RECORDS, _TRAIN_TEXTS, _DEV_TEXTS = 4000, 6000, 400
_MOST_PIECES, _FEWEST, _COMPARED = 128, 40, 200


def fit_familiarity(
    assistant: Assistant, sources: Sources, *, seed: int, foreign: Sources = MappingProxyType({})
) -> Familiarity | None:
    """Count the pieces of the training parts and take the reference from the dev parts; None where they are too few.

    Args:
        assistant: Its tokenizer and heads.
        sources: Data sets of each head.
        seed: Seed of all draws.
        foreign: Data sets of each head that nothing was trained on; by their dev parts the figures are chosen.
    """
    train, held_out = domains_of(assistant, sources, seed)
    away = {name: texts for name, texts in _foreign(assistant, foreign, seed).items() if len(texts) >= _FEWEST}
    try:
        counts = PieceCounts.build(train, len(assistant.tokenizer), by_domain=bool(away))
        table = compare(counts, held_out, away) if away else {}
        name = cheapest({key: row["mean"] for key, row in table.items()}) if table else DEFAULT
        figures = CANDIDATES[name]
        if NEAREST_PAIRS not in figures:
            counts = counts.without_domain_pairs()
        found = Familiarity.fit(counts, held_out, figures)
    except ValueError:  # too little text to compare with
        return None
    return Familiarity(found.counts, {**found.reference, "chosen": {"name": name, "auroc": table}})


def compare(
    counts: PieceCounts, held_out: Mapping[str, Sequence[Text]], away: Mapping[str, Sequence[Text]]
) -> dict[str, dict[str, float]]:
    """AUROC of each candidate: held-out texts of all domains against each foreign set, their mean and the worst.

    Args:
        counts: Counts of the training text.
        held_out: Domain -> texts; one half gives the reference, the other is compared.
        away: Foreign set -> texts.
    """
    reference = {name: texts[::2] for name, texts in held_out.items()}
    compared = [text for texts in held_out.values() for text in texts[1::2][:_COMPARED] if len(text[0])]
    out = {}
    for candidate, figures in CANDIDATES.items():
        known = Familiarity.fit(counts, reference, figures)
        home = [known.surprise(*text) for text in compared]
        sets = {n: auroc([known.surprise(*t) for t in texts if len(t[0])], home) for n, texts in away.items()}
        row = {"mean": float(np.mean(list(sets.values()))), "worst": min(sets.values()), **sets}
        out[candidate] = {name: round(float(value), 4) for name, value in row.items()}
    return out


def cheapest(means: Mapping[str, float]) -> str:
    """The cheapest candidate within a point of the best; they come cheapest first."""
    return next(name for name, mean in means.items() if mean >= max(means.values()) - WITHIN)


def domains_of(
    assistant: Assistant, sources: Sources, seed: int
) -> tuple[dict[str, list[list[int]]], dict[str, list[Text]]]:
    """Pieces of training texts and held-out texts of each domain that has both."""
    train: dict[str, list[list[int]]] = {}
    held_out: dict[str, list[Text]] = {}
    encode, pieces = assistant.tokenizer.encode, assistant_pieces(assistant)
    for name, folders in sources.items():
        head = assistant.heads[name]
        for i, folder in enumerate(folders):
            parts = {}
            for split in ("train", "dev"):
                records = draw(records_of(type(head), folder, split), _TRAIN_RECORDS, seed=[seed, 6, i])
                parts[split] = list(dict.fromkeys(t for r in records for t in message_texts(head, r)))
            if not parts["train"] or not parts["dev"]:
                continue
            counted = draw_texts(parts["train"], _TRAIN_TEXTS, seed)
            train.setdefault(folder.name, []).extend(ids[:_MOST_PIECES] for ids in map(encode, counted))
            held_out.setdefault(folder.name, []).extend(map(pieces, draw_texts(parts["dev"], _DEV_TEXTS, seed)))
    return train, held_out


def _foreign(assistant: Assistant, foreign: Sources, seed: int) -> dict[str, list[Text]]:
    """Texts of the dev parts of foreign sets."""
    out: dict[str, list[Text]] = {}
    for name, folders in foreign.items():
        head = assistant.heads[name]
        for folder in folders:
            texts = [t for r in records_of(type(head), folder, "dev") for t in message_texts(head, r)]
            drawn = draw_texts(list(dict.fromkeys(texts)), _DEV_TEXTS, seed)
            out.setdefault(folder.name, []).extend(map(assistant_pieces(assistant), drawn))
    return out


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


def records_of(head: type[Head], folder: Path, split: Split) -> list[Record]:
    """Records of a part of a data set; none where it cannot be read."""
    try:
        return read_records(head, folder, split, Problems())
    except ChatkitError:
        return []
