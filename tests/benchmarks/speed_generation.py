"""Generation: greedy steps of batch 1 on one thread, beside eager ``nn.LSTM``, ``quantize_dynamic`` and ONNX Runtime.

All peers hold the same weights (LSTM, projection, tied softmax) and do the same work for each token: one step from the
last state and the most probable next id. Speed is measured on weights drawn at random; agreement and bits per byte on
the shipped assistant.

D = width, V = vocabulary, L = layers
"""

from __future__ import annotations

import logging
import math
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from frame import Result, Target, interleaved
from torch import Tensor, nn

from chatkit.nn.decoding import Sampling, choose
from chatkit.nn.encoder import EncoderConfig, make_encoder
from chatkit.nn.step import Stepper
from chatkit.nn.vocabulary import Backbone

TEXT = (
    "Hello, I would like to book a table for two on Friday evening. Could you tell me whether there is one free at "
    "seven? We would be glad of a place by the window. My sister has never been to this town, and I have told her "
    "that yours is the best kitchen in it. If seven is not possible, eight would do as well. Thank you very much! "
)
OURS, EAGER = "chatkit int8 step", "eager nn.LSTM fp32"
WHY = "the products take about two thirds of a step and read at half the limit (`products`), small operations the rest"


class _Step(nn.Module):
    """One step as a module: ids (B, 1) and state to logits (B, V) and state."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        encoder, softmax = backbone.encoder, backbone.softmax
        self.embedding, self.lstm, self.projection = encoder.embedding, encoder.lstm, softmax.projection
        self.out = nn.Linear(*reversed(softmax.weight.shape))
        self.out.weight, self.out.bias = nn.Parameter(softmax.weight.detach()), nn.Parameter(softmax.bias.detach())

    def forward(self, ids: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        states, (h, c) = self.lstm(self.embedding(ids), (h, c))
        return self.out(self.projection(states[:, -1])), h, c


def _best(logits: Tensor) -> Tensor:
    """The most probable id, (1,); by numpy as for ONNX Runtime, whose argmax takes a third of torch's time."""
    return torch.tensor([int(logits.numpy().argmax())])


def weight_bytes(config: EncoderConfig, vocab_size: int) -> int:
    """Bytes of int8 weights that a step reads: every matrix once, of the embedding one row."""
    inputs = [config.embedding] + [config.hidden] * (config.layers - 1)
    lstm = sum(4 * config.hidden * (wide + config.hidden) for wide in inputs)
    return lstm + config.hidden * config.embedding + vocab_size * config.embedding


def _ours(backbone: Backbone, tokens: int) -> Callable[[], None]:
    stepper = Stepper(backbone)

    def run() -> None:
        state, index = backbone.encoder.zero_state(1), torch.tensor([1])
        for _ in range(tokens):
            hidden, state = stepper.step(index, state)
            index = _best(stepper.logits(hidden))

    return run


def _module(step: nn.Module, backbone: Backbone, tokens: int) -> Callable[[], None]:
    def run() -> None:
        (h, c), index = backbone.encoder.zero_state(1), torch.tensor([1])
        for _ in range(tokens):
            logits, h, c = step(index[None], h, c)
            index = _best(logits)

    return run


def _onnx(backbone: Backbone, tokens: int) -> Callable[[], None] | None:
    """ONNX Runtime on the model that its own tool quantised; None where it is not installed."""
    try:
        import onnxruntime
        from onnxruntime.quantization import QuantType, quantize_dynamic
    except ImportError:
        return None
    (h, c), ids = backbone.encoder.zero_state(1), torch.tensor([[1]])
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plain, packed = Path(folder, "step.onnx"), Path(folder, "int8.onnx")
        names = {"input_names": ["ids", "h", "c"], "output_names": ["logits", "h_out", "c_out"]}
        step = _Step(backbone).eval()
        # Not the very table of the embedding: the exporter would share it, its quantiser take neither use of it as
        # int8, and ONNX Runtime transpose it in every step.
        step.out.weight = nn.Parameter(step.out.weight * (1 + 1e-6))
        torch.onnx.export(step, (ids, h, c), plain, dynamo=False, opset_version=17, **names)
        logging.getLogger().setLevel(logging.ERROR)  # it recommends a step for vision models
        quantize_dynamic(plain, packed, weight_type=QuantType.QInt8, per_channel=True)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(packed.read_bytes(), options, providers=["CPUExecutionProvider"])
    zero = h.numpy()

    def run() -> None:
        state: tuple[Any, Any] = (zero, zero)
        index = 1
        array = ids.numpy().copy()
        for _ in range(tokens):
            array[0, 0] = index
            logits, *state = session.run(None, {"ids": array, "h": state[0], "c": state[1]})
            index = int(logits.argmax())

    return run


def _bandwidth(num_bytes: int, tokens: int) -> Callable[[], None]:
    """Reads as many bytes as a step does, in the same pattern of passes, and does nothing else with them."""
    block = torch.zeros(num_bytes // 4)

    def run() -> None:
        for _ in range(tokens):
            block.sum()

    return run


def speed(label: str, config: EncoderConfig, vocab_size: int, *, tokens: int, rounds: int) -> Result:
    """Tokens a second of all peers on one shape."""
    torch.manual_seed(0)
    backbone = Backbone(make_encoder(config, vocab_size)).eval().requires_grad_(False)
    peers = {OURS: _ours(backbone, tokens), EAGER: _module(_Step(backbone).eval(), backbone, tokens)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its end is announced, that is why we have our own
        dynamic = torch.ao.quantization.quantize_dynamic(_Step(backbone).eval(), {nn.LSTM, nn.Linear}, torch.qint8)
    peers["torch quantize_dynamic"] = _module(dynamic, backbone, tokens)
    onnx = _onnx(backbone, tokens)
    if onnx:
        peers["ONNX Runtime int8"] = onnx
    num_bytes = weight_bytes(config, vocab_size)
    limit = "limit: reading the weights"
    peers[limit] = _bandwidth(num_bytes, tokens)
    rates = interleaved(peers, tokens, rounds=rounds, clock="cpu")
    result = Result(f"generation, {label}", "tokens", "cpu", EAGER, rates)
    result.facts["MB of int8 weights a token"] = num_bytes / 1e6
    result.facts["ours against the bandwidth limit"] = result.ratio(OURS, limit)
    result.targets = [Target(f"generation {label}, against eager nn.LSTM, times", result.ratio(OURS), 25, why=WHY)]
    if onnx:
        ratio = result.ratio(OURS, "ONNX Runtime int8")
        result.targets.append(Target(f"generation {label}, against ONNX Runtime int8, times", ratio, 0.9, why=WHY))
    else:
        result.facts["left out"] = "ONNX Runtime is not installed"
    share = result.ratio(OURS, limit)
    result.targets.append(Target(f"generation {label}, share of the bandwidth limit", share, 0.6, why=WHY))
    return result


def batches(config: EncoderConfig, vocab_size: int, *, tokens: int, rounds: int) -> Result:
    """What several candidates at once cost, and drawing by all settings beside taking the best."""
    torch.manual_seed(0)
    backbone = Backbone(make_encoder(config, vocab_size)).eval().requires_grad_(False)
    stepper, sampling = Stepper(backbone), Sampling()
    generator = torch.Generator().manual_seed(1)

    def steps(batch: int, draw: bool = False) -> None:
        state, ids = backbone.encoder.zero_state(batch), torch.ones(batch, dtype=torch.long)
        for t in range(tokens):
            hidden, state = stepper.step(ids, state)
            logits = stepper.logits(hidden)
            if draw:
                ids = torch.tensor([choose(logits[0], sampling, generator=generator, recent=range(t))])
            else:
                ids = logits.argmax(1)

    peers = {f"batch {n}, best id": (lambda n=n: steps(n)) for n in (1, 4, 8)}
    peers["batch 1, drawn with all settings"] = lambda: steps(1, draw=True)
    rates = interleaved(peers, tokens, rounds=rounds, clock="cpu")
    return Result("generation, small batches and sampling", "steps", "cpu", "batch 1, best id", rates)


def quality(*, pieces: int) -> Result:
    """Agreement and bits per byte of the int8 step with the plain LSTM, on the shipped assistant and a fixed text."""
    from chatkit import paths
    from chatkit.assistant import Assistant
    from chatkit.registry import Registry

    assistant = Assistant.load(paths.shipped_model(), Registry(safe=True).load, only=[])
    tokenizer, backbone = assistant.tokenizer, assistant.backbone
    stepper = Stepper(backbone)
    own = tokenizer.encode(TEXT)
    ids = torch.tensor([tokenizer.special("<user>"), *(own * math.ceil(pieces / len(own)))][: pieces + 1])
    states, _ = backbone.encoder(ids[None, :-1])
    plain = backbone.softmax(states[0])
    state, rows = backbone.encoder.zero_state(1), []
    for index in ids[:-1]:
        hidden, state = stepper.step(index[None], state)
        rows.append(stepper.logits(hidden)[0])
    ours = torch.stack(rows)
    agreement = float((ours.argmax(1) == plain.argmax(1)).float().mean())
    nats = [float(nn.functional.cross_entropy(logits, ids[1:])) for logits in (ours, plain)]
    result = Result("generation, int8 step beside fp32 nn.LSTM on the shipped assistant", "", "cpu", "", {})
    result.facts = {"pieces": len(ids) - 1, "same best id": agreement, "bits per byte, ratio": nats[0] / nats[1]}
    result.targets = [
        Target("greedy agreement of int8 with fp32", agreement, 0.98),
        Target("bits per byte of int8 by fp32", nats[0] / nats[1], 1.005, at_most=True),
    ]
    return result


@torch.inference_mode()
def run(*, smoke: bool) -> list[Result]:
    """All of it."""
    torch.set_num_threads(1)
    if smoke:
        tiny = EncoderConfig(embedding=32, hidden=48, layers=2)
        return [
            speed("smoke", tiny, 300, tokens=5, rounds=2),
            batches(tiny, 300, tokens=5, rounds=2),
            quality(pieces=40),
        ]
    return [
        speed("2x512", EncoderConfig(embedding=512, hidden=512, layers=2), 8192, tokens=100, rounds=15),
        speed("1x512", EncoderConfig(embedding=256, hidden=512), 8000, tokens=100, rounds=15),
        batches(EncoderConfig(embedding=256, hidden=512), 8000, tokens=100, rounds=11),
        quality(pieces=1000),
    ]
