"""What all tests share: a home of their own, one thread, and one small assistant that was really trained."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from chatkit.assistant import Assistant
    from chatkit.text.tokenizer import Tokenizer
    from chatkit.training.recipe import Recipe

# Before anything imports torch, and for the processes that tests start.
os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"

# A busy machine is no failure. HYPOTHESIS_PROFILE=thorough looks longer.
hypothesis.settings.register_profile("chatkit", deadline=None, max_examples=40)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "chatkit"))

SMALL = (
    "tokenizer.vocab_size=700",
    "encoder.embedding=48",
    "encoder.hidden=96",
    "train.steps=100",
    "train.threads=1",
    "train.evaluate=1",
    "train.learning_rate=8e-3",
    "heads.generation.window=48",
    "heads.retrieval.options.dim=48",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Two workers for the suite or a folder of it; none where they cost more than they save.

    One file is run faster without them. Slow tests measure time and memory, or start processes of their own. The
    summary of a contract, unused snapshots to be removed, and output that is not captured reach the terminal from one
    process alone. ``-n`` overrides it.
    """
    folders = all(Path(argument).is_dir() for argument in config.args)
    alone = config.option.markexpr != "not slow" or config.option.capture == "no"
    alone |= any(config.getoption(name, None) for name in ("chatkit_head", "update_snapshots", "trace"))
    return min(2, os.cpu_count() or 1) if folders and not alone else 0


@pytest.fixture(autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's folder, empty at the start of each test."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CHATKIT_HOME", str(folder))
    return folder


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a small assistant with all three heads, trained on the English corpus; do not write into it."""
    from chatkit.training.progress import Progress
    from chatkit.training.recipe import load_recipe
    from chatkit.training.run import Run

    patch = pytest.MonkeyPatch()
    patch.setenv("CHATKIT_HOME", str(tmp_path_factory.mktemp("trained-home")))
    folder = tmp_path_factory.mktemp("trained") / "small"
    run = Run(load_recipe("corpora:english.toml", SMALL), folder, Progress(quiet=True), device="cpu")
    run.start()
    assert run.train()
    patch.undo()
    return folder


@pytest.fixture
def model(trained: Path, tmp_path: Path) -> Path:
    """A copy of the small assistant that a test may spoil."""
    return Path(shutil.copytree(trained, tmp_path / "model"))


@pytest.fixture(scope="session")
def tokenizer(trained: Path) -> Tokenizer:
    """The tokenizer of the small assistant."""
    from chatkit.text.tokenizer import Tokenizer

    return Tokenizer.load(trained / "tokenizer.model")


@pytest.fixture(scope="session")
def load_assistant() -> Callable[[Path], Assistant]:
    """Loads an assistant with the heads that chatkit ships."""
    from chatkit.assistant import Assistant
    from chatkit.registry import Registry

    return lambda folder: Assistant.load(folder, Registry(safe=True).load)


@pytest.fixture
def assistant(trained: Path, load_assistant: Callable[[Path], Assistant]) -> Assistant:
    """The small assistant, loaded anew."""
    return load_assistant(trained)


MICRO = """
seed = 7
[tokenizer]
path = "{tokenizer}"
[encoder]
embedding = 16
hidden = 24
dropout = 0.2
[train]
steps = 12
threads = 1
evaluate = 1
warmup = 0.1
[heads.generation]
data = [{{path = "corpora:english/dialogue", most = 40}}]
batch = 6
window = 24
[heads.sentiment]
data = [{{path = "corpora:english/sentiment", most = 40}}]
batch = 6
"""


@pytest.fixture
def config_file(trained: Path, tmp_path: Path) -> Path:
    """The config of a run of a second: few records, a tiny encoder with dropout, the small tokenizer."""
    path = tmp_path / "micro.toml"
    path.write_text(MICRO.format(tokenizer=(trained / "tokenizer.model").as_posix()), encoding="utf-8")
    return path


@pytest.fixture
def micro(config_file: Path) -> Callable[..., Recipe]:
    """Makes the recipe of ``config_file``, with overrides."""
    from chatkit.training.recipe import load_recipe

    return lambda *overrides: load_recipe(str(config_file), overrides)
