"""What is measured of every run of a sweep, and of a model that is held against one: loss and metrics of each head."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from chatkit.assistant import Assistant
from chatkit.data.discover import splits
from chatkit.data.readers import read_collection
from chatkit.data.records import Problems
from chatkit.errors import DataError
from chatkit.head.answer import Metric
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head
from chatkit.search.fusion import WORDS_ALONE, Pool
from chatkit.training.cost import drawn, draws, measure_groups
from chatkit.training.evaluator import add_up
from chatkit.training.ranking import collection_pool, ranking_metrics
from chatkit.training.reading import draw, read_records
from chatkit.training.recipe import HeadConfig, Recipe
from chatkit.training.shared_gradients import TrainingError
from chatkit.training.sweep.config import KNOWN

_GROUPS = 20  # of queries
_DRAWN = ("loss", *KNOWN)
_VECTORS = "dense_"  # of the vectors alone: joint training shows in them, not in BM25


def figures(assistant: Assistant, recipe: Recipe, split: Literal["dev", "test"], examples: int) -> dict[str, Any]:
    """Loss (nats per target) and metrics of each head on a part of its data; heads without such a part are left out.

    Returns:
        head -> {"loss", "examples", "metrics": {name: {"value", "better"}}, "draws": {name: values}}; the draws are
        bootstrap draws of the records, the same for every run, so that differences between two runs are paired.
    Raises:
        TrainingError: If a loss is no finite number.
    """
    out = {}
    for name, head in assistant.heads.items():
        config = recipe.heads[name]
        records = _records(head, config, split, examples)
        if not records:
            continue
        sums = measure_groups(assistant, head, records)
        with guard(name, source_file(type(head)), stage="summarise"):
            metrics = dict(head.summarise(add_up(sums)))
        if "loss" not in metrics:
            raise TrainingError(f"head {name}: measure gives no loss", hint='a sweep needs the metric "loss"')
        loss = metrics.pop("loss").value
        if not math.isfinite(loss):
            raise TrainingError(f"head {name}: its loss on {split} is {loss}")
        ranked, ranked_draws = _ranking(assistant, head, config, split, examples)
        metrics |= ranked
        shown = {k: {"value": m.value, "better": m.better} for k, m in metrics.items() if math.isfinite(m.value)}
        found = {k: v for k, v in (drawn(head, sums) | ranked_draws).items() if k in _DRAWN and _all_finite(v)}
        kept = {k: [float(f"{value:.6g}") for value in values] for k, values in found.items()}
        out[name] = {"loss": loss, "examples": len(records), "metrics": shown, "draws": kept}
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
) -> tuple[dict[str, Metric], dict[str, list[float]]]:
    """Ranking of whole collections by the vectors alone, the mean over the sets; and over draws of their queries."""
    if not (head.reader == "retrieval" and head.makes_vectors()):
        return {}, {}
    found: list[dict[str, Metric]] = []
    over: list[dict[str, list[float]]] = []
    for source in config.sources:
        try:
            collection = read_collection(Path(source.path), split, "skip")
        except DataError:
            continue
        pool = collection_pool(assistant, head, collection, most=examples)
        found.append(ranking_metrics(pool, WORDS_ALONE))
        over.append(_ranking_draws(pool))
    if not found:
        return {}, {}
    names = [name for name in found[0] if name.startswith(_VECTORS)]
    metrics = {name: Metric(sum(each[name].value for each in found) / len(found), "higher") for name in names}
    if not all(over):
        return metrics, {}
    return metrics, {name: np.mean([each[name] for each in over], axis=0).tolist() for name in names}


def _ranking_draws(pool: Pool) -> dict[str, list[float]]:
    """Metrics over bootstrap draws of groups of queries."""
    names = list(pool.candidates)
    order = np.random.default_rng(0).permutation(len(names))
    groups = [part for part in np.array_split(order, min(_GROUPS, len(names))) if len(part)]
    if len(groups) < 2:
        return {}
    parts = []
    for group in groups:
        chosen = [names[i] for i in sorted(group.tolist())]
        some = Pool(pool.ids, {n: pool.candidates[n] for n in chosen}, {n: pool.qrels[n] for n in chosen})
        parts.append(ranking_metrics(some, WORDS_ALONE))
    chosen_groups, sizes = np.array(draws(len(groups))), np.array([len(group) for group in groups], dtype=np.float64)
    weights = sizes[chosen_groups]
    out = {}
    for name in parts[0]:
        values = np.array([part[name].value for part in parts])[chosen_groups]
        out[name] = ((values * weights).sum(1) / weights.sum(1)).tolist()
    return out


def _all_finite(values: Sequence[float]) -> bool:
    return all(map(math.isfinite, values))
