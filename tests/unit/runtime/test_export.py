"""What is exported gives elsewhere what it gives here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file

from chatkit.assistant import Assistant, HeadSetup
from chatkit.cli.export_command import command
from chatkit.errors import ModelError, StorageError
from chatkit.nn.encoder import EncoderConfig
from chatkit.registry import Registry
from chatkit.runtime.export import export_model


@pytest.fixture(scope="module")
def exported(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "onnx"
    export_model(str(trained), out, "onnx")
    return out


def test_each_file_was_run_and_agrees(exported: Path) -> None:
    table = json.loads((exported / "export.json").read_text())
    assert {row["file"] for row in table["files"]} == {
        "encoder.onnx",
        "softmax.onnx",
        "heads/sentiment.onnx",
        "heads/retrieval.onnx",
    }
    assert all(row["difference"] < 1e-4 for row in table["files"])
    assert set(table["left_out"]) == {"generation"}
    assert (exported / "tokenizer.model").is_file()


def test_what_is_no_function_of_hidden_states_is_named_and_left_out(tmp_path: Path) -> None:
    """The shipped sentiment head hears words: its file holds its layers, and says what it is without."""
    table = export_model(None, tmp_path / "plain", "onnx")
    row = next(row for row in table["files"] if row["file"] == "heads/sentiment.onnx")
    assert row["without"] == ["wide", "words", "lexicon"]
    assert row["difference"] < 1e-3
    assert set(table["left_out"]) == {"generation", "translation"}
    said = CliRunner().invoke(command, ["--format", "onnx", "--out", str(tmp_path / "again")])
    assert "without wide, words, lexicon" in said.output


def test_a_reply_can_be_stepped_elsewhere(exported: Path, assistant: Assistant) -> None:
    """Greedy steps of encoder and softmax under ONNX Runtime, from the zero state, beside ours."""
    onnxruntime = pytest.importorskip("onnxruntime")
    encoder, softmax = (onnxruntime.InferenceSession(str(exported / f"{n}.onnx")) for n in ("encoder", "softmax"))
    h, c = (part.numpy() for part in assistant.backbone.encoder.zero_state(1))
    ours = assistant.backbone.encoder.zero_state(1)
    index = 5
    for _ in range(12):
        states, h, c = encoder.run(None, {"ids": np.array([[index]]), "h": h, "c": c})
        logits = softmax.run(None, {"hidden": states[:, -1]})[0]
        with torch.inference_mode():
            mine, ours = assistant.backbone.encoder(torch.tensor([[index]]), ours)
            expected = assistant.backbone.softmax(mine[:, -1])
        np.testing.assert_allclose(logits, expected.numpy(), atol=1e-4)
        index = int(logits.argmax())


def test_safetensors_hold_plain_weights(
    trained: Path, tmp_path: Path, load_assistant: Callable[[Path], Assistant]
) -> None:
    result = CliRunner().invoke(
        command, ["--model", str(trained), "--format", "safetensors", "--out", str(tmp_path / "x"), "--json"]
    )
    assert result.exit_code == 0, result.output
    tensors = load_file(tmp_path / "x" / "model.safetensors")
    assistant = load_assistant(trained)
    for name, tensor in assistant.backbone.state_dict(prefix="backbone.").items():
        assert torch.equal(tensors[name], tensor)
    assert any(name.startswith("heads.sentiment.") for name in tensors)


def test_it_writes_over_nothing(exported: Path, trained: Path) -> None:
    with pytest.raises(StorageError, match="holds an export"):
        export_model(str(trained), exported, "onnx")
    with pytest.raises(StorageError, match="or an assistant"):
        export_model(str(trained), trained, "onnx")


@pytest.fixture
def of_kind(tokenizer, tmp_path: Path) -> Callable[[str], Path]:
    """Saves an assistant of random weights with an encoder of a kind."""

    def make(kind: str) -> Path:
        assistant = Assistant(tokenizer, EncoderConfig(kind, embedding=16, hidden=32))
        setup = HeadSetup(labels=("negative", "positive"), trained=True)
        assistant.add_head(Registry(safe=True).load("sentiment"), setup)
        assistant.save(tmp_path / kind)
        return tmp_path / kind

    return make


def test_a_gru_is_exported_with_its_one_state(of_kind: Callable[[str], Path], tmp_path: Path) -> None:
    table = export_model(str(of_kind("gru")), tmp_path / "out", "onnx")
    encoder = table["files"][0]
    assert (encoder["inputs"], encoder["outputs"]) == (["ids", "h"], ["states", "h_after"])
    assert all(row["difference"] < 1e-4 for row in table["files"])


@pytest.mark.parametrize("kind", ["transformer", "lstm_attention"])
def test_an_encoder_whose_state_grows_is_refused_in_words(
    of_kind: Callable[[str], Path], tmp_path: Path, kind: str
) -> None:
    model = of_kind(kind)
    with pytest.raises(ModelError, match=rf"that of {kind} grows.*--format safetensors"):
        export_model(str(model), tmp_path / "out", "onnx")
    assert not (tmp_path / "out").exists()
    assert export_model(str(model), tmp_path / "out", "safetensors")["files"]


def test_without_onnx_the_way_out_is_named(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelError, match="package onnx") as caught:
        export_model(str(trained), tmp_path / "plain", "onnx")
    assert caught.value.hint == "pip install onnx"
    assert not (tmp_path / "plain").exists()
