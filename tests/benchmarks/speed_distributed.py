"""Training with two processes of one thread beside one process of two threads, and a model of what communication costs.

Each round trains the same few steps of the same config both ways, in processes of their own; a rate is taken from the
run's log, the first steps left out. Bandwidth is measured as the sum of the same number of bytes over two processes
that do nothing else. The model: a step of W processes takes 1/W of the computing of one, and the ring sum of its bytes.

W = processes
"""

from __future__ import annotations

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from frame import Result, Target

WARM = 4
WHY = "half the rows take more than half the time, for an LSTM reads its weights at each step whatever the rows"
HEADS = ("generation", "sentiment", "retrieval")
SMALL = ("tokenizer.vocab_size=700", "encoder.embedding=32", "encoder.hidden=48", "heads.generation.batch=4")
# Large batches: of small ones half the rows take as long, for the weights are read at each step whatever their number.
LARGE = ("encoder.embedding=256", "encoder.hidden=512", *(f"heads.{h}.batch=96" for h in HEADS))
COMMON = ("train.precision=auto", "objectives.conflict_every=0", "train.evaluate=1", "train.schedule=constant")


def worker(out: Path, overrides: list[str]) -> None:
    """One process of a job: train, then sum a block as large as a step's sums a few times."""
    import torch

    from chatkit.training.distributed import Group
    from chatkit.training.progress import Progress
    from chatkit.training.recipe import load_recipe
    from chatkit.training.run import Run

    group = Group.join(torch.device("cpu"))
    recipe = load_recipe("corpora:english.toml", overrides)
    run = Run(recipe, out, Progress(quiet=True), device="cpu", group=group)
    run.start()
    run.train(finish=False)
    num_bytes, seconds = group.reduced_bytes // recipe.train.steps, []
    block = torch.zeros(max(num_bytes // 4, 1))
    for _ in range(9):
        group.wait()
        start = time.perf_counter()
        group.sum(block)
        seconds.append(time.perf_counter() - start)
    if group.first:
        figures = {"bytes": num_bytes, "sum_seconds": statistics.median(seconds)}
        Path(f"{out}.json").write_text(json.dumps(figures))
    group.leave()


def _train(folder: Path, name: str, processes: int, threads: int, overrides: tuple[str, ...]) -> tuple[float, dict]:
    out = folder / name
    command = [sys.executable]
    if processes > 1:
        command += ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command += [__file__, str(out), *COMMON, *overrides, f"train.threads={threads}"]
    env = {**os.environ, "OMP_NUM_THREADS": str(threads), "TORCH_CPP_LOG_LEVEL": "ERROR"}
    done = subprocess.run(command, check=False, env=env, capture_output=True, text=True)
    if done.returncode:  # without what it said nobody could tell why
        raise RuntimeError(f"exit {done.returncode} of {' '.join(command)}\n{done.stderr[-4000:]}")
    with (out / "run" / "log.csv").open() as file:
        seconds = [float(row["seconds"]) for row in csv.DictReader(file)]
    rate = (len(seconds) - WARM) / max(seconds[-1] - seconds[WARM - 1], 1e-6)
    return rate, json.loads(Path(f"{out}.json").read_text())


def run(*, smoke: bool) -> list[Result]:
    """Steps a second both ways, and the model beside what was measured."""
    steps, rounds = (WARM + 3, 1) if smoke else (WARM + 16, 3)
    overrides = (f"train.steps={steps}", *(SMALL if smoke else LARGE))
    ways = {"1 process, 2 threads": (1, 2), "2 processes, 1 thread each": (2, 1), "1 process, 1 thread": (1, 1)}
    rates: dict[str, list[float]] = {name: [] for name in ways}
    figures: list[dict] = []
    with tempfile.TemporaryDirectory() as folder:
        for number in range(rounds):
            for i, (name, (processes, threads)) in enumerate(ways.items()):
                rate, said = _train(Path(folder), f"{number}-{i}", processes, threads, overrides)
                rates[name].append(rate)
                figures += [said] if processes > 1 else []
    two, reference, one = "2 processes, 1 thread each", "1 process, 2 threads", "1 process, 1 thread"
    result = Result("training with two processes", "steps", "wall", reference, rates)
    ring = statistics.median(f["sum_seconds"] for f in figures)
    computing = 1 / statistics.median(rates[one])
    result.facts = {
        "MB summed a step": figures[0]["bytes"] / 1e6,
        "their sum over two processes, ms": ring * 1e3,
        "speed-up over one thread, predicted": computing / (computing / 2 + ring),
        "speed-up over one thread, measured": result.ratio(two, one),
    }
    what = "training with 2 processes of one thread, against 1 of two, times"
    result.targets = [Target(what, result.ratio(two), 1.1, why=WHY)]
    return [result]


if __name__ == "__main__":
    worker(Path(sys.argv[1]), sys.argv[2:])
