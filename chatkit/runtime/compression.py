"""An assistant stored per-row int8, and what that cost: size and metrics before and after."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatkit import paths
from chatkit.errors import StorageError
from chatkit.runtime.evaluation import evaluate_model
from chatkit.runtime.loading import load_trained


def compress_model(model: str | None, out: Path, *, most: int = 0) -> dict[str, Any]:
    """Write the int8 form of an assistant and compare the two on dev.

    Args:
        model: Model folder; None for the shipped assistant.
        out: Folder of the smaller one; another than ``model``.
        most: At most so many examples of each dev set; 0 takes all.
    Returns:
        ``{"out", "rows": [{"what", "before", "after"}]}``, sizes in MB.
    Raises:
        StorageError: If ``out`` is the model itself, holds another, or cannot be written.
    """
    folder = Path(model).expanduser() if model else paths.shipped_model()
    if out.resolve() == folder.resolve():
        raise StorageError(f"{out}: is the model itself", hint="name another folder with --out")
    if (out / "assistant.toml").exists():  # it may have cost hours
        raise StorageError(f"{out}: holds an assistant already", hint="name another folder with --out")
    load_trained(folder).save(out, precision="int8")
    before = _rows(evaluate_model(str(folder), most=most, data_of=str(folder)))
    after = _rows(evaluate_model(str(out), most=most, data_of=str(folder)))
    rows = [{"what": "size, MB", "before": _megabytes(folder), "after": _megabytes(out)}]
    rows += [{"what": what, "before": value, "after": after.get(what, float("nan"))} for what, value in before.items()]
    return {"out": str(out), "rows": rows}


def _rows(figures: dict[str, Any]) -> dict[str, float]:
    out = {}
    for head, sets in figures["heads"].items():
        for row in sets if isinstance(sets, list) else [sets]:
            for metric, value in row.items():
                if isinstance(value, float):
                    out[f"{head} {row['data']} {metric}"] = value
    return out


def _megabytes(folder: Path) -> float:
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file() and "run" not in p.parts[-3:-1]) / 1e6
