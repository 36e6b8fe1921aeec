"""Every code block of plugins/README.md is run: heads pass the kit, tests pass, snippets hold, TOML parses."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from chatkit.testing import run_checks
from chatkit.training.recipe import HeadConfig

ROOT = Path(__file__).parents[2]
README = (ROOT / "plugins" / "README.md").read_text(encoding="utf-8")
PYTHON = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
TOML = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)
FILES = {match[1]: block for block in PYTHON if (match := re.match(r"# (\w+\.py)\n", block))}
HEADS = sorted(name for name in FILES if not name.startswith("test_"))
SNIPPETS = [block for block in PYTHON if block not in FILES.values()]
OUTSIDE = re.sub(r"```.*?```", "", README, flags=re.DOTALL)
_COMMAND = re.compile(r"^    (?:\$ )?((?:chatkit|pytest) .*?)(?: +#.*)?$", re.MULTILINE)
SHELL = _COMMAND.findall(OUTSIDE)


def code_lines(block: str) -> int:
    return sum(bool(line.strip()) and not line.startswith("#") for line in block.splitlines())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, block in FILES.items():
        (tmp_path / name).write_text(block, encoding="utf-8")
    return tmp_path


def test_it_opens_with_a_head_of_at_most_nine_lines() -> None:
    assert PYTHON[0] == FILES["mood.py"]
    assert code_lines(PYTHON[0]) <= 9
    assert README.index(PYTHON[0]) < 200


def test_a_whole_classification_head_with_data_has_at_most_sixteen_lines() -> None:
    assert code_lines(FILES["topic.py"]) <= 16


def test_every_block_is_run_by_one_of_the_tests_here() -> None:
    assert len(PYTHON) == len(HEADS) + len(SNIPPETS) + 1
    assert len(re.findall(r"^```\w", README, re.MULTILINE)) == len(PYTHON) + len(TOML)


@pytest.mark.parametrize("name", HEADS)
def test_a_head_of_the_docs_passes_the_kit(folder: Path, name: str) -> None:
    report = run_checks(folder / name)
    assert report.ok, "\n".join(report.lines())


def test_the_head_with_its_own_reader_reads(folder: Path) -> None:
    from chatkit.registry import Registry

    (folder / "topics").mkdir()
    (folder / "topics" / "train.txt").write_text("sport|the match\n")
    head = Registry().load(str(folder / "topic.py"))
    assert list(head.read(folder / "topics", "train")) == [{"text": "the match", "label": "sport"}]  # type: ignore[attr-defined]


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.splitlines()[0][:40])
def test_a_snippet_runs(snippet: str) -> None:
    exec(compile(snippet, "plugins/README.md", "exec"), {})


@pytest.mark.slow
def test_the_test_file_of_the_docs_passes_and_so_does_the_option(folder: Path) -> None:
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "plugins")])
    env = {**os.environ, "PYTHONPATH": path, "CHATKIT_HOME": str(folder / "home")}
    base = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run([*base, "test_mood.py"], cwd=folder, env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout
    option = [*base, *_plugin(), "--chatkit-head", "mood.py"]
    done = subprocess.run(option, cwd=folder, env=env, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout
    assert re.search(r"contract of mood: \d+ run, 0 waived, \d+ skipped", done.stdout)


def test_every_indented_line_is_a_command_or_what_one_prints() -> None:
    indented = re.findall(r"^    \S.*$", OUTSIDE, re.MULTILINE)
    assert len(indented) == len(SHELL) + 1
    assert sum("mood: happy (happy " in line for line in indented) == 1


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_commands_of_the_docs_run_one_after_the_other(folder: Path) -> None:
    rows = [("what good fun", "happy"), ("so much joy", "happy"), ("dull rain", "sad"), ("grey and awful", "sad")] * 6
    lines = [json.dumps({"text": f"{text} {i}", "label": label}) for i, (text, label) in enumerate(rows)]
    (folder / "labelled.jsonl").write_text("\n".join(lines))
    path = os.pathsep.join([str(folder), str(ROOT), str(ROOT / "plugins")])
    env = {**os.environ, "PYTHONPATH": path, "CHATKIT_HOME": str(folder / "home"), "OMP_NUM_THREADS": "1"}
    said = {}
    for line in SHELL:
        program, *arguments = shlex.split(line)
        command = [sys.executable, "-m", program, *arguments, *(_plugin() if program == "pytest" else [])]
        done = subprocess.run(
            command, cwd=folder, env=env, input="what good fun\n", capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        said[line] = done.stdout
    assert said[SHELL[0]].count("mood: happy") == 1
    assert said[SHELL[1]].startswith("mood: happy (happy ")
    assert "what it cost sentiment" in "".join(said.values())


def _plugin() -> list[str]:
    """Load the plugin by name where chatkit is not installed, and so has no entry point."""
    from importlib.metadata import entry_points

    known = any(point.value == "chatkit.testing.pytest_plugin" for point in entry_points(group="pytest11"))
    return [] if known else ["-p", "chatkit.testing.pytest_plugin"]


@pytest.mark.parametrize("block", TOML, ids=lambda block: block.splitlines()[0])
def test_toml_is_valid_and_a_recipe_fits_its_config(block: str) -> None:
    table = tomllib.loads(block)
    for head in table.get("heads", {}).values():
        head["data"] = tuple(head["data"])
        HeadConfig(**head)
