"""From a recipe to records and ids: read the data once, train or take the tokenizer, frame every text."""

from __future__ import annotations

import functools
import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from chatkit.data.batching import Batches, Record, Streams, Vary, record_ids
from chatkit.data.domains import DomainBatches
from chatkit.data.poisson import PoissonBatches
from chatkit.data.records import record_texts
from chatkit.data.stored import StoredRecords
from chatkit.errors import ConfigError
from chatkit.head.head import Head
from chatkit.text.augment import varied
from chatkit.text.tokenizer import Tokenizer
from chatkit.text.views import CONVERSATION, frame
from chatkit.training.reading import DOMAIN
from chatkit.training.recipe import HeadConfig, Recipe

Keep = Callable[[str, Callable[[Record], Sequence[int]]], Sequence[Sequence[int]]]
"""From a field and what makes its ids to the ids of all records."""


def make_tokenizer(recipe: Recipe, records: Mapping[str, Sequence[Record]]) -> Tokenizer:
    """Take the tokenizer that the recipe names or begins with, or that of its sweep; else train one on all records."""
    if recipe.init:
        return Tokenizer.load(Path(recipe.init) / "tokenizer.model")
    if recipe.tokenizer.path:
        return Tokenizer.load(Path(recipe.tokenizer.path))
    swept = Path(recipe.objectives.sweep or "") / "tokenizer.model"
    if recipe.objectives.sweep and swept.is_file():  # losses per piece can be compared then
        return Tokenizer.load(swept)
    texts = itertools.chain.from_iterable(record_texts(r) for part in records.values() for r in part)
    config = recipe.tokenizer
    return Tokenizer.train(
        texts, vocab_size=config.vocab_size, sample=config.sample, seed=recipe.seed, kind=config.kind
    )


def make_batches(
    head: type[Head],
    config: HeadConfig,
    records: Sequence[Record],
    tokenizer: Tokenizer,
    seed: int,
    *,
    private: bool = False,
    keep: Keep | None = None,
) -> Batches | Streams | DomainBatches | PoissonBatches:
    """The endless batches of a head's training data.

    Args:
        head: The head.
        config: Its table of the config.
        records: Its training records.
        tokenizer: Makes their ids.
        seed: Of the order.
        private: For training with differential privacy: records are drawn each by itself.
        keep: Makes the ids of a field elsewhere than in memory.

    Raises:
        ConfigError: If running conversations are to be varied or drawn by data set.
    """
    view_of = viewer(head)
    if is_conversation(head):
        if config.augment.on or config.domains != "pooled":
            key = "augment" if config.augment.on else "domains"
            raise ConfigError(f"heads.{head.name}.{key}: running conversations are not varied or drawn by data set")
        field = head.fields[0]
        ids_of = functools.partial(_conversation_ids, tokenizer, field, config.max_pieces)
        sequences = [ids_of(record) for record in records] if keep is None else keep(field, ids_of)
        if private:
            known = [(r, ids) for r, ids in zip(records, sequences, strict=True) if len(ids) > 1]
            rows = {field: [ids for _, ids in known]}
            size, window = config.batch, config.window
            return PoissonBatches([r for r, _ in known], rows, batch_size=size, pad_id=tokenizer.pad, window=window)
        return Streams(
            sequences,
            field=field,
            batch_size=config.batch,
            window=config.window,
            reset=config.reset,
            pad_id=tokenizer.pad,
            seed=seed,
        )
    if private:
        return PoissonBatches(
            records, _fields(head, config, records, tokenizer), batch_size=config.batch, pad_id=tokenizer.pad
        )
    vary = _vary(config, tokenizer, view_of) if config.augment.on else None

    def batches(part: Sequence[Record], seed: int) -> Batches:
        fields = _fields(head, config, part, tokenizer, keep)
        return Batches(part, fields, batch_size=config.batch, pad_id=tokenizer.pad, seed=seed, vary=vary)

    if config.domains == "pooled":
        return batches(records, seed)
    parts: dict[str, list[Record]] = {}
    for record in records:
        parts.setdefault(str(record.get(DOMAIN, "")), []).append(record)
    made = {name: batches(part, seed + 1000 * i) for i, (name, part) in enumerate(parts.items())}
    return DomainBatches(made, config.domains, seed)


def _fields(
    head: type[Head], config: HeadConfig, records: Sequence[Record], tokenizer: Tokenizer, keep: Keep | None = None
) -> dict[str, Sequence[Sequence[int]]]:
    """Ids of each field of each record."""
    view_of, fields = viewer(head), {}
    for field in head.fields:

        def ids_of(record: Record, field: str = field) -> Sequence[int]:
            return record_ids(tokenizer, record, field, view_of(field, record), config.max_pieces)

        fields[field] = [ids_of(record) for record in records] if keep is None else keep(field, ids_of)
    return fields


def _conversation_ids(tokenizer: Tokenizer, field: str, limit: int, record: Record) -> Sequence[int]:
    return record_ids(tokenizer, record, field, CONVERSATION, limit)


def _vary(config: HeadConfig, tokenizer: Tokenizer, view_of: Callable[[str, Record], str]) -> Vary:
    """Ids of a text that was varied, or of the text as it is; the draws depend on the generator alone."""
    augment = config.augment

    def vary(record: Record, field: str, rng: np.random.Generator) -> Sequence[int]:
        text, view = record[field], view_of(field, record)
        if rng.random() >= augment.share:
            return record_ids(tokenizer, record, field, view, config.max_pieces)
        text = varied(text, augment, rng)
        if not augment.subword:
            return record_ids(tokenizer, {field: text}, field, view, config.max_pieces)
        pieces = tokenizer.sample(text, alpha=augment.subword, seed=int(rng.integers(2**31)))
        return frame(tokenizer, view, pieces, config.max_pieces)

    return vary


def is_conversation(head: type[Head]) -> bool:
    """Whether a head's texts are running conversations."""
    return head.view == CONVERSATION


def viewer(head: type[Head]) -> Callable[[str, Record], str]:
    """``view_of`` of a head class, before there is a built head."""
    blank = head.__new__(head)
    return lambda field, record: head.view_of(blank, field, record)


def fingerprint(records: Mapping[str, Sequence[Record]]) -> str:
    """Short hash of all training records: tells on resuming whether the data are the same."""
    digest = hashlib.sha256()
    for name, part in records.items():
        digest.update(f"{name}:{len(part)}".encode())
        if isinstance(part, StoredRecords):
            digest.update(part.key.encode())
            continue
        for record in part:
            digest.update(repr(sorted(record.items())).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]
