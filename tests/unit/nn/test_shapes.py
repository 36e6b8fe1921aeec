"""A module made for its shapes has them, takes no memory, and leaves torch's compiler where it is."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch

from chatkit.nn.encoder import EncoderConfig, make_encoder
from chatkit.nn.shapes import shapes_only
from chatkit.nn.vocabulary import Backbone

SCRIPT = """
import sys
from chatkit.runtime.loading import load
loaded = load(None)
assert len(loaded.assistant.heads) >= 3, loaded.heads
print(",".join(name for name in ("torch._dynamo", "torch._inductor", "sympy", "torch.onnx") if name in sys.modules))
"""


@pytest.mark.parametrize("kind", ["lstm", "gru", "transformer", "lstm_attention"])
def test_shapes_are_those_of_the_real_module(kind: str) -> None:
    config = EncoderConfig(kind=kind, embedding=16, hidden=32, layers=2)
    real = Backbone(make_encoder(config, 50)).state_dict()
    with shapes_only():
        made = Backbone(make_encoder(config, 50)).state_dict()
    assert {name: t.shape for name, t in made.items()} == {name: t.shape for name, t in real.items()}
    assert all(tensor.is_meta for tensor in made.values())
    assert not torch.zeros(1).is_meta  # what comes after is as ever


def test_loading_the_shipped_assistant_imports_no_compiler() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=300, check=True)
    assert done.stdout.strip() == ""
