"""The rig: a small but real assistant with the head under test on it.

The tokenizer is trained once a process on a few lines; encoders are small enough to be built by the dozen.
B = batch, T = tokens, D = width of the hidden states
"""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import functools
import math
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from chatkit.assistant import Assistant
from chatkit.head.answer import Answer
from chatkit.head.encoded import Encoded, Loss
from chatkit.head.guard import source_file
from chatkit.head.head import Head, Record
from chatkit.head.setup import HeadSetup, labels_of
from chatkit.nn.encoder import EncoderConfig
from chatkit.testing.report import CheckFailed, NotAsked
from chatkit.text.tokenizer import Tokenizer
from chatkit.text.views import CONVERSATION

# Odd sizes, so that a width or a vocabulary that is written into a head does not fit by chance.
SMALL = EncoderConfig(embedding=14, hidden=22, layers=1, dropout=0.0)
REAL = EncoderConfig(dropout=0.0)
LINES = (
    "The train to the coast leaves at nine in the morning.",
    "I love this place, thank you so much for your help!",
    "What an awful waste of money and time.",
    "Could you book a table for two on Friday evening?",
    "Put the eggs into boiling water and wait for eight minutes.",
    "Paris is the capital and largest city of France.",
    "She said that the meeting had been moved to Tuesday, 14 May 2024.",
    "Où est la gare, s'il vous plaît? Der Bahnhof ist gleich um die Ecke.",
    "It was neither good nor bad, just a long film about nothing.",
)
TEXTS = ("a", "good fun", "Could you book a table for two on Friday evening?", "what a waste, really. " * 4)
WEIRD = (
    "",
    " \n\t ",
    "a",
    "\U0001f469\u200d\U0001f680\ufe0f",
    "\u202eabc\u202c",
    "nul\x00byte",
    "\ud800",
    "<user> <end> <pad>",
    "x " * 3000,
)


_BUILT: weakref.WeakValueDictionary[int, nn.Parameter] = weakref.WeakValueDictionary()


@functools.cache
def small_tokenizer() -> Tokenizer:
    """A tokenizer of a few hundred pieces; byte fallback makes every text possible."""
    return Tokenizer.train([*LINES, *(line.lower() for line in LINES)] * 4, vocab_size=400)


class HeadRig:
    """A head class on small assistants, built when first asked for.

    Args:
        head: The head class.
    """

    def __init__(self, head: type[Head]) -> None:
        self.head = head
        self.file = source_file(head)
        self.examples: list[Record] = [dict(example) for example in head.examples]

    @functools.cached_property
    def assistant(self) -> Assistant:
        """One assistant with the head as it was built; checks leave it as it is."""
        return self.fresh()

    @property
    def built(self) -> Head:
        """The head on ``assistant``."""
        return self.assistant.heads[self.head.name]

    def fresh(self, *, seed: int = 0, config: EncoderConfig = SMALL) -> Assistant:
        """A new assistant with the head on it."""
        torch.manual_seed(seed)
        assistant = Assistant(small_tokenizer(), config)
        _BUILT.update({id(parameter): parameter for parameter in assistant.backbone.parameters()})
        torch.manual_seed(seed + 1)
        options = {} if config is REAL else dict(self.head.kit_options)
        labels = labels_of(self.examples, self.head.label_field)
        assistant.add_head(self.head, HeadSetup(options, labels))
        return assistant.eval()

    @functools.cached_property
    def reloaded(self) -> Assistant:
        """``assistant`` after it was saved and loaded; its head was built from another seed, then filled."""
        with tempfile.TemporaryDirectory() as folder:
            self.assistant.save(Path(folder) / "model")
            torch.manual_seed(987)
            loaded = Assistant.load(Path(folder) / "model", lambda name: self.head)
        for error in loaded.failures.values():
            raise CheckFailed(f"cannot be loaded again: {error}")
        return loaded

    @functools.cached_property
    def trained(self) -> tuple[Assistant, list[float]]:
        """An assistant trained on the head's own examples, and the loss before each step."""
        assistant = self.fresh()
        return assistant, self.train(assistant, rate=0.02)

    def train(self, assistant: Assistant, *, rate: float, frozen: bool = False, steps: int = 60) -> list[float]:
        """Train on the head's own examples with Adam; stops early once the loss is a third of what it was.

        Returns:
            Loss before each step and at the end, nats per target.
        """
        head = assistant.heads[self.head.name]
        modules = [head] if frozen else [head, assistant.backbone]
        assistant.backbone.requires_grad_(not frozen)
        parameters = [p for module in modules for p in module.parameters() if p.requires_grad]
        optimiser = torch.optim.Adam(parameters, lr=rate)
        torch.manual_seed(2)
        losses: list[float] = []
        for _ in range(steps):
            for module in modules:
                module.train()
            loss = mean_of(self.loss(assistant, head, self.examples))
            losses.append(float(loss.detach()))
            if not math.isfinite(losses[-1]):
                raise CheckFailed(f"the loss became {losses[-1]} after {len(losses)} steps of training")
            if losses[-1] < losses[0] / 3:
                break
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        assistant.eval()
        return losses

    def fill(self, texts: Sequence[str]) -> list[Record]:
        """Records with these texts in the fields that are encoded, the rest as in the examples."""
        records: list[Record] = []
        for i, text in enumerate(texts):
            record = copy.deepcopy(dict(self.examples[i % len(self.examples)]))
            if self.head.view == CONVERSATION and "turns" in record:
                reply = texts[(i + 1) % len(texts)]
                record["turns"] = [{"speaker": "user", "text": text}, {"speaker": "assistant", "text": reply}]
            else:
                record |= {field: texts[(i + j) % len(texts)] for j, field in enumerate(self.head.fields)}
            records.append(record)
        return records

    def encode(self, records: Sequence[Record], assistant: Assistant | None = None) -> dict[str, Encoded]:
        """Every field of records, by the host's own code."""
        assistant = assistant or self.assistant
        return assistant.encode_records(assistant.heads[self.head.name], records)

    def loss(self, assistant: Assistant, head: Head, records: Sequence[Record]) -> Loss:
        """The loss of records, its type checked."""
        return checked(head.loss(assistant.encode_records(head, records), records))

    def outputs(
        self,
        records: Sequence[Record],
        encoded: Mapping[str, Encoded] | None = None,
        assistant: Assistant | None = None,
    ) -> list[dict[str, Any]]:
        """What the head makes of each record: its answer, and its vectors where it makes some."""
        assistant = assistant or self.assistant
        head = assistant.heads[self.head.name]
        with torch.inference_mode():
            encoded = encoded or self.encode(records, assistant)
            answers = head.answer(encoded, records)
            if not isinstance(answers, list) or len(answers) != len(records):
                what = f"a list of {len(answers)}" if isinstance(answers, list) else type(answers).__name__
                raise CheckFailed(f"answer must return a list of {len(records)} for as many examples, got {what}")
            rows = [_answer_json(answer) for answer in answers]
            if head.makes_vectors():
                for field in head.fields:
                    for row, vector in zip(rows, _vectors(head, encoded[field], field), strict=True):
                        row[f"vector of {field}"] = vector
        return rows


def checked(loss: object) -> Loss:
    """Check the type of a loss.

    Raises:
        CheckFailed: If it is no Loss with a scalar and a whole number.
    """
    if not isinstance(loss, Loss):
        raise CheckFailed(f"loss must return Loss(total, count), got {type(loss).__name__}")
    if not isinstance(loss.total, Tensor) or loss.total.ndim != 0:
        raise CheckFailed(f"Loss.total must be a scalar tensor, got {getattr(loss.total, 'shape', loss.total)}")
    if isinstance(loss.count, bool) or not isinstance(loss.count, int) or loss.count < 1:
        raise CheckFailed(f"Loss.count must be a whole number of at least 1, got {loss.count!r}")
    return loss


def mean_of(loss: Loss) -> Tensor:
    """Nats per target."""
    return loss.total / loss.count


@contextlib.contextmanager
def everything_else_spoiled(assistant: Assistant) -> Iterator[None]:
    """Inside, every shared weight that any rig has ever made is wrong, but for those of one assistant."""
    kept = [(parameter, parameter.detach().clone()) for parameter in list(_BUILT.values())]
    own = {id(parameter) for parameter in assistant.backbone.parameters()}
    with torch.no_grad():
        for parameter, _ in kept:
            if id(parameter) not in own:
                parameter.add_(torch.ones_like(parameter))
    try:
        yield
    finally:
        with torch.no_grad():
            for parameter, value in kept:
                parameter.copy_(value)


def with_padding(encoded: Encoded, extra: int = 7) -> Encoded:
    """The same batch with more padding behind it, and noise wherever padding is."""
    batch, _, width = encoded.states.shape
    generator = torch.Generator().manual_seed(3)
    ids = torch.cat((encoded.ids, encoded.ids.new_zeros(batch, extra)), 1)
    following = torch.cat((encoded.next_ids, encoded.next_ids.new_full((batch, extra), -1)), 1)
    states = torch.cat((encoded.states, encoded.states.new_zeros(batch, extra, width)), 1)
    noise = torch.randn(states.shape, generator=generator) * 10
    real = torch.arange(ids.shape[1]) < encoded.lengths[:, None]
    states = torch.where(real[:, :, None], states, noise)
    return dataclasses.replace(encoded, ids=ids, next_ids=following, states=states)


def has_parameters(head: Head) -> None:
    """Raise NotAsked for a head without weights of its own."""
    if not any(parameter.requires_grad for parameter in head.parameters()):
        raise NotAsked("it has no weights of its own")


def _answer_json(answer: object) -> dict[str, Any]:
    if not isinstance(answer, Answer):
        raise CheckFailed(f"answer must return Answers, got {type(answer).__name__}")
    try:
        answer.check()
    except (TypeError, ValueError) as error:
        raise CheckFailed(f"an answer is malformed: {error}") from None
    return {"answer": answer.as_json()}


def _vectors(head: Head, encoded: Encoded, field: str) -> list[list[float]]:
    vectors = head.vector(encoded, field)
    if not isinstance(vectors, Tensor) or vectors.ndim != 2 or len(vectors) != len(encoded.ids):
        raise CheckFailed(f"vector must return (B, K), got {tuple(getattr(vectors, 'shape', ()))}")
    if not bool(torch.isfinite(vectors).all()):
        raise CheckFailed(f"vector of {field} holds NaN or infinity")
    return [list(map(float, row)) for row in vectors.tolist()]
