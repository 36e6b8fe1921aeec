"""An assistant's plain parts for use elsewhere: the encoder's step, the softmax and what heads make of hidden states.

ONNX (any runtime) or safetensors with the plain weights. Each ONNX file is run by ONNX Runtime, where that is
installed, and compared with our own output.

B = batch, T = tokens, D = width, V = vocabulary, L = layers, C = classes, K = width of a vector
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from chatkit.assistant import Assistant
from chatkit.checkpoint import save_tensors, write_aside, write_json
from chatkit.config import to_table
from chatkit.errors import ModelError, StorageError
from chatkit.head.classifier import Classifier
from chatkit.head.encoded import Encoded
from chatkit.head.head import Head
from chatkit.runtime.loading import load

OPSET = 17
TOLERANCE = 1e-3
_STATE = ("h", "c")  # parts of a state of one size, as an LSTM's or a GRU's
_DYNAMIC = {
    "ids": {0: "B", 1: "T"},
    "lengths": {0: "B"},
    "states": {0: "B", 1: "T"},
    "h": {1: "B"},
    "c": {1: "B"},
    "h_after": {1: "B"},
    "c_after": {1: "B"},
    "hidden": {0: "N"},
}


class _Part(nn.Module):
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


class _Encoder(_Part):
    """ids (B, T) and state h, of an LSTM also c, (L, B, D) to states (B, T, D) and the state after; T = 1 is a step."""

    def __init__(self, assistant: Assistant) -> None:
        super().__init__()
        self.encoder = assistant.backbone.encoder
        self.state = _STATE[: len(self.encoder.zero_state(1))]
        self.inputs, self.outputs = ("ids", *self.state), ("states", *(f"{name}_after" for name in self.state))

    def forward(self, ids: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        states, after = self.encoder(ids, state)
        return states, *after


class _Softmax(_Part):
    """hidden (N, D) to logits (N, V) of the next piece."""

    inputs, outputs = ("hidden",), ("logits",)

    def __init__(self, assistant: Assistant) -> None:
        super().__init__()
        self.softmax = assistant.backbone.softmax

    def forward(self, hidden: Tensor) -> Tensor:
        out: Tensor = self.softmax(hidden)
        return out


class _HeadPart(_Part):
    """ids (B, T), lengths (B,), states (B, T, D) to what the head makes of them."""

    inputs = ("ids", "lengths", "states")

    def __init__(self, head: Head) -> None:
        super().__init__()
        self.head = head
        self.outputs = ("vector",) if head.makes_vectors() else ("logits",)

    def forward(self, ids: Tensor, lengths: Tensor, states: Tensor) -> Tensor:
        encoded = Encoded(ids, lengths, states, torch.full_like(ids, -1))
        if self.head.makes_vectors():
            return self.head.vector(encoded, self.head.fields[-1])
        of_states = self.head.deep_logits if isinstance(self.head, Classifier) else self.head.logits
        logits: Tensor = of_states({self.head.fields[0]: encoded})  # type: ignore[operator]
        return logits


def export_model(model: str | None, out: Path, form: Literal["onnx", "safetensors"]) -> dict[str, Any]:
    """Write an assistant's plain parts into a new folder.

    Args:
        model: Model folder; None for the shipped assistant.
        out: The folder; it must not hold an export or an assistant.
        form: ``onnx`` or ``safetensors``.
    Returns:
        ``{"out", "format", "files": [...], "left_out": {head: why}}``; each file ``{"file", "inputs", "outputs",
        "difference", "without"}``: the largest difference to our own output, None where it was not checked; parts of
        the head that are no function of its hidden states, such as its words, and so are not in the file.
    Raises:
        StorageError: If the folder holds something already.
        ModelError: If onnx is missing, this torch cannot export, or ONNX is asked of an encoder whose state grows.
    """
    if any((out / name).exists() for name in ("export.json", "assistant.toml")):
        raise StorageError(f"{out}: holds an export or an assistant already", hint="name another folder with --out")
    assistant = load(model).assistant
    if form == "onnx":
        if importlib.util.find_spec("onnx") is None:
            raise ModelError("ONNX files are written with the package onnx, which is not here", hint="pip install onnx")
        _check_state(assistant)
    for module in (assistant.backbone, *assistant.heads.values()):
        module.requires_grad_(False)
    write_aside(out / "tokenizer.model", assistant.tokenizer.to_bytes())
    write = _write_onnx if form == "onnx" else _write_safetensors
    table = {"out": str(out), "format": form, "lineage": assistant.lineage, **write(assistant, out)}
    table["encoder"] = to_table(assistant.config)
    table["heads"] = {
        name: {"labels": list(setup.labels), "options": dict(setup.options)} for name, setup in assistant.setups.items()
    }
    write_json(out / "export.json", table)
    return table


def _check_state(assistant: Assistant) -> None:
    state = assistant.backbone.encoder.zero_state(1)
    if len(state) > len(_STATE) or any(part.dim() != 3 or 0 in part.shape for part in state):
        kind = assistant.config.kind
        raise ModelError(
            f"ONNX is written of encoders whose state has one size (lstm, gru), and that of {kind} grows",
            hint="its plain weights: --format safetensors",
        )


def _write_safetensors(assistant: Assistant, out: Path) -> dict[str, Any]:
    tensors = dict(assistant.backbone.state_dict(prefix="backbone."))
    for name, head in assistant.heads.items():
        tensors |= head.state_dict(prefix=f"heads.{name}.")
    metadata = {"config": json.dumps(to_table(assistant.config)), "lineage": assistant.lineage}
    save_tensors(
        out / "model.safetensors", {name: tensor.float().contiguous() for name, tensor in tensors.items()}, metadata
    )
    return {"files": [{"file": "model.safetensors", "tensors": len(tensors)}], "left_out": {}}


def _write_onnx(assistant: Assistant, out: Path) -> dict[str, Any]:
    parts: dict[str, _Part] = {"encoder": _Encoder(assistant), "softmax": _Softmax(assistant)}
    left_out = {}
    for name, head in assistant.heads.items():
        if head.makes_vectors() or callable(getattr(head, "logits", None)):
            parts[f"heads/{name}"] = _HeadPart(head)
        else:
            left_out[name] = "has neither vector nor logits; it works on encoder and softmax"
    files = []
    for name, part in parts.items():
        path = out / f"{name}.onnx"
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _export(part.eval(), _example(assistant, part, batch=2, tokens=7), path)
        except Exception as error:
            if not name.startswith("heads/"):
                raise ModelError(f"this torch cannot export the {name}: {error}") from None
            left_out[name.removeprefix("heads/")] = f"cannot be traced: {str(error).splitlines()[0][:120]}"
            continue
        difference = _difference(path, part, _example(assistant, part, batch=3, tokens=11))
        row = {"inputs": list(part.inputs), "outputs": list(part.outputs), "difference": difference}
        if isinstance(part, _HeadPart) and isinstance(part.head, Classifier):
            row["without"] = list(part.head.beside)
        files.append({"file": f"{name}.onnx", **row})
    return {"files": files, "left_out": left_out}


def _example(assistant: Assistant, part: _Part, *, batch: int, tokens: int) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(batch)
    ids = torch.randint(len(assistant.tokenizer), (batch, tokens), generator=generator)
    lengths = torch.arange(tokens, tokens - batch, -1)
    with torch.no_grad():
        states, state = assistant.backbone.encoder(ids)
    every = {"ids": ids, "lengths": lengths, "states": states, "hidden": states[:, -1]}
    every |= dict(zip(_STATE, state, strict=False))
    return {name: every[name] for name in part.inputs}


def _export(part: _Part, example: Mapping[str, Tensor], path: Path) -> None:
    names = [*part.inputs, *part.outputs]
    dynamic = {name: _DYNAMIC.get(name, {0: "B" if "lengths" in part.inputs else "N"}) for name in names}
    with _quiet(), torch.no_grad():
        # The exporter that traces: the newer one asks for a package more, and has no LSTM operator to offer.
        torch.onnx.export(
            part,
            tuple(example.values()),
            str(path),
            input_names=list(part.inputs),
            output_names=list(part.outputs),
            dynamic_axes=dynamic,
            opset_version=OPSET,
            dynamo=False,
        )


def _difference(path: Path, part: _Part, example: Mapping[str, Tensor]) -> float | None:
    """Largest difference between ONNX Runtime's outputs and ours; None where it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        return None
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    wanted = {item.name for item in session.get_inputs()}  # an input that the head does not use is not in the graph
    theirs = session.run(None, {name: tensor.numpy() for name, tensor in example.items() if name in wanted})
    with torch.no_grad():
        ours = part(*example.values())
    ours = ours if isinstance(ours, tuple) else (ours,)
    return max(float((mine - torch.from_numpy(other)).abs().max()) for mine, other in zip(ours, theirs, strict=True))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
