"""From a recipe to records and ids: read the data once, train or take the tokenizer, frame every text."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np

from chatkit.data.batching import Batches, Record, Streams, Vary, record_ids
from chatkit.data.blanks import fill_blanks
from chatkit.data.clean import Cleaner, describe
from chatkit.data.discover import existing, splits
from chatkit.data.domains import DomainBatches
from chatkit.data.exclude import held_out_texts, without
from chatkit.data.poisson import PoissonBatches
from chatkit.data.readers import READERS
from chatkit.data.records import Problems, record_texts
from chatkit.errors import ConfigError, DataError
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head
from chatkit.text.augment import varied
from chatkit.text.tokenizer import Tokenizer
from chatkit.text.views import CONVERSATION, frame
from chatkit.training.recipe import HeadConfig, Recipe

Split = Literal["train", "dev", "test"]
Say = Callable[[str], None]
DOMAIN = "source"  # key of a record that names its data set
_HELD_OUT = 20  # one record in so many is dev where a data set has no dev part of its own


def read_records(
    head: type[Head], path: Path, split: Split, problems: Problems, on_error: Literal["skip", "stop"] = "skip"
) -> list[Record]:
    """Records of one part of a data set, by the reader that the head asks for.

    Where a data set has no dev part, every twentieth record of train is held out as dev, by a hash of its content.

    Raises:
        DataError: If the data cannot be read.
        ConfigError: If the head asks for a reader that does not exist.
    """
    if getattr(head, "read", None) is not None:
        if split == "test" or (dev := _read_own(head, path, "dev")):
            return dev if split == "dev" else _read_own(head, path, split)
        records = _read_own(head, path, "train")
    else:
        if head.reader not in READERS:
            raise ConfigError(f"head {head.name} asks for reader {head.reader!r}", hint=f"known: {', '.join(READERS)}")
        reader = READERS[head.reader]
        if split == "test" or "dev" in splits(path):
            return list(reader.read(path, split, on_error, problems))
        records = list(reader.read(path, "train", on_error, problems))
    held_out = [_is_held_out(record) for record in records]
    if split == "dev":
        return [r for r, out in zip(records, held_out, strict=True) if out] or records[-1:]
    return [r for r, out in zip(records, held_out, strict=True) if not out] or records


def _read_own(head: type[Head], path: Path, split: Split) -> list[Record]:
    """Records by the head's own ``read``; a dev part that is not there is empty."""
    with guard(head.name, source_file(head), stage="read", asked=head):
        try:
            records = list(head.read(existing(path), split))  # type: ignore[attr-defined]  # where it is defined
        except FileNotFoundError as error:
            if split == "dev":
                return []
            raise DataError(f"head {head.name}: no such file or folder: {error.filename}") from error
        for record in records:
            if not isinstance(record, Mapping):
                raise TypeError(f"read must yield records, that is dicts, got {type(record).__name__}")
    return records


def training_records(
    head: type[Head], config: HeadConfig, recipe: Recipe, say: Say, *, found: dict[str, dict[str, int]] | None = None
) -> list[Record]:
    """All training records of a head, masked and without duplicates as ``[data]`` asks; what is left out is counted.

    Args:
        head: The head.
        config: Its data sets.
        recipe: The config.
        say: Takes a line on bad rows, excluded, masked and duplicate records.
        found: Takes what was masked or removed: name of the data set -> kind -> how often, added to what is in it.
    """
    records: list[Record] = []
    cleaner = Cleaner(recipe.data.mask, duplicates=recipe.data.duplicates == "remove")
    excluded = held_out_texts([Path(path) for path in recipe.data.exclude])
    for i, source in enumerate(config.sources):
        problems = Problems()
        part = read_records(head, Path(source.path), "train", problems, recipe.data.on_error)
        if source.blanks == "fill":
            part = _filled(part, head.name, source.path, say)
        if excluded:
            left = [without(record, excluded) for record in part]
            touched = sum(rest != [record] for rest, record in zip(left, part, strict=True))
            if touched:
                where = Path(source.path).name
                say(f"{head.name}: {touched:,} records of {where} hold texts of dev or test parts: left out")
            part = [record for rest in left for record in rest]
        part = cleaner.clean(part, source.path)
        drawn = draw(part, source.most, seed=[recipe.seed, 3, i])
        if config.domains != "pooled":  # so that batches can be drawn by data set
            drawn = [{**record, DOMAIN: Path(source.path).name} for record in drawn]
        records += drawn * source.repeat
        if problems.count:
            say(str(problems))
    for path, counts in cleaner.found.items():
        if what := describe(counts):
            say(f"{head.name}: {Path(path).name}: {what}")
        if found is not None:
            for kind, count in counts.items():
                row = found.setdefault(Path(path).name, {})
                row[kind] = row.get(kind, 0) + count
    if not records:
        raise DataError(f"head {head.name}: its data hold no record")
    return records


def _filled(records: Sequence[Record], head: str, path: str, say: Say) -> list[Record]:
    filled = [fill_blanks(record) for record in records]
    held = sum(new != old for new, old in zip(filled, records, strict=True))
    left_out = filled.count(None)
    if held:
        say(f"{head}: {held:,} records of {Path(path).name} had blanks to fill in, {left_out:,} of them left out")
    return [record for record in filled if record is not None]


def draw(records: Sequence[Record], most: int, *, seed: int | Sequence[int]) -> list[Record]:
    """At most ``most`` records, drawn with the seed, in their order; all of them if it is 0."""
    if not most or len(records) <= most:
        return list(records)
    keep = np.random.default_rng(seed).permutation(len(records))[:most]
    return [records[i] for i in sorted(keep.tolist())]


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
) -> Batches | Streams | DomainBatches | PoissonBatches:
    """The endless batches of a head's training data.

    Args:
        head: The head.
        config: Its table of the config.
        records: Its training records.
        tokenizer: Makes their ids.
        seed: Of the order.
        private: For training with differential privacy: records are drawn each by itself.

    Raises:
        ConfigError: If running conversations are to be varied or drawn by data set.
    """
    view_of = viewer(head)
    if is_conversation(head):
        if config.augment.on or config.domains != "pooled":
            key = "augment" if config.augment.on else "domains"
            raise ConfigError(f"heads.{head.name}.{key}: running conversations are not varied or drawn by data set")
        field = head.fields[0]
        sequences = [record_ids(tokenizer, r, field, CONVERSATION, config.max_pieces) for r in records]
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
        fields = _fields(head, config, part, tokenizer)
        return Batches(part, fields, batch_size=config.batch, pad_id=tokenizer.pad, seed=seed, vary=vary)

    if config.domains == "pooled":
        return batches(records, seed)
    parts: dict[str, list[Record]] = {}
    for record in records:
        parts.setdefault(str(record.get(DOMAIN, "")), []).append(record)
    made = {name: batches(part, seed + 1000 * i) for i, (name, part) in enumerate(parts.items())}
    return DomainBatches(made, config.domains, seed)


def _fields(
    head: type[Head], config: HeadConfig, records: Sequence[Record], tokenizer: Tokenizer
) -> dict[str, list[list[int]]]:
    """Ids of each field of each record."""
    view_of = viewer(head)
    return {
        field: [record_ids(tokenizer, r, field, view_of(field, r), config.max_pieces) for r in records]
        for field in head.fields
    }


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
        for record in part:
            digest.update(repr(sorted(record.items())).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:16]


def _is_held_out(record: Record) -> bool:
    content = repr(sorted(record.items())).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(content).digest()[:4], "big") % _HELD_OUT == 0
