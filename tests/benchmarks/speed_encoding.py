"""Encoding many passages into vectors: ours beside padded batches of 32 in the order given, in float32.

Both use the same weights and all cores that the process may use: the peer by torch's own threads. 10,000 passages of 20
to 128 pieces with the spread of real ones (few are long); wall time, and CPU time beside it.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import torch
from frame import Result, Target, interleaved

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.data.batching import pad, record_ids
from chatkit.head.encode import encode_padded
from chatkit.nn.parallel import cores
from chatkit.registry import Registry

SENTENCE = "table window kitchen evening friend asks whether trains leave early and who will bring old maps of it"


def passages(count: int) -> list[str]:
    """Texts whose lengths follow a log-normal law, 10 to 110 words."""
    rng = np.random.default_rng(0)
    lengths = np.clip(rng.lognormal(3.6, 0.6, count), 10, 110).astype(int)
    return [" ".join(rng.choice(SENTENCE.split(), n)) for n in lengths]


def run(*, smoke: bool) -> list[Result]:
    """Passages a second, and how like the vectors are."""
    count, rounds = (40, 2) if smoke else (10_000, 3)
    assistant = Assistant.load(paths.shipped_model(), Registry(safe=True).load)
    head = assistant.vector_head()
    assert head is not None
    field, texts = head.fields[-1], passages(count)
    cpu: dict[str, list[float]] = {"ours": [], "plain": []}
    out: dict[str, np.ndarray] = {}

    def ours() -> None:
        torch.set_num_threads(1)
        start = time.process_time()
        parts = [assistant.vectors(head, texts[i : i + 1024], field) for i in range(0, count, 1024)]
        out["ours"] = np.concatenate(parts)
        cpu["ours"].append(time.process_time() - start)

    @torch.inference_mode()
    def plain() -> None:
        torch.set_num_threads(cores())
        start, parts = time.process_time(), []
        for i in range(0, count, 32):
            records = [{field: text} for text in texts[i : i + 32]]
            rows = [record_ids(assistant.tokenizer, r, field, head.view_of(field, r), 128) for r in records]
            encoded = encode_padded(assistant.backbone.encoder, pad(rows, assistant.tokenizer.pad))
            parts.append(head.vector(encoded, field).numpy())
        out["plain"] = np.concatenate(parts)
        torch.set_num_threads(1)
        cpu["plain"].append(time.process_time() - start)

    mine, peer = "chatkit: sorted, token budget, bf16, a batch a core", "padded, random order, fp32, torch's threads"
    rates = interleaved({mine: ours, peer: plain}, count, rounds=rounds, clock="wall")
    result = Result(f"encoding {count:,} passages", "passages", "wall", peer, rates)
    result.facts["CPU time, ratio"] = statistics.median(b / a for a, b in zip(cpu["ours"], cpu["plain"], strict=True))
    result.facts["least cosine between the two"] = float((out["ours"] * out["plain"]).sum(1).min())
    result.targets = [Target("encoding passages, against padded random fp32, times", result.ratio(mine), 3)]
    return [result]
