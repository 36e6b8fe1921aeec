"""chatkit's language model on the words of WikiText-2, by processor time: ours in ``wikitext2.py``.

The product's own parts: a tokenizer of whole words, the LSTM encoder with tied softmax (sampled in most of the
training), streams of articles, AdamW, trapezoid, bfloat16 where the processor has it; a checkpoint every half minute.
What dev takes is not counted, making tokenizer and batches is.
"""

# N = targets, D = width

from __future__ import annotations

import dataclasses
import json
import math
import re
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from wikitext2_text import END

from chatkit.checkpoint import load_tensors, save_tensors
from chatkit.data.batching import Streams
from chatkit.nn.encoder import EncoderConfig
from chatkit.text.tokenizer import TEXT, Tokenizer
from chatkit.training.building import find_head, new_assistant
from chatkit.training.recipe import HeadConfig, ObjectivesConfig, Recipe, TokenizerConfig, TrainConfig
from chatkit.training.trainer import Trainer

_TITLE = re.compile(r"= [^=].* =")
_UNKNOWN = "<unknown>"  # SentencePiece keeps <unk> for itself
_READ = 256  # words that are read at once


@dataclasses.dataclass(frozen=True)
class Config:
    """What was chosen on dev."""

    embedding: int = 256
    hidden: int = 512
    dropout: float = 0.2
    rate: float = 3e-3
    batch: int = 32
    window: int = 70
    frequent: int = 2000
    sampled: int = 2000
    full_from: float = 0.9
    decay: float = 0.4
    weight_decay: float = 0.05


def articles(lines: list[list[str]]) -> list[list[list[str]]]:
    """Lines of each article; one begins at each title."""
    out: list[list[list[str]]] = [[]]
    for line in lines:
        if _TITLE.fullmatch(" ".join(line)) and any(out[-1]):
            out.append([])
        out[-1].append([_UNKNOWN if word == "<unk>" else word for word in line])
    return out


def make_tokenizer(lines: list[list[str]], words: int) -> Tokenizer:
    """Every word of the training text a piece."""
    texts = (" ".join(_UNKNOWN if word == "<unk>" else word for word in line) for line in lines)
    return Tokenizer.train(texts, vocab_size=words + 512, sample=len(lines), kind="word")


def sequences(tokenizer: Tokenizer, lines: list[list[str]]) -> list[list[int]]:
    """Ids of each article as the product frames a text, every line a turn that ends."""
    out = []
    for article in articles(lines):
        ids = [tokenizer.special(TEXT)]
        for line in article:
            ids += [*(tokenizer.encode(" ".join(line)) if line else []), tokenizer.end]
        out.append(ids)
    return out


class OurRun:
    """Training by processor seconds; goes on from its checkpoint.

    Args:
        train: Lines of the training text.
        words: Number of its words, ``<unk>`` among them.
        seconds: Processor seconds of the whole run.
        file: Where the checkpoint is kept, the tokenizer beside it.
        config: The choices.
    """

    def __init__(self, train: list[list[str]], words: int, seconds: float, file: Path, config: Config) -> None:
        begun = time.process_time()
        self.file, self.config, self._limit = file, config, seconds
        model = file.with_suffix(".model")
        if not model.is_file():
            model.write_bytes(make_tokenizer(train, words).to_bytes())
        self.tokenizer = Tokenizer.load(model)
        source = Streams(
            sequences(self.tokenizer, train),
            field="text",
            batch_size=config.batch,
            window=config.window,
            reset=0.0,
            pad_id=self.tokenizer.pad,
            seed=1,
        )
        self.trainer = self._make_trainer(source)
        self._before = time.process_time() - begun
        if file.is_file():
            tensors, metadata = load_tensors(file)
            self.trainer.restore(tensors, json.loads(metadata["state"]))
        else:
            self.trainer.seconds = self._before

    def run(self, look: Callable[[OurRun], None], looks: int = 5) -> None:
        """Train until all seconds are spent; ``look`` is called so many times on the way."""
        trainer, saved = self.trainer, self.trainer.seconds
        marks = [self._limit * (i + 1) / (looks + 1) for i in range(looks)]
        marks = [mark for mark in marks if mark > trainer.seconds]
        while not trainer.done:
            before, start = trainer.seconds, time.process_time()
            softmax = trainer.assistant.backbone.softmax
            if trainer.progress >= self.config.full_from:
                softmax.sampling = None
            trainer.train_step()
            trainer.seconds = before + time.process_time() - start
            if trainer.seconds - saved >= 30:
                self.save()
                saved = trainer.seconds
            if marks and trainer.seconds >= marks[0]:
                marks.pop(0)
                look(self)
        self.save()

    def save(self) -> None:
        """Write the checkpoint."""
        save_tensors(self.file, self.trainer.tensors(), {"state": json.dumps(self.trainer.state())})

    @torch.no_grad()
    def read(self, lines: list[list[str]]) -> tuple[Tensor, Tensor, Tensor]:
        """Every word of a text: nats (N,), states before it (N, D), ids (N,); each article from the zero state."""
        backbone = self.trainer.assistant.backbone.eval()
        rows = [torch.tensor(ids) for ids in sequences(self.tokenizer, lines)]
        targets = torch.cat([row[1:] for row in rows])
        # Made at once: what is kept of each chunk would lie among its logits, and with ``keep_freed_memory`` those of
        # the next chunk would be laid beyond it, 34 MB each time.
        nats, states = torch.empty(len(targets)), torch.empty(len(targets), backbone.encoder.width)
        done = 0
        for row in rows:
            state = None
            for start in range(0, len(row) - 1, _READ):
                chunk = row[start : start + _READ + 1]
                hidden, state = backbone.encoder(chunk[None, :-1], state)
                place = slice(done, done + len(chunk) - 1)
                nats[place], states[place] = backbone.softmax.nats(hidden[0], chunk[1:]), hidden[0]
                done = place.stop
        return nats, states, targets

    def perplexity(self, lines: list[list[str]]) -> float:
        """Of words, the ends of lines among them: all nats by the number of words, however they are spelt."""
        words = sum(len(line) + 1 for line in lines)
        return math.exp(float(self.read(lines)[0].double().sum()) / words)

    def _make_trainer(self, source: Streams) -> Trainer:
        config = self.config
        recipe = Recipe(
            seed=1,
            tokenizer=TokenizerConfig(kind="word"),
            encoder=EncoderConfig(embedding=config.embedding, hidden=config.hidden, dropout=config.dropout),
            train=TrainConfig(
                steps=10**9,
                learning_rate=config.rate,
                schedule="trapezoid",
                warmup=0.02,
                decay=config.decay,
                final=0.01,
                weight_decay=config.weight_decay,
                softmax="sampled",
                frequent=config.frequent,
                sampled=config.sampled,
            ),
            objectives=ObjectivesConfig(conflict_every=0),  # there is one head
            heads={"generation": HeadConfig(data=("words",), batch=config.batch, window=config.window)},
        )
        torch.manual_seed(recipe.seed)
        head, records = find_head("generation", None), [{"text": END}]
        assistant = new_assistant(self.tokenizer, recipe, {"generation": head}, {"generation": records})
        return Trainer(assistant, {"generation": source}, {"generation": 1}, recipe, minutes=self._limit / 60)
