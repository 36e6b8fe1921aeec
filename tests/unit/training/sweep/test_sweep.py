"""Whole sweeps in processes of their own: done, resumed after a kill, with runs that fail."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from chatkit.errors import ConfigError, ModelError, StorageError
from chatkit.training.recipe import Recipe
from chatkit.training.sweep.board import Board
from chatkit.training.sweep.results import read_failures, read_results
from chatkit.training.sweep.sweep import Sweep

Micro = Callable[..., Recipe]
SMALL = ("train.steps=3", "sweep.examples=20", "sweep.seeds=1")


def sweep(recipe: Recipe, folder: Path, out: io.StringIO | None = None, jobs: int = 1) -> Sweep:
    return Sweep(recipe, folder, Board(out or io.StringIO()), jobs=jobs)


def test_a_sweep_runs_is_resumed_and_grows(micro: Micro, tmp_path: Path) -> None:
    recipe, folder = micro(*SMALL, "sweep.learning_rates=[1e-3, 1e-2]", "sweep.single=[]"), tmp_path / "s"
    first = sweep(recipe, folder)
    first.start()
    assert first.run()
    assert not first.failed
    done = read_results(folder)
    assert [each.id for each in done] == ["static.rate0.001.seed7", "static.rate0.01.seed7"]
    assert done[0].losses().keys() == {"generation", "sentiment"}
    assert done[0].data["test"]["sentiment"]["metrics"]["macro_f1"]["better"] == "higher"
    run = folder / "runs" / "static.rate0.001.seed7"
    assert json.loads((run / "report.json").read_text())["training"]["steps"] == 3
    assert (run / "run" / "log.csv").is_file()
    assert not list(run.rglob("*.safetensors"))

    before = (run / "result.json").stat().st_mtime_ns
    out = io.StringIO()
    again = sweep(micro(*SMALL, "sweep.learning_rates=[1e-3, 1e-2, 3e-2]", "sweep.single=[]"), folder, out)
    again.resume()
    assert again.run()
    assert "2 runs were done before" in out.getvalue()
    assert (run / "result.json").stat().st_mtime_ns == before
    assert len(read_results(folder)) == 3

    with pytest.raises(StorageError, match="holds a run already"):
        sweep(recipe, folder).start()
    with pytest.raises(ConfigError, match=r"differs from the sweep's in train\.clip"):
        sweep(micro(*SMALL, "train.clip=2.0"), folder).resume()
    with pytest.raises(ModelError, match="no sweep to resume"):
        sweep(recipe, tmp_path / "nothing").resume()


def test_mistakes_are_told_before_the_first_run(micro: Micro, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no method called 'pcgrat'"):
        sweep(micro('sweep.methods=["pcgrat"]'), tmp_path / "s").start()
    assert not (tmp_path / "s" / "sweep.json").exists()


def test_a_sweep_in_pieces_ends_with_its_minutes_and_goes_on(micro: Micro, tmp_path: Path) -> None:
    recipe = micro(*SMALL, "sweep.single=[]")
    cut = Sweep(recipe, tmp_path / "s", Board(io.StringIO()), jobs=1, minutes=1e-9)
    cut.start()
    assert not cut.run()
    assert cut.out_of_time
    assert not cut.failed
    again = Sweep(recipe, tmp_path / "s", Board(io.StringIO()), jobs=1, minutes=60)
    again.resume()
    assert again.run()
    assert not again.out_of_time
    assert len(read_results(tmp_path / "s")) == 1


@pytest.mark.slow
def test_a_run_that_diverges_is_one_line_and_the_others_go_on(micro: Micro, tmp_path: Path) -> None:
    recipe = micro(*SMALL, "sweep.learning_rates=[1e-3, 1e30]", "sweep.single=[]", "train.warmup=0.0", "train.clip=0")
    out = io.StringIO()
    made = sweep(recipe, tmp_path / "s", out)
    made.start()
    assert made.run()
    assert list(made.failed) == ["static.rate1e+30.seed7"]
    line = next(line for line in out.getvalue().splitlines() if "FAILED" in line)
    assert re.search(r"static\.rate1e\+30\.seed7  FAILED: .+", line)
    assert read_failures(tmp_path / "s").keys() == {"static.rate1e+30.seed7"}
    assert [each.id for each in read_results(tmp_path / "s")] == ["static.rate0.001.seed7"]


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_killed_with_its_processes_it_goes_on_and_gives_the_same(
    config_file: Path, tmp_path: Path, micro: Micro
) -> None:
    options = ("train.steps=300", "sweep.examples=20", "sweep.seeds=1", "train.checkpoint_minutes=0.003")
    command = [sys.executable, "-m", "chatkit", "sweep", str(config_file), "--out", str(tmp_path / "s"), "--jobs", "1"]
    command += [part for pair in options for part in ("--set", pair)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True)
    checkpoint = tmp_path / "s" / "runs" / "static.rate0.002.seed7" / "run" / "checkpoint.safetensors"
    end = time.monotonic() + 400
    while not checkpoint.exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGKILL)  # the worker ends on its own when nobody reads it
    process.wait()
    assert not (checkpoint.parents[1] / "result.json").exists()
    resumed = subprocess.run([*command, "--resume"], capture_output=True, text=True, timeout=450)
    assert resumed.returncode == 0, resumed.stderr
    assert len(read_results(tmp_path / "s")) == 3
    log = (checkpoint.parent / "log.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in log[1:]] == [str(i) for i in range(1, 301)]
    whole = sweep(micro(*options, "sweep.single=[]"), tmp_path / "whole")
    whole.start()
    assert whole.run()
    expected = read_results(tmp_path / "whole")[0].losses()
    assert next(each for each in read_results(tmp_path / "s") if each.candidate == "static").losses() == expected
