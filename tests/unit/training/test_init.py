"""Training goes on from the weights of another assistant."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.errors import ConfigError
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run


def begin(recipe: Recipe, folder: Path) -> Run:
    run = Run(recipe, folder, Progress(quiet=True), device="cpu")
    run.start()
    return run


def test_a_run_begins_with_the_weights_and_pieces_of_init(
    trained: Path, tmp_path: Path, micro: Callable[..., Recipe], assistant: Assistant
) -> None:
    shape = ("encoder.embedding=48", "encoder.hidden=96")
    run = begin(micro(f"init={trained}", *shape), tmp_path / "on")
    assert run.assistant.tokenizer.to_bytes() == assistant.tokenizer.to_bytes()
    for part in ("backbone", "heads.sentiment"):
        old = assistant.backbone if part == "backbone" else assistant.heads["sentiment"]
        new = run.assistant.backbone if part == "backbone" else run.assistant.heads["sentiment"]
        for name, tensor in old.state_dict().items():
            assert torch.equal(tensor, new.state_dict()[name])


def test_an_encoder_of_another_shape_is_refused(trained: Path, tmp_path: Path, micro: Callable[..., Recipe]) -> None:
    with pytest.raises(ConfigError, match="encoder"):
        begin(micro(f"init={trained}"), tmp_path / "on")
