"""``pytest --chatkit-head``: one case a check, a clear line for a head that cannot be loaded, light to import."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAD = """from chatkit.plugin_api import Classifier, Loss

class Mood(Classifier):
    name = "mood"
    examples = ({"text": "good fun", "label": "happy"}, {"text": "dull", "label": "sad"})

    def loss(self, encoded, examples):
        return Loss(super().loss(encoded, examples).total / len(examples), len(examples))
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'plugins'}", "CHATKIT_HOME": str(folder / "home")}
    # The plugin comes from the installed entry point, as for any author.
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=240)


def test_a_faulty_head_fails_in_the_case_that_caught_it_and_no_other_test_is_run(tmp_path: Path) -> None:
    (tmp_path / "mood.py").write_text(HEAD)
    (tmp_path / "test_other.py").write_text("def test_other():\n    assert False\n")
    done = run(tmp_path, "--chatkit-head", "mood.py")
    assert done.returncode == 1, done.stdout
    assert "FAIL loss_is_summed: in eval, a batch against its examples alone" in done.stdout
    assert "1 failed," in done.stdout
    assert "Traceback" not in done.stdout


def test_a_head_that_cannot_be_loaded_is_a_usage_error_in_one_line(tmp_path: Path) -> None:
    done = run(tmp_path, "--chatkit-head", "nowhere.py")
    assert done.returncode == 4
    assert "nowhere.py" in done.stderr
    assert "Traceback" not in done.stderr + done.stdout


def test_the_plugin_imports_nothing_heavy() -> None:
    heavy = "('torch', 'numpy', 'textual')"
    code = f"import sys, chatkit.testing.pytest_plugin; print([m for m in {heavy} if m in sys.modules])"
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
