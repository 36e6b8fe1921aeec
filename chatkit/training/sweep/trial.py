"""One run of a sweep: trained, measured on dev and test, written down; its weights are dropped unless asked for.

DIR/runs/ID/result.json   figures; there is one when the run is done
DIR/runs/ID/report.json   weights and conflict, as of any run
DIR/runs/ID/run/          log.csv, objectives.csv, recipe.json, as of any run
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Any

from chatkit.assistant import OWN
from chatkit.checkpoint import write_json
from chatkit.model_files import RUN_FOLDER
from chatkit.training.filling import fill_heads
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe, trains_adapters_only
from chatkit.training.run import Run
from chatkit.training.sweep.measure import figures


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
    if not keep and not trains_adapters_only(recipe):
        fill_heads(run.assistant, recipe, progress.note)  # what is measured is what a training would end with
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
