"""Several processes train as one: same result, one writer, a killed one ends the job, any number can resume.

W = processes
"""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from chatkit.checkpoint import load_tensors
from chatkit.data.batching import Batch, pad
from chatkit.errors import ConfigError
from chatkit.training.distributed import Group
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run

EXACT = (
    "encoder.dropout=0.0",
    "train.precision=float32",
    "train.schedule=constant",
    "train.warmup=0.0",
    "train.steps=6",
    "heads.sentiment.options.dropout=0.0",
    'heads.retrieval.data=[{path = "corpora:english/retrieval", most = 12}]',
    "heads.retrieval.batch=6",
    "heads.retrieval.options.dim=16",
    "heads.generation.options.ngrams=40",  # a buffer of two bytes, which gloo takes from nobody
    "objectives.conflict_every=2",
    "objectives.noise_every=2",
)


def torchrun(
    size: int, config: Path, out: Path, *more: str, overrides: tuple[str, ...] = EXACT
) -> subprocess.Popen[str]:
    sets = [part for pair in overrides for part in ("--set", pair)]
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={size}"]
    command += ["-m", "chatkit", "train", str(config), "--out", str(out), "--device", "cpu", *sets, *more]
    env = {**os.environ, "TORCH_CPP_LOG_LEVEL": "ERROR"}
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env)


def finish(job: subprocess.Popen[str]) -> tuple[int, str]:
    out, err = job.communicate(timeout=280)
    return job.returncode, out + err


def alone(recipe: Recipe, out: Path) -> None:
    run = Run(recipe, out, Progress(quiet=True), device="cpu")
    run.start()
    assert run.train()


def losses(out: Path) -> list[dict[str, str]]:
    with (out / "run" / "log.csv").open() as file:
        return [{k: v for k, v in row.items() if k != "seconds"} for row in csv.DictReader(file)]


ATOL, STRAY = 2e-5, 2e-4


def assert_same_run(one: Path, other: Path, *, strays: float = 0.0) -> None:
    """Two runs are the same but for the order of sums; of each tensor a share may stray, by up to ``STRAY``."""
    left, right = (load_tensors(p / "run" / "checkpoint.safetensors")[0] for p in (one, other))
    names = {name for name in left if not name.startswith("random")}
    assert names == {name for name in right if not name.startswith("random")}
    assert any(name.startswith("carried.") for name in names)
    for name in names:
        atol = STRAY if strays else ATOL
        torch.testing.assert_close(left[name], right[name], rtol=2e-4, atol=atol, msg=lambda m, n=name: f"{n}: {m}")
        near = torch.isclose(left[name], right[name], rtol=2e-4, atol=ATOL)
        assert int((~near).sum()) <= strays * near.numel(), name
    for a, b in zip(losses(one), losses(other), strict=True):
        assert a["step"] == b["step"]
        for key in ("gradient_norm", "generation", "sentiment", "retrieval"):
            assert float(a[key]) == pytest.approx(float(b[key]), rel=1e-3, abs=1e-4)


def test_shares_are_a_partition_of_the_batch() -> None:
    batch = Batch([{"text": str(i)} for i in range(7)], {"text": pad([[i] * (i + 1) for i in range(7)], 99)})
    parts = [Group(rank, 3).share(batch) for rank in range(3)]
    assert sorted(r["text"] for part in parts for r in part.records) == [str(i) for i in range(7)]
    for part in parts:
        assert [str(i) for i in part.fields["text"].ids[:, 0]] == [r["text"] for r in part.records]
        assert part.fields["text"].ids.shape[1] == 7  # the padding stays


def test_alone_everything_is_the_identity() -> None:
    group, tensor = Group(), torch.randn(3)
    assert group.first
    assert group.sum(tensor) is tensor
    assert group.sum_numbers(1.5, 2.0) == [1.5, 2.0]
    assert group.gather_rows(tensor, 3, 0) is group.take_rows(tensor, 0) is tensor
    assert group.reduced_bytes == 0


def test_every_process_needs_a_row() -> None:
    with pytest.raises(ConfigError, match=r"heads\.mood\.batch is 2 .* 4 processes"):
        Group(0, 4).check_batch("mood", 2)


LEAVES = """
import os, pathlib, torch
from chatkit.training.distributed import Group

def threads():
    return {task.read_text().strip() for task in pathlib.Path("/proc/self/task").glob("*/comm")}

group = Group.join(torch.device("cpu"))
weight = torch.nn.Parameter(torch.ones(3))
weight.grad = group.sum(torch.ones(3))
torch.optim.AdamW([weight]).step()
assert any("gloo" in name for name in threads()), threads()
group.leave()
assert not any("gloo" in name for name in threads()), threads()
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="this system does not list the threads of a process")
def test_who_leaves_takes_the_threads_of_the_group_along(tmp_path: Path) -> None:
    """One that lived on while Python ended aborted the process now and then."""
    script = tmp_path / "leaves.py"
    script.write_text(LEAVES)
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2", str(script)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=280)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize("weighting", ["static", "pcgrad", "own moments"])
def test_as_many_processes_give_what_one_gives(
    size: int, weighting: str, config_file: Path, micro: Callable[..., Recipe], tmp_path: Path
) -> None:
    way = "objectives.moments=own" if weighting == "own moments" else f"objectives.weighting={weighting}"
    overrides = (*EXACT, way, "heads.sentiment.weight=0.5")
    alone(micro(*overrides), tmp_path / "one")
    code, said = finish(torchrun(size, config_file, tmp_path / "many", overrides=overrides))
    assert code == 0, said
    assert said.count("assistant in") == 1  # one of them speaks
    # Where the gradient of one head is nothing but the rounding in its backward (seen in one weight of 1,536: 9e-11 and
    # -1e-10, where 9e-5 is usual), its own moments make a step of that: 3.8e-5, 2 % of the rate. Summing over the
    # processes in order and in float64 gives the same bits there; another library for the products (oneDNN off, one
    # process) moves a weight by 1.9e-5 as well.
    assert_same_run(tmp_path / "one", tmp_path / "many", strays=1e-3 if weighting == "own moments" else 0.0)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_another_number_of_processes_resumes(config_file: Path, micro: Callable[..., Recipe], tmp_path: Path) -> None:
    out = tmp_path / "many"
    code, said = finish(torchrun(2, config_file, out))
    assert code == 0, said
    longer = (*EXACT, "train.steps=9")
    code, said = finish(torchrun(3, config_file, out, "--resume", overrides=longer))
    assert code == 0, said
    assert "resumed at step 6" in said
    run = Run(micro(*EXACT, "train.steps=12"), out, Progress(quiet=True), device="cpu")
    run.resume()
    assert run.train()
    alone(micro(*EXACT, "train.steps=12"), tmp_path / "one")
    assert_same_run(tmp_path / "one", out)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
@pytest.mark.timeout(600)
def test_a_killed_process_ends_the_job_and_the_run_goes_on(
    config_file: Path, micro: Callable[..., Recipe], tmp_path: Path
) -> None:
    out, overrides = tmp_path / "many", (*EXACT, "train.steps=1000000", "train.checkpoint_minutes=0.001")
    job = torchrun(2, config_file, out, overrides=overrides)
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.extend(job.stderr or ()), daemon=True)
    reader.start()
    checkpoint = out / "run" / "checkpoint.safetensors"
    while not checkpoint.exists():
        assert job.poll() is None, "".join(said)
        reader.join(0.05)
    children = subprocess.run(["pgrep", "-P", str(job.pid)], capture_output=True, text=True, check=True).stdout.split()
    os.kill(int(children[-1]), signal.SIGKILL)
    assert job.wait(timeout=200) != 0
    step = int(load_tensors(checkpoint)[1]["state"].partition('"step": ')[2].partition(",")[0])
    run = Run(micro(*EXACT, f"train.steps={step + 2}"), out, Progress(quiet=True), device="cpu")
    run.resume()
    assert run.trainer.step == step > 0
    assert run.train()
