"""Every kind of encoder is trained, resumed bit for bit, saved and asked, with carried states and fresh rows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from chatkit.runtime.api import Chat
from chatkit.training.progress import Progress
from chatkit.training.recipe import Recipe
from chatkit.training.run import Run


@pytest.mark.parametrize("kind", ["gru", "transformer", "lstm_attention"])
def test_trained_resumed_and_asked(micro: Callable[..., Recipe], tmp_path: Path, kind: str) -> None:
    shape = [f'encoder.kind="{kind}"', "train.learning_rate=1e-3", "heads.generation.reset=0.3"]
    shape += [] if kind == "gru" else ["encoder.options={heads = 2, window = 20}"]

    def run(folder: str, steps: int) -> Run:
        return Run(micro(*shape, f"train.steps={steps}"), tmp_path / folder, Progress(quiet=True), device="cpu")

    whole = run("whole", 8)
    whole.start()
    assert whole.train(finish=False)
    parts = run("parts", 8)
    parts.start()
    while parts.trainer.step < 4:
        parts.trainer.train_step()
    parts.checkpoint()
    again = run("parts", 8)
    again.resume()
    assert again.train(finish=False)
    for (name, a), b in zip(
        whole.assistant.backbone.state_dict().items(), again.assistant.backbone.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b), name
    again.save_assistant()
    reply = Chat(tmp_path / "parts").ask("hello", seed=3, max_tokens=5)
    assert reply.as_json()["answers"]
