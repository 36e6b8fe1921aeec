"""What a model folder holds: heads whose weights are of another encoder, and heads whose code is missing."""

from __future__ import annotations

from pathlib import Path

from chatkit.checkpoint import read_json
from chatkit.errors import ChatkitError
from chatkit.registry.entry import Entry
from chatkit.registry.registry import Registry


def mark_held(registry: Registry, model: Path, lineage: str) -> list[Entry]:
    """Mark the heads of a registry that are stale in a model; imports no head.

    Args:
        registry: Its entries show what is found here; load first what is to be loaded, a load clears the mark.
        model: The model folder.
        lineage: Of its encoder and tokenizer.
    Returns:
        An entry for each head that the model holds and the registry does not know.
    """
    known = {entry.name for entry in registry.entries()}
    lost = []
    for path in sorted(model.glob("heads/*/head.json")):
        name = path.parent.name
        if name not in known:
            why = f"its weights are in {model}, its code is not found"
            lost.append(Entry(name, "not loaded", "model", why=why, way_out="name its file with --head, or install it"))
        elif _lineage(path) != lineage:
            way_out = f"chatkit heads add {name} --data PATH --model {model}"
            registry.mark_stale(name, f"its weights in {model} are of another encoder", way_out)
    return lost


def _lineage(path: Path) -> str:
    try:
        return str(read_json(path).get("lineage", ""))
    except ChatkitError:
        return ""
