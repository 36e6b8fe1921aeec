"""What is measured of every run of a sweep, and of a model that is held against one: loss and metrics of each head."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

from chatkit.assistant import Assistant
from chatkit.data.discover import splits
from chatkit.data.readers import read_collection
from chatkit.data.records import Problems
from chatkit.errors import DataError
from chatkit.head.answer import Metric
from chatkit.head.head import Head
from chatkit.training.evaluator import evaluate
from chatkit.training.prepare import draw, read_records
from chatkit.training.ranking import collection_pool, ranking_metrics
from chatkit.training.recipe import HeadConfig, Recipe
from chatkit.training.shared_gradients import TrainingError

_VECTORS = "dense_"  # of the vectors alone: joint training shows in them, not in BM25


def figures(assistant: Assistant, recipe: Recipe, split: Literal["dev", "test"], examples: int) -> dict[str, Any]:
    """Loss (nats per target) and metrics of each head on a part of its data; heads without such a part are left out.

    Returns:
        head -> {"loss", "examples", "metrics": {name: {"value", "better"}}}.
    Raises:
        TrainingError: If a loss is no finite number.
    """
    out = {}
    for name, head in assistant.heads.items():
        config = recipe.heads[name]
        records = _records(head, config, split, examples)
        if not records:
            continue
        metrics = evaluate(assistant, head, records)
        if "loss" not in metrics:
            raise TrainingError(f"head {name}: measure gives no loss", hint='a sweep needs the metric "loss"')
        loss = metrics.pop("loss").value
        if not math.isfinite(loss):
            raise TrainingError(f"head {name}: its loss on {split} is {loss}")
        metrics |= _ranking(assistant, head, config, split, examples)
        shown = {k: {"value": m.value, "better": m.better} for k, m in metrics.items() if math.isfinite(m.value)}
        out[name] = {"loss": loss, "examples": len(records), "metrics": shown}
    return out


def _records(head: Head, config: HeadConfig, split: Literal["dev", "test"], examples: int) -> list[Any]:
    records: list[Any] = []
    for source in config.sources:
        path = Path(source.path)
        if split == "test" and "test" not in splits(path):
            continue
        records += draw(read_records(type(head), path, split, Problems()), examples, seed=[0, 4])
    return records


def _ranking(
    assistant: Assistant, head: Head, config: HeadConfig, split: Literal["dev", "test"], examples: int
) -> dict[str, Metric]:
    """Ranking of whole collections by the vectors alone, the mean over the data sets."""
    if not (head.reader == "retrieval" and head.makes_vectors()):
        return {}
    found: list[dict[str, Metric]] = []
    for source in config.sources:
        try:
            collection = read_collection(Path(source.path), split, "skip")
        except DataError:
            continue
        found.append(ranking_metrics(collection_pool(assistant, head, collection, most=examples), 0.0))
    if not found:
        return {}
    names = [name for name in found[0] if name.startswith(_VECTORS)]
    return {name: Metric(sum(each[name].value for each in found) / len(found), "higher") for name in names}
