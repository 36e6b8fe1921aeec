"""How a head was built, in memory and in its ``head.json``, so that it can be built again."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chatkit.checkpoint import read_json
from chatkit.errors import ModelError
from chatkit.head.head import Record

HEAD = "head.json"


@dataclasses.dataclass(frozen=True)
class HeadSetup:
    """How a head was built, so that it can be built again.

    Args:
        options: ``[heads.NAME.options]``.
        labels: Labels of its training data.
        trained: Whether its weights were trained.
        fitted: What the host fitted for it on dev, such as the weight of its vectors beside BM25.
    """

    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    labels: tuple[str, ...] = ()
    trained: bool = False
    fitted: Mapping[str, float] = dataclasses.field(default_factory=dict)


def head_json(name: str, api: int, lineage: str, setup: HeadSetup) -> dict[str, Any]:
    """The content of a head's ``head.json``.

    Args:
        name: The head.
        api: Version of plugin_api that it was written for.
        lineage: Of the encoder and tokenizer that it was trained on.
        setup: How it was built.
    """
    return {
        "name": name,
        "api": api,
        "lineage": lineage,
        "labels": list(setup.labels),
        "options": dict(setup.options),
        "trained": setup.trained,
        "fitted": dict(setup.fitted),
    }


def read_head_json(file: Path) -> tuple[str, str, HeadSetup]:
    """Name, lineage and setup of the head in a folder.

    Raises:
        ModelError: If the file is malformed, or names another head than its folder.
    """
    data = read_json(file)
    try:
        name, lineage = str(data["name"]), str(data["lineage"])
        fitted = {str(key): float(value) for key, value in data.get("fitted", {}).items()}
        setup = HeadSetup(dict(data["options"]), tuple(map(str, data["labels"])), bool(data["trained"]), fitted)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelError(f"{file}: malformed: {error!r}") from None
    if name != file.parent.name or not name.isidentifier():  # a path would be loaded as code
        raise ModelError(f"{file}: its name {name!r} is not that of its folder")
    return name, lineage, setup


def labels_of(records: Sequence[Record], field: str = "label") -> tuple[str, ...]:
    """Values of a field that occur in records, sorted."""
    return tuple(sorted({str(record[field]) for record in records if field in record}))
