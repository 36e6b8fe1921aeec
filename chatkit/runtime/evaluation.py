"""``chatkit eval``: which data, which heads, and the figures of each."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.data.discover import splits
from chatkit.data.readers import read_collection
from chatkit.data.records import Problems
from chatkit.errors import DataError, HeadError
from chatkit.head.answer import Metric
from chatkit.head.head import Head
from chatkit.runtime.loading import load
from chatkit.search.fusion import Fusion
from chatkit.training.evaluator import evaluate
from chatkit.training.past import data_of as training_data
from chatkit.training.ranking import collection_pool, ranking_metrics
from chatkit.training.reading import draw, read_records

Split = Literal["dev", "test"]


def evaluate_model(
    model: str | None,
    *,
    head: str | None = None,
    data: str | None = None,
    split: Split = "dev",
    most: int = 0,
    data_of: str | None = None,
    problems: Problems | None = None,
) -> dict[str, Any]:
    """Metrics of the heads of an assistant.

    Args:
        model: Model folder; None for the shipped assistant.
        head: Only this head, by name or file.
        data: Data file or folder; by default the data of the run that made the model, or chatkit's own corpora.
        split: Which part of the data.
        most: At most so many records or queries of each set, the same draw each time; 0 takes all.
        data_of: Take the data of this model's run instead of the model's own.
        problems: Where the bad rows that are skipped are counted.
    Returns:
        ``{"model", "heads": {NAME: {"data", "split", "examples", METRIC: value}}}``; a list of such rows where a head
        has several data sets.
    Raises:
        HeadError: If there is no such head.
        DataError: If the data cannot be read.
    """
    problems = problems if problems is not None else Problems()
    loaded = load(model, [head] if head else [])
    assistant = loaded.assistant
    name = _head_name(assistant, head) if head else None
    out: dict[str, Any] = {}
    for each in sorted(assistant.heads):
        if each != name and (name is not None or not assistant.setups[each].trained):
            continue
        folder = paths.user_path(data_of or model or paths.shipped_model())
        sets = [Path(data)] if data else training_data(folder, type(assistant.heads[each]))
        rows = [_row(assistant, assistant.heads[each], path, split, most, problems, single=bool(data)) for path in sets]
        found = [row for row in rows if row is not None]
        if found:
            out[each] = found[0] if len(found) == 1 else found
    if not out:
        raise DataError(f"no {split} part to measure on", hint="name data with --head HEAD --data PATH")
    return {"model": model or "default", "heads": out}


def _head_name(assistant: Assistant, head: str) -> str:
    if head in assistant.heads:
        return head
    if head.endswith(".py"):
        from chatkit.registry import Registry

        return Registry([head]).load(head).name
    if head in assistant.failures:
        raise HeadError(str(assistant.failures[head]), head=head)
    raise HeadError(f"no head {head}", head=head, hint=f"loaded: {', '.join(sorted(assistant.heads))}")


def _row(
    assistant: Assistant, head: Head, path: Path, split: Split, most: int, problems: Problems, *, single: bool
) -> dict[str, Any] | None:
    """Figures on one data set; None where it has no such part and others may have."""
    try:
        if head.reader == "retrieval" and head.makes_vectors():
            metrics, examples = _ranking(assistant, head, path, split, most, problems)
        else:
            whole = single and path.is_file()  # a file that was named is measured whole, nothing is held out of it
            part: Split | None = "test" if whole else split
            if not (single or path.is_file() or split in splits(path) or split == "dev"):
                part = None
            if part is None:
                return None
            records = draw(read_records(type(head), path, part, problems), most, seed=0)
            metrics, examples = evaluate(assistant, head, records), len(records)
    except DataError:
        if single:
            raise
        return None
    figures = {key: metric.value for key, metric in metrics.items() if math.isfinite(metric.value)}
    return {"data": path.name, "split": split, "examples": examples, **figures}


def _ranking(
    assistant: Assistant, head: Head, path: Path, split: Split, most: int, problems: Problems
) -> tuple[dict[str, Metric], int]:
    collection = read_collection(path, split, "skip", problems)
    pool = collection_pool(assistant, head, collection, most=most)
    fusion = Fusion.fitted(assistant.setups[head.name].fitted)
    return ranking_metrics(pool, fusion), len(pool.candidates)
