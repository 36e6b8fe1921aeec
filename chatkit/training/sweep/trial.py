"""One run of a sweep: trained, measured on dev and test, written down; its weights are dropped unless asked for.

DIR/runs/ID/result.json   figures; there is one when the run is done
DIR/runs/ID/report.json   weights and conflict, as of any run
DIR/runs/ID/run/          log.csv, objectives.csv, recipe.json, as of any run
"""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path
from typing import Any, Literal

from chatkit.assistant import OWN, RUN_FOLDER, Assistant
from chatkit.checkpoint import write_json
from chatkit.data.discover import splits
from chatkit.data.readers import read_collection
from chatkit.data.records import Problems
from chatkit.errors import DataError
from chatkit.head.answer import Metric
from chatkit.head.head import Head
from chatkit.training.evaluator import evaluate
from chatkit.training.prepare import draw, read_records
from chatkit.training.progress import Progress
from chatkit.training.ranking import collection_pool, ranking_metrics
from chatkit.training.recipe import HeadConfig, Recipe
from chatkit.training.run import Run
from chatkit.training.shared_gradients import TrainingError

RESULT = "result.json"
_VECTORS = "dense_"  # of the vectors alone: joint training shows in them, not in BM25


def run_trial(recipe: Recipe, folder: Path, progress: Progress, *, examples: int, keep: bool) -> dict[str, Any] | None:
    """Train and measure one run, from where it was cut off if it was.

    Args:
        recipe: Its config.
        folder: Its folder.
        progress: Told how it goes.
        examples: Most records of each data set that are measured; 0 is all.
        keep: Save the assistant.
    Returns:
        What is in ``result.json``; None if it was interrupted and a checkpoint saved.
    Raises:
        ChatkitError: If the run fails.
    """
    run = Run(recipe, folder, progress, device="cpu")
    if (folder / RUN_FOLDER / "recipe.json").is_file():
        run.resume()
    else:
        run.start()
    cpu = time.process_time()
    steps_before = run.trainer.step
    if not run.train(finish=keep):
        return None
    cpu = time.process_time() - cpu
    report = run.report()
    result = {
        "steps": run.trainer.step,
        "seconds": round(run.trainer.seconds, 3),
        "cpu_seconds_per_step": cpu / max(run.trainer.step - steps_before, 1)
        if run.trainer.step > steps_before
        else None,
        "row_bytes": report["objectives"]["memory"],
        "records": report["training"]["records"],
        "data": report["training"]["data"],
        "fingerprint": report["training"]["fingerprint"],
        "mean_weights": report["objectives"]["weights"],
        "dev": figures(run.assistant, recipe, "dev", examples),
        "test": figures(run.assistant, recipe, "test", examples),
    }
    if not keep:
        write_json(folder / "report.json", report)
        _drop_weights(folder)
    return result


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


def _drop_weights(folder: Path) -> None:
    """Leave the logs, drop what is large: the run can be repeated bit for bit from its config."""
    (folder / RUN_FOLDER / "checkpoint.safetensors").unlink(missing_ok=True)
    (folder / RUN_FOLDER / "tokenizer.model").unlink(missing_ok=True)
    for entry in OWN:
        path = folder / entry
        if entry == "report.json":
            continue
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
