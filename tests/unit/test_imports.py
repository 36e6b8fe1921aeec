"""What may be imported when: start-up is paid for by every user."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = ("torch", "numpy", "sentencepiece", "safetensors", "bm25s", "textual", "scipy")


def loaded_after(code: str) -> set[str]:
    """Top-level modules that are loaded after some code ran in a fresh interpreter."""
    script = f"{code}\nimport json, sys\nprint('\\n' + json.dumps(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    return set(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    "argv",
    [
        ["--help"],
        ["--version"],
        ["heads"],
        ["heads", "--json"],
        ["ask", "--help"],
        ["train", "--help"],
        ["sweep", "--help"],
        ["report", "--help"],
    ],
)
def test_commands_that_need_no_model_import_nothing_heavy(argv: list[str]) -> None:
    assert not loaded_after(f"from chatkit.cli import run\nassert run({argv!r}) == 0") & set(HEAVY)


def test_a_mistake_is_told_before_anything_heavy_is_imported() -> None:
    code = "from chatkit.cli import run\nassert run(['ask', 'x', '--max-tokens', '0']) == 2"
    assert not loaded_after(code) & set(HEAVY)


@pytest.mark.parametrize(
    "module", ["chatkit", "chatkit.errors", "chatkit.paths", "chatkit.config", "chatkit.checkpoint"]
)
def test_the_ground_floor_is_light(module: str) -> None:
    assert not loaded_after(f"import {module}") & set(HEAVY)


def test_what_crosses_the_pipe_is_light() -> None:
    code = "import chatkit.head.answer, chatkit.runtime.events, chatkit.registry"
    assert not loaded_after(code) & set(HEAVY)


def test_the_public_names() -> None:
    import chatkit
    from chatkit import plugin_api

    assert chatkit.__all__ == ["__version__", "load"]
    assert all(hasattr(plugin_api, name) for name in plugin_api.__all__)
    assert sorted(plugin_api.__all__) == plugin_api.__all__
    assert {"Head", "Classifier", "Answer", "Loss", "Info", "Vocabulary", "API_VERSION"} <= set(plugin_api.__all__)
