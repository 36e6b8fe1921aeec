"""A sampled softmax in training beside the full one in chunks: steps a CPU second, and what it costs in quality.

The language model of the tutorial's corpus with the shipped pieces, and the same with a vocabulary of whole words as
large as that of WikiText, where the softmax is most of a step. The loss on dev is that of the full softmax after equal
steps, and after equal processor time.
"""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import chatkit_corpora
import torch
from frame import Result, interleaved

from chatkit import paths
from chatkit.data.records import Problems
from chatkit.nn.encoder import EncoderConfig
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.building import find_head, new_assistant
from chatkit.training.evaluator import evaluate
from chatkit.training.prepare import make_batches
from chatkit.training.reading import read_records
from chatkit.training.recipe import HeadConfig, Recipe, SourceConfig, TrainConfig
from chatkit.training.trainer import Trainer

PARTS = ("dialogue", "manners")
FULL, SAMPLED = "full softmax, in chunks", "sampled softmax"


class Side:
    """A trainer with one of the two, on the same data in the same order."""

    def __init__(self, kind: str, tokenizer: Tokenizer, *, hidden: int, part: int) -> None:
        torch.manual_seed(1)
        sources = tuple(SourceConfig(path=str(chatkit_corpora.path("english") / p), repeat=4) for p in PARTS)
        config = HeadConfig(data=sources, batch=32, window=96)
        train = TrainConfig(steps=10**6, schedule="constant", warmup=0.0, frequent=part, sampled=part)
        self.recipe = Recipe(
            encoder=EncoderConfig(embedding=hidden // 2, hidden=hidden),
            train=dataclasses.replace(train, softmax="sampled" if kind == SAMPLED else "full"),
            heads={"generation": config},
        )
        head = find_head("generation", None)
        records = [r for s in sources for r in read_records(head, Path(s.path), "train", Problems()) * s.repeat]
        self.dev = [r for s in sources for r in read_records(head, Path(s.path), "dev", Problems())]
        self.assistant = new_assistant(tokenizer, self.recipe, {"generation": head}, {"generation": records})
        batches = {"generation": make_batches(head, config, records, tokenizer, 1)}
        self.trainer = Trainer(self.assistant, batches, {"generation": len(records)}, self.recipe)
        self.seconds = 0.0

    def train(self, steps: int) -> None:
        """So many steps more."""
        start = time.process_time()
        for _ in range(steps):
            self.trainer.train_step()
        self.seconds += time.process_time() - start

    def loss(self) -> float:
        """On dev, nats a piece, by the full softmax."""
        return float(evaluate(self.assistant, self.assistant.heads["generation"], self.dev)["loss"].value)


def compare(tokenizer: Tokenizer, *, hidden: int, part: int, steps: int, rounds: int) -> Result:
    """One vocabulary."""
    sides = {kind: Side(kind, tokenizer, hidden=hidden, part=part) for kind in (FULL, SAMPLED)}
    peers = {kind: (lambda side=side: side.train(steps)) for kind, side in sides.items()}
    rates = interleaved(peers, steps, rounds=rounds, clock="cpu")
    name = f"softmax in training, LSTM 1x{hidden}, {len(tokenizer):,} pieces, {part} + {part} of them sampled"
    result = Result(name, "steps", "cpu", FULL, rates)
    equal = f"after {sides[FULL].trainer.step} steps"
    for kind, side in sides.items():
        result.facts[f"dev loss {equal}, {kind}"] = side.loss()
    while sides[SAMPLED].seconds < sides[FULL].seconds:
        sides[SAMPLED].train(1)
    result.facts[f"dev loss in the processor time of that, {SAMPLED}"] = sides[SAMPLED].loss()
    result.facts[f"steps in that time, {SAMPLED}"] = sides[SAMPLED].trainer.step
    return result


def run(*, smoke: bool) -> list[Result]:
    """The shipped vocabulary, and one of 33,000 words."""
    pieces = Tokenizer.load(paths.shipped_model() / "tokenizer.model")
    hidden, part, steps, rounds = (16, 200, 1, 2) if smoke else (512, 1000, 2, 12)
    out = [compare(pieces, hidden=hidden, part=part, steps=steps, rounds=rounds)]
    if not smoke:
        words = Tokenizer.train(large(33_000), vocab_size=33_300, kind="word")
        out.append(compare(words, hidden=hidden, part=2 * part, steps=1, rounds=6))
    return out


def large(words: int) -> list[str]:
    """The corpus' lines, and made-up words up to so many: what they are does not matter to the cost of a step."""
    lines = [
        f.read_text(encoding="utf-8") for p in PARTS for f in (chatkit_corpora.path("english") / p).glob("*.jsonl")
    ]
    return [*lines, *(f"made{i}" for i in range(words))]
