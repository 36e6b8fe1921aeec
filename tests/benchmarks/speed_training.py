"""A training step of the language model: ours beside the plain PyTorch loop on the same model and batches.

The loop is what a tutorial writes: ``nn.Embedding``, ``nn.LSTM``, a projection to the tied table, all logits at once,
cross-entropy, clipping, AdamW, in float32. Ours is chatkit's trainer with its defaults: the rows of gradients, its
bookkeeping and bfloat16 where the processor has it are in its time. Both begin with the same weights and see the same
batches (32 windows of 96 pieces) in the same order; CPU time of one thread.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import chatkit_corpora
import torch
from frame import Result, Target, interleaved
from torch import Tensor, nn

from chatkit import paths
from chatkit.assistant import Assistant
from chatkit.data.batching import Padded
from chatkit.data.records import Problems
from chatkit.nn.encoder import EncoderConfig
from chatkit.text.tokenizer import Tokenizer
from chatkit.training.building import find_head, new_assistant
from chatkit.training.evaluator import evaluate
from chatkit.training.prepare import make_batches
from chatkit.training.reading import read_records
from chatkit.training.recipe import DataConfig, HeadConfig, Recipe, SourceConfig, TrainConfig
from chatkit.training.trainer import Trainer

PARTS = ("dialogue", "manners")


class PlainLM(nn.Module):
    """The same language model in torch's own parts."""

    def __init__(self, assistant: Assistant) -> None:
        super().__init__()
        config, size = assistant.config, len(assistant.tokenizer)
        self.embedding = nn.Embedding(size, config.embedding)
        self.lstm = nn.LSTM(config.embedding, config.hidden, config.layers, batch_first=True)
        self.projection = nn.Linear(config.hidden, config.embedding)
        self.bias = nn.Parameter(torch.zeros(size))
        self.take(assistant)
        self.dropout = nn.Dropout(config.dropout)
        self.optimiser = torch.optim.AdamW(self.parameters(), lr=2e-3)
        self.state: tuple[Tensor, Tensor] | None = None

    def take(self, assistant: Assistant) -> None:
        """Take the assistant's weights."""
        for mine, other in self.pairs(assistant):
            mine.data.copy_(other.data)

    def pairs(self, assistant: Assistant) -> Iterator[tuple[Tensor, Tensor]]:
        """Each parameter and the assistant's."""
        softmax, encoder = assistant.backbone.softmax, assistant.backbone.encoder
        theirs = dict(encoder.lstm.named_parameters())
        yield self.embedding.weight, encoder.embedding.weight
        yield from ((parameter, theirs[name]) for name, parameter in self.lstm.named_parameters())
        yield from ((p, getattr(softmax.projection, n)) for n, p in self.projection.named_parameters())
        yield self.bias, softmax.bias

    def train_step(self, batch: Padded) -> None:
        """One step on a batch, the state carried where the row goes on."""
        ids, targets = torch.as_tensor(batch.ids), torch.as_tensor(batch.next_ids)
        state = None
        if self.state is not None:
            keep = torch.as_tensor(~batch.fresh).float()[None, :, None]
            state = (self.state[0] * keep, self.state[1] * keep)
        hidden, after = self.lstm(self.dropout(self.embedding(ids)), state)
        self.state = (after[0].detach(), after[1].detach())
        logits = nn.functional.linear(self.projection(self.dropout(hidden)), self.embedding.weight, self.bias)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=-1)
        self.optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), 1.0)
        self.optimiser.step()


def run(*, smoke: bool) -> list[Result]:
    """Steps a CPU second, and the loss on dev after equal steps."""
    torch.manual_seed(1)
    hidden, steps, rounds = (32, 1, 2) if smoke else (512, 2, 15)
    sources = tuple(SourceConfig(path=str(chatkit_corpora.path("english") / part), repeat=4) for part in PARTS)
    recipe = Recipe(
        encoder=EncoderConfig(embedding=256 if not smoke else 16, hidden=hidden),
        train=dataclasses.replace(TrainConfig(), steps=10**6, schedule="constant", warmup=0.0),
        data=DataConfig(mask=(), duplicates="keep"),
        heads={"generation": HeadConfig(data=sources, batch=32, window=96)},
    )
    head, tokenizer = find_head("generation", None), Tokenizer.load(paths.shipped_model() / "tokenizer.model")
    config = recipe.heads["generation"]
    records = [r for s in sources for r in read_records(head, Path(s.path), "train", Problems()) * s.repeat]
    dev = [r for s in sources for r in read_records(head, Path(s.path), "dev", Problems())]
    assistant = new_assistant(tokenizer, recipe, {"generation": head}, {"generation": records})
    trainer = Trainer(
        assistant,
        {"generation": make_batches(head, config, records, tokenizer, 1)},
        {"generation": len(records)},
        recipe,
    )
    plain, batches = PlainLM(assistant), make_batches(head, config, records, tokenizer, 1)
    assistant.backbone.train()

    def theirs() -> None:
        for _ in range(steps):
            plain.train_step(next(batches).fields["text"])

    def ours() -> None:
        for _ in range(steps):
            trainer.train_step()

    mine, peer = "chatkit's trainer", "plain loop, float32, all logits"
    rates = interleaved({mine: ours, peer: theirs}, steps * 32 * 96, rounds=rounds, clock="cpu")
    losses = [evaluate(assistant, assistant.heads["generation"], dev)["loss"].value]
    for mine_, other in plain.pairs(assistant):
        other.data.copy_(mine_.data)
    losses.append(evaluate(assistant, assistant.heads["generation"], dev)["loss"].value)
    result = Result(f"training, LSTM 1x{hidden}, {len(tokenizer):,} pieces", "tokens", "cpu", peer, rates)
    done = steps * (rounds + 1)
    result.facts |= {f"dev loss after {done} steps, ours": losses[0], f"dev loss after {done} steps, plain": losses[1]}
    result.targets = [Target("training tokens/s, against the plain loop, times", result.ratio(mine), 1.8)]
    return [result]
