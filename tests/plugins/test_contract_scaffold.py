"""What ``chatkit new`` writes works as it is: the file passes the kit, the package installs and passes its own test."""

from __future__ import annotations

import ast
import io
import os
import subprocess
import sys
import tokenize
from pathlib import Path

import pytest

from chatkit.errors import HeadError
from chatkit.registry import Registry
from chatkit.scaffold import write_head, write_package
from chatkit.testing import run_checks

ROOT = Path(__file__).parents[2]


def lines_of_code(source: str) -> int:
    """Lines that hold code: not blank, no comment, no docstring."""
    skipped = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in skipped:
            lines |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Module | ast.ClassDef) and ast.get_docstring(node):
            lines -= set(range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1))
    return len(lines)


@pytest.mark.parametrize("name", ["mood", "two_words", "CamelCase", "classifier", "v2"])
def test_a_new_head_passes_the_kit_in_at_most_twelve_lines(tmp_path: Path, name: str) -> None:
    path = write_head(name, tmp_path)
    assert path == tmp_path / f"{name}.py"
    assert lines_of_code(path.read_text()) <= 12
    report = run_checks(path)
    assert report.ok, "\n".join(report.lines())
    assert Registry([str(path)]).load(name).name == name


@pytest.mark.parametrize("name", ["", "two words", "1st", "class", "_x", "a-b", "../up", "naïve", "a.py"])
def test_a_name_that_is_no_identifier_is_refused(tmp_path: Path, name: str) -> None:
    for write in (write_head, write_package):
        with pytest.raises(HeadError, match="cannot be the name"):
            write(name, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = write_head("mood", tmp_path)
    path.write_text("mine")
    with pytest.raises(HeadError, match="already there"):
        write_head("mood", tmp_path)
    assert path.read_text() == "mine"
    write_package("mood", tmp_path)
    with pytest.raises(HeadError, match="already there"):
        write_package("mood", tmp_path)


def test_a_package_that_is_installed_is_not_shadowed(tmp_path: Path) -> None:
    with pytest.raises(HeadError, match="chatkit_sentiment is installed"):
        write_package("sentiment", tmp_path)


@pytest.mark.slow
def test_a_new_package_installs_is_found_and_passes_its_own_test(tmp_path: Path) -> None:
    package = write_package("good_mood", tmp_path)
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run([*pip, "--target", str(site), str(package)], check=True, timeout=240)
    path = os.pathsep.join([str(site), str(ROOT), str(ROOT / "plugins")])
    env = {**os.environ, "PYTHONPATH": path, "CHATKIT_HOME": str(tmp_path / "home")}
    tests = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    subprocess.run(tests, cwd=package, env=env, check=True, timeout=240)
    code = (
        "from chatkit.registry import Registry as R; r = R(); print(r.entry('good_mood'), r.load('good_mood').__name__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, check=True
    )
    assert "origin='chatkit-good-mood'" in done.stdout
    assert "version='0.1.0'" in done.stdout
    assert "GoodMood" in done.stdout


def test_a_file_and_a_package_say_how_each_is_tried(tmp_path: Path) -> None:
    assert "chatkit --head mood.py" in write_head("mood", tmp_path).read_text()
    source = (write_package("mood", tmp_path) / "src" / "chatkit_mood" / "__init__.py").read_text()
    assert "pip install -e ." in source
    assert "mood.py" not in source
