"""Training data larger than memory: prepared once in the run's folder, then read through memory maps.

``[data] mapped = true`` asks for it. Every row is read, masked, compared and written one by one; what grows with the
data in memory is 8 bytes a row for the order, and about 100 for finding duplicates (``data.duplicates = "remove"``).

RUN/data/HEAD-KEY/records       the records; KEY names files and settings that they come from
RUN/data/HEAD-KEY/FIELD-KEY     ids of a field of each; KEY names the tokenizer and how texts are framed
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from chatkit.checkpoint import check_replaceable
from chatkit.config import to_table
from chatkit.data.history import SUFFIX as HISTORY_SUFFIX
from chatkit.data.ragged import Ragged
from chatkit.data.stored import StoredPieces, StoredRecords
from chatkit.errors import ConfigError, HeadError
from chatkit.head.guard import source_file
from chatkit.head.head import Head, Record
from chatkit.model_files import RUN_FOLDER
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.prepare import Keep
from chatkit.training.reading import Found, Say, drawn_places, note_found, parts_of
from chatkit.training.recipe import HeadConfig, Recipe

_FORMAT = 1  # raised when what is done to records or pieces changes


class MappedData:
    """The data of one run.

    Args:
        folder: Where they are kept.
        recipe: The config.
    Raises:
        ConfigError: If the config asks for what needs all records in memory.
    """

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self._folder, self._recipe = folder, recipe
        if recipe.train.dp is not None:
            raise ConfigError("data.mapped and train.dp do not go together", hint="leave one of them out")
        for name, config in recipe.heads.items():
            if config.domains != "pooled":
                raise ConfigError(f"data.mapped and heads.{name}.domains do not go together")
            if any(Path(source.path).suffix == HISTORY_SUFFIX for source in config.sources):
                raise ConfigError(f"heads.{name}.data: the chat history is not copied: leave out data.mapped")

    def records(self, head: type[Head], say: Say, found: Found) -> StoredRecords:
        """Training records of a head as ``training_records`` gives them; made if they are not there yet."""
        config, name = self._recipe.heads[head.name], head.name
        key = self._key(head, config)
        place = self._folder / f"{name}-{key}" / "records"
        if (place / "about.json").is_file():
            stored = StoredRecords(Ragged(place))
        else:
            stored = self._make(place, key, head, config)
        for line in stored.about["said"]:
            say(line)
        note_found(found, stored.about["found"])
        order, start = [], 0
        for i, (source, count) in enumerate(zip(config.sources, stored.about["counts"], strict=True)):
            places = drawn_places(count, source.most, seed=[self._recipe.seed, 3, i]) + start
            order.append(np.tile(places, source.repeat))
            start += count
        return stored.ordered(np.concatenate(order))

    def keep(self, head: type[Head], records: StoredRecords, tokenizer: Tokenizer) -> Keep:
        """What makes the pieces of a field of these records, or opens those that are there.

        Args:
            head: The head.
            records: Its records.
            tokenizer: Makes their ids.
        """
        config = self._recipe.heads[head.name]
        framed = [hashlib.sha256(tokenizer.to_bytes()).hexdigest(), config.max_pieces, head.view]

        def kept(field: str, ids_of: Callable[[Record], Sequence[int]]) -> StoredPieces:
            place = self._folder / f"{head.name}-{records.key}" / f"{field}-{_hash(framed)}"
            if (place / "about.json").is_file():
                return StoredPieces(Ragged(place), records.order)
            rows = (ids_of(record) for record in records.all())
            return StoredPieces.write(place, rows, {"field": field}).ordered(records.order)

        return kept

    def _make(self, place: Path, key: str, head: type[Head], config: HeadConfig) -> StoredRecords:
        said: list[str] = []
        found: Found = {}
        counts: list[int] = []
        about: dict[str, Any] = {"key": key, "said": said, "found": found, "counts": counts}

        def rows() -> Iterator[Record]:
            for part in parts_of(head, config, self._recipe, said.append, found):
                counts.append(0)
                for record in part:
                    counts[-1] += 1
                    yield record

        try:
            return StoredRecords.write(place, rows(), about)
        except TypeError as error:  # of json
            raise HeadError(f"head {head.name}: data.mapped takes records of plain data: {error}") from None

    def _key(self, head: type[Head], config: HeadConfig) -> str:
        """Of the files that the records come from, and of all that is done to them."""
        data = self._recipe.data
        paths = [*(source.path for source in config.sources), *data.exclude]
        settings = {name: value for name, value in to_table(data).items() if name != "mapped"}
        blanks = [source.blanks for source in config.sources]
        code = source_file(head)
        if getattr(head, "read", None) is not None and code is not None:  # its own code makes the records
            paths.append(code)
        return _hash([_FORMAT, head.name, head.reader, settings, blanks, [_content(Path(p)) for p in paths]])


def mapped_data(recipe: Recipe, folder: Path, *, planted: bool) -> MappedData | None:
    """The data of a run in a folder, if the config asks for them to be mapped.

    Raises:
        ConfigError: If they cannot be.
        StorageError: If no run can be written there.
    """
    if not recipe.data.mapped:
        return None
    if planted:
        raise ConfigError("an audit plants records in memory: leave out data.mapped")
    check_replaceable(folder)
    return MappedData(folder / RUN_FOLDER / "data", recipe)


def _content(path: Path) -> str:
    """Hash of a file, or of all files in a folder with their names."""
    digest = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file()):
        with file.open("rb") as opened:
            digest.update(f"{file.name}:{hashlib.file_digest(opened, 'sha256').hexdigest()}".encode())
    return digest.hexdigest()


def _hash(data: Iterable[Any] | Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, default=str).encode()).hexdigest()[:16]
