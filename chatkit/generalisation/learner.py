"""Learning from a session while it goes on: a neural cache and dynamic evaluation, kept in memory alone.

What is learned depends on the assistant, the settings and the turns, in their order, and on nothing else: so a reply
can be made again from an export, and forgetting is leaving off, bit for bit. The assistant's own weights are only read.

B = 1, T = tokens, D = width of the hidden states, V = vocabulary
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.nn.dynamic_evaluation import DynamicEvaluation
from chatkit.nn.encoder import State
from chatkit.nn.neural_cache import NeuralCache
from chatkit.nn.vocabulary import Backbone
from chatkit.text.tokenizer import ASSISTANT
from chatkit.training.familiarity import familiarity_of

How = Literal["both", "cache", "weights"]
HOW: tuple[How, ...] = ("both", "cache", "weights")
MOST_TURN_PIECES = 512


@dataclasses.dataclass(frozen=True)
class LearnConfig:
    """How a session is learned from.

    Args:
        how: The neural ``cache``, the ``weights`` (dynamic evaluation), or ``both``.
        share: Share of the cache in the mixture.
        flatness: Of the cache's similarity.
        size: Most pieces that the cache holds.
        rate: Step size of the weights.
        decay: Share of the way back to the assistant's weights at each step.
        bound: Largest distance from them, as a share of their length.
        segment: Pieces of a step.
        familiar: Nothing is learned or used while the latest messages are more familiar than this on average; 1 or
            more leaves the gate open.
        window: Messages whose familiarity counts, and turns on which what was learned must have paid.

    The defaults were chosen on dev by ``tests/benchmarks/session_learning.py``.
    """

    how: How = "both"
    share: float = 0.15
    flatness: float = 12.0
    size: int = 2000
    rate: float = 0.3
    decay: float = 0.002
    bound: float = 0.03
    segment: int = 32
    familiar: float = 0.8
    window: int = 5


@dataclasses.dataclass(frozen=True)
class Read:
    """A turn as it was read, before anything was learned from it; nats of its pieces and its end.

    Args:
        bytes: Its length, with one for its end.
        plain: Under the assistant's own language model.
        learned: Under what was in force: the same where nothing was learned or the gate is shut.
    """

    bytes: int
    plain: float
    learned: float


class SessionLearner:
    """Follows a conversation and learns from what the user says in it.

    Args:
        assistant: Its language model is where everything starts; it is never changed.
        config: How.
    """

    def __init__(self, assistant: Assistant, config: LearnConfig) -> None:
        self.config = config
        self.cache = NeuralCache(share=config.share, flatness=config.flatness, size=config.size)
        self.dynamic: DynamicEvaluation | None = None
        self.learned = 0  # messages
        self._assistant = assistant
        self._familiar: list[float] = []
        self._nats, self._bytes = 0.0, 0
        self._gains: list[float] = []  # nats of each turn, once there was something learned
        self._plain: State | None = None  # after the turns so far, under the assistant's weights
        self._own: State | None = None  # and under the learned ones

    @property
    def backbone(self) -> Backbone:
        """The language model as it has become."""
        return self._assistant.backbone if self.dynamic is None else self.dynamic.backbone

    @property
    def drift(self) -> float:
        """Distance from the assistant's weights, as a share of their length."""
        return 0.0 if self.dynamic is None else self.dynamic.drift

    @property
    def open(self) -> bool:
        """Whether the latest messages are unfamiliar enough to learn from; not before there was one."""
        if self.config.familiar >= 1:
            return True
        recent = self._familiar[-self.config.window :]
        return bool(recent) and sum(recent) / len(recent) < self.config.familiar

    @property
    def pays(self) -> bool:
        """Whether the latest messages were likelier for what had been learned before them."""
        return bool(self._gains) and sum(self._gains[-self.config.window :]) > 0

    @property
    def in_force(self) -> bool:
        """Whether replies come from what was learned: the text is unfamiliar, and it has paid so far."""
        return self.open and self.pays

    def told(self) -> dict[str, Any]:
        """What the user is told: whether replies come from it and why, messages, drift, bits per byte gained."""
        gained = self._nats / math.log(2) / self._bytes if self._bytes else 0.0
        if not self.open:
            why = "the text is familiar: the assistant's own weights reply"
        elif not self._gains:
            why = "too little was said yet"
        else:
            why = "it has paid on the latest turns" if self.pays else "it has not paid on the latest turns"
        return {
            "how": self.config.how,
            "in_force": self.in_force,
            "messages": self.learned,
            "drift": round(self.drift, 5),
            "gained": round(gained, 4),
            "why": why,
        }

    def read(self, piece: str, text: str, *, learn: bool, score: bool = True) -> Read:
        """Read a turn, and learn from it if it is to be learned from and the gate is open.

        Args:
            piece: Special piece of its speaker.
            text: What was said.
            learn: Whether it may be learned from.
            score: Whether nats are wanted; they are 0 without.
        """
        tokenizer = self._assistant.tokenizer
        ids = [tokenizer.special(piece), *shortened(tokenizer.encode(text)), tokenizer.end]
        row, before = torch.tensor([ids]), self._own
        with torch.inference_mode():
            plain, self._plain = self._assistant.backbone.encoder(row, self._plain)
            own, self._own = (plain, self._plain) if self.dynamic is None else self.backbone.encoder(row, self._own)
            reading = self._score(ids, plain[0], own[0], len(text.encode()) + 1) if score else Read(0, 0.0, 0.0)
        if learn:
            self._learn(text, ids, own[0], before)
        return reading

    def begin(self) -> tuple[Tensor, State]:
        """Hidden state (1, D) and encoder state at the opening of the assistant's next turn."""
        row = torch.tensor([[self._assistant.tokenizer.special(ASSISTANT)]])
        with torch.inference_mode():
            states, after = self.backbone.encoder(row, self._own)
        return states[:, -1].clone(), after

    def _score(self, ids: Sequence[int], plain: Tensor, own: Tensor, size: int) -> Read:
        targets = torch.tensor(ids[1:])
        logits = self._assistant.backbone.softmax(plain[:-1])
        nats = float(torch.nn.functional.cross_entropy(logits, targets, reduction="sum"))
        if not self.learned:
            return Read(size, nats, nats)
        if self.dynamic is not None:
            logits = self.backbone.softmax(own[:-1])
        mixed = self.cache.mixed(logits, own[:-1])
        learned = float(torch.nn.functional.cross_entropy(mixed, targets, reduction="sum"))
        reading = Read(size, nats, learned if self.in_force else nats)
        self._gains.append(nats - learned)
        self._nats, self._bytes = self._nats + reading.plain - reading.learned, self._bytes + size
        return reading

    def _learn(self, text: str, ids: Sequence[int], states: Tensor, before: State | None) -> None:
        found = familiarity_of(self._assistant, text)
        if found is not None:
            self._familiar.append(found.value)
        if not self.open or len(ids) < 3:
            return
        self.learned += 1
        if self.config.how != "weights":  # the end of a turn is no word of anybody's
            self.cache.add(states[:-2], ids[1:-1])
        if self.config.how != "cache":
            self._step(ids, before)

    def _step(self, ids: Sequence[int], state: State | None) -> None:
        config = self.config
        if self.dynamic is None:
            base = self._assistant.backbone
            self.dynamic = DynamicEvaluation(base, rate=config.rate, decay=config.decay, bound=config.bound)
        for start in range(0, len(ids) - 1, config.segment):
            part = ids[start : start + config.segment + 1]
            state = self.dynamic.learn(part, state)


def shortened(pieces: Sequence[int]) -> list[int]:
    """Of a very long turn its beginning and its end."""
    half = MOST_TURN_PIECES // 2
    return [*pieces] if len(pieces) <= MOST_TURN_PIECES else [*pieces[:half], *pieces[-half:]]
