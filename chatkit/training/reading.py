"""Training records of a head from its data sets: read, cleaned, drawn; what is left out is said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from chatkit.data.batching import Record
from chatkit.data.blanks import fill_blanks
from chatkit.data.clean import Cleaner, describe
from chatkit.data.discover import existing, splits
from chatkit.data.exclude import held_out_texts, without
from chatkit.data.readers import READERS
from chatkit.data.records import Problems
from chatkit.errors import ConfigError, DataError
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head
from chatkit.training.recipe import HeadConfig, Recipe

Split = Literal["train", "dev", "test"]
Say = Callable[[str], None]
Found = dict[str, dict[str, int]]
"""Name of a data set -> kind -> how often it was masked or removed."""
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
    head: type[Head], config: HeadConfig, recipe: Recipe, say: Say, *, found: Found | None = None
) -> list[Record]:
    """All training records of a head, masked and without duplicates as ``[data]`` asks; what is left out is counted.

    Args:
        head: The head.
        config: Its data sets.
        recipe: The config.
        say: Takes a line on bad rows, excluded, masked and duplicate records.
        found: Takes what was masked or removed: name of the data set -> kind -> how often, added to what is in it.
    """
    counted: Found = {}
    records: list[Record] = []
    for i, (source, rows) in enumerate(zip(config.sources, parts_of(head, config, recipe, say, counted), strict=True)):
        part = list(rows)
        drawn = draw(part, source.most, seed=[recipe.seed, 3, i])
        if config.domains != "pooled":  # so that batches can be drawn by data set
            drawn = [{**record, DOMAIN: Path(source.path).name} for record in drawn]
        records += drawn * source.repeat
    if found is not None:
        note_found(found, counted)
    if not records:
        raise DataError(f"head {head.name}: its data hold no record")
    return records


def each_once(head: type[Head], config: HeadConfig, recipe: Recipe) -> Iterator[Record]:
    """The training records of a head one by one, each once however often it is trained on; see ``training_records``.

    They are in memory one at a time, but for data sets of which some are drawn.

    Raises:
        DataError: If there is none.
    """
    none = True
    for i, (source, rows) in enumerate(zip(config.sources, parts_of(head, config, recipe, _unsaid, {}), strict=True)):
        for record in draw(list(rows), source.most, seed=[recipe.seed, 3, i]) if source.most else rows:
            none = False
            yield record
    if none:
        raise DataError(f"head {head.name}: its data hold no record")


def _unsaid(line: str) -> None:
    """What is left out was said when it was read for the training."""


def parts_of(
    head: type[Head], config: HeadConfig, recipe: Recipe, say: Say, found: Found
) -> Iterator[Iterator[Record]]:
    """The training records of each data set of a head, cleaned, one by one; each is to be taken whole before the next.

    Args:
        head: The head.
        config: Its data sets.
        recipe: The config.
        say: Takes a line on bad rows, excluded, masked and duplicate records.
        found: Takes what was masked or removed of each data set, when all were taken.
    """
    cleaner = Cleaner(recipe.data.mask, duplicates=recipe.data.duplicates == "remove")
    excluded = held_out_texts([Path(path) for path in recipe.data.exclude])
    for source in config.sources:
        problems = Problems()
        part = stream_training(head, Path(source.path), problems, recipe.data.on_error)
        if source.blanks == "fill":
            part = _filled(part, head.name, source.path, say)
        if excluded:
            part = _not_held_out(part, excluded, head.name, source.path, say)
        yield cleaner.stream(part, source.path)
        if problems.count:
            say(str(problems))
    for path, counts in cleaner.found.items():
        if what := describe(counts):
            say(f"{head.name}: {Path(path).name}: {what}")
        note_found(found, {Path(path).name: counts})


def stream_training(
    head: type[Head], path: Path, problems: Problems, on_error: Literal["skip", "stop"] = "skip"
) -> Iterator[Record]:
    """``read_records`` of train, one by one where the reader is one of the host's."""
    if getattr(head, "read", None) is not None or head.reader not in READERS:
        yield from read_records(head, path, "train", problems, on_error)
        return
    reader, kept = READERS[head.reader], 0
    if "dev" in splits(path):
        yield from reader.read(path, "train", on_error, problems)
        return
    for record in reader.read(path, "train", on_error, problems):
        if not _is_held_out(record):
            kept += 1
            yield record
    if not kept:
        yield from reader.read(path, "train", on_error, Problems())


def note_found(found: Found, more: Mapping[str, Mapping[str, int]]) -> None:
    """Add what was masked or removed, by data set and kind."""
    for name, counts in more.items():
        for kind, count in counts.items():
            row = found.setdefault(name, {})
            row[kind] = row.get(kind, 0) + count


def _not_held_out(
    records: Iterable[Record], excluded: Collection[str], head: str, path: str, say: Say
) -> Iterator[Record]:
    touched = 0
    for record in records:
        rest = without(record, excluded)
        touched += rest != [record]
        yield from rest
    if touched:
        say(f"{head}: {touched:,} records of {Path(path).name} hold texts of dev or test parts: left out")


def _filled(records: Iterable[Record], head: str, path: str, say: Say) -> Iterator[Record]:
    held = left_out = 0
    for record in records:
        filled = fill_blanks(record)
        held += filled != record
        left_out += filled is None
        if filled is not None:
            yield filled
    if held:
        say(f"{head}: {held:,} records of {Path(path).name} had blanks to fill in, {left_out:,} of them left out")


def draw(records: Sequence[Record], most: int, *, seed: int | Sequence[int]) -> list[Record]:
    """At most ``most`` records, drawn with the seed, in their order; all of them if it is 0."""
    return [records[place] for place in drawn_places(len(records), most, seed=seed).tolist()]


def drawn_places(count: int, most: int, *, seed: int | Sequence[int]) -> NDArray[np.int64]:
    """Places of at most ``most`` of so many records, drawn with the seed, in order; all of them if it is 0."""
    if not most or count <= most:
        return np.arange(count, dtype=np.int64)
    return np.sort(np.random.default_rng(seed).permutation(count)[:most])


def _is_held_out(record: Record) -> bool:
    content = repr(sorted(record.items())).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(content).digest()[:4], "big") % _HELD_OUT == 0
