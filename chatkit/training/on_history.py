"""Which models were trained on which sessions of the chat history: so that deleting one can name them.

``trained_on_history.json`` in the user's folder holds folders and numbers of sessions, and no word of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from chatkit import paths
from chatkit.checkpoint import read_json, write_json
from chatkit.data.history import SESSION
from chatkit.errors import ModelError

FILE = "trained_on_history.json"


def sessions_of(records: Iterable[Mapping[str, Any]]) -> list[int]:
    """Numbers of the sessions that records are of."""
    return sorted({int(record[SESSION]) for record in records if isinstance(record.get(SESSION), int)})


def remember(model: Path, sessions: Collection[int]) -> None:
    """Note that a model was trained on sessions, beside those it was trained on before."""
    if sessions:
        table = _table()
        key = str(model.absolute())
        table[key] = sorted({*table.get(key, ()), *sessions})
        write_json(paths.home() / FILE, table)


def models_trained_on(sessions: Collection[int]) -> list[Path]:
    """Folders of the models that were trained on any of the sessions, and are still there."""
    found = [Path(model) for model, known in _table().items() if set(known) & set(sessions)]
    return sorted(model for model in found if model.is_dir())


def _table() -> dict[str, list[int]]:
    path = paths.home() / FILE
    if not path.is_file():
        return {}
    table = read_json(path)
    if not isinstance(table, dict) or not all(isinstance(known, list) for known in table.values()):
        raise ModelError(f"{path}: is no table of models", hint="move it away")
    return table
