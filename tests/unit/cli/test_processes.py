"""The command as its own process: kill -9, Ctrl-C, pipes that break, a terminal that speaks ASCII."""

from __future__ import annotations

import csv
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from chatkit.checkpoint import load_tensors

CHATKIT = [sys.executable, "-m", "chatkit"]


def start(*argv: str, **more: Any) -> subprocess.Popen[str]:
    pipes = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **more}
    return subprocess.Popen([*CHATKIT, *argv], **pipes)


def wait_for(path: Path, lines: int, process: subprocess.Popen[str]) -> None:
    """Until a log has so many lines."""
    end = time.monotonic() + 200
    while time.monotonic() < end and process.poll() is None:
        if path.exists() and path.read_bytes().count(b"\n") >= lines:
            return
        time.sleep(0.02)
    process.kill()
    pytest.fail(f"{path} never had {lines} lines; the process said {process.communicate()}")


def long_run(config_file: Path, out: Path, *more: str) -> list[str]:
    return ["train", str(config_file), "--out", str(out), "--set", "train.steps=100000", *more]


def test_kill_9_in_the_middle_and_resume(config_file: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(*long_run(config_file, out, "--set", "train.checkpoint_minutes=0.005"))
    wait_for(out / "run" / "checkpoint.safetensors", 0, process)
    wait_for(out / "run" / "log.csv", 12, process)
    process.kill()
    process.communicate()
    assert not (out / "assistant.toml").exists()
    state = json.loads(load_tensors(out / "run" / "checkpoint.safetensors")[1]["state"])
    assert state["step"] > 0
    steps = state["step"] + 3
    again = start("train", str(config_file), "--out", str(out), "--resume", "--set", f"train.steps={steps}", "--json")
    stdout, stderr = again.communicate(timeout=120)
    assert again.returncode == 0, stderr
    assert f"resumed at step {state['step']}" in stderr
    assert json.loads(stdout)["steps"] == steps
    with (out / "run" / "log.csv").open(newline="") as file:
        assert [row["step"] for row in csv.DictReader(file)] == [str(i) for i in range(1, steps + 1)]
    assert not [p.name for p in (*out.parent.iterdir(), *out.iterdir()) if p.name.startswith(".out")]


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_ctrl_c_saves_and_says_how_to_go_on(config_file: Path, tmp_path: Path, number: int) -> None:
    out = tmp_path / "my out"
    process = start(*long_run(config_file, out))
    wait_for(out / "run" / "log.csv", 5, process)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=120)
    assert process.returncode == 130
    assert stdout == ""
    assert f"stopped and saved; go on with: chatkit train {config_file} --out '{out}' --resume" in stderr
    assert "--set train.steps=100000" in stderr
    assert "Traceback" not in stderr
    assert (out / "assistant.toml").is_file()
    assert (out / "run" / "checkpoint.safetensors").is_file()


def test_ask_through_a_pipe(trained: Path) -> None:
    command = [*CHATKIT, "ask", "--json", "--model", str(trained), "--head", "sentiment"]
    done = subprocess.run(command, input=b"I love this\n", capture_output=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["text"] == "I love this"
    assert done.stderr == b""


def test_a_terminal_that_speaks_ascii(trained: Path) -> None:
    command = [*CHATKIT, "ask", "--json", "--model", str(trained), "--head", "sentiment", "é 😀"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        command, capture_output=True, check=False, timeout=120, env=environment, stdin=subprocess.DEVNULL
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.decode("ascii"))["text"] == "é 😀"


def test_a_reader_that_has_enough() -> None:
    process = subprocess.Popen([*CHATKIT, "heads"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0


def test_a_mistake_in_a_process_of_its_own() -> None:
    done = subprocess.run([*CHATKIT, "eval", "--data", "x"], capture_output=True, check=False, timeout=60, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("given", "found"), [({}, "300000"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "None"), ({"GOMP_SPINCOUNT": "7"}, "7")]
)
def test_threads_spin_for_a_while_unless_the_user_says_otherwise(given: dict[str, str], found: str) -> None:
    unset = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    environment = {name: value for name, value in os.environ.items() if name not in unset} | given
    code = (
        "import atexit, os; from chatkit.cli import main;"
        "atexit.register(lambda: print(os.environ.get('GOMP_SPINCOUNT'))); main(['--version'])"
    )
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == found
