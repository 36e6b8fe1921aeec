"""What a streaming head may do while it answers one message.

B = branches (1 unless a head batches them), D = width of the hidden states
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.head.answer import Hit
from chatkit.head.encoded import Encoded
from chatkit.nn.encoder import State

StepFunction = Callable[[Tensor, State], tuple[Tensor, State]]


@dataclasses.dataclass(frozen=True)
class Piece:
    """A piece of text that a streaming head yields as soon as it has it."""

    text: str


@dataclasses.dataclass(frozen=True)
class Services:
    """What the host offers during one message (made by the host, never by a head).

    Args:
        begin: Hidden state (1, D) and encoder state after the conversation so far, ready for the reply's first piece.
        step: One encoder step, (B,) ids and state -> (B, D) and new state.
        encode: Encodes a text in a view, from the zero state.
        search: Passages for a vector and a text; either may be empty.
        cancelled: Whether the user stopped this message.
    """

    begin: Callable[[], tuple[Tensor, State]]
    step: StepFunction
    encode: Callable[[str, str], Encoded]
    search: Callable[[Tensor | None, str, int], Sequence[Hit]]
    cancelled: Callable[[], bool]


class Ask:
    """One message to answer.

    Args:
        text: The message.
        services: The host's services.
        options: What the user set for this message: temperature, max_tokens, ...
        seed: Seed of ``generator``.
    """

    def __init__(self, text: str, services: Services, options: Mapping[str, Any], seed: int) -> None:
        self.text = text
        self.options = options
        self.generator = torch.Generator().manual_seed(seed)
        self._services = services
        self._running: tuple[Tensor, State] | None = None

    @property
    def cancelled(self) -> bool:
        """Whether the user stopped this message; ask before each step, and return soon."""
        return self._services.cancelled()

    @property
    def hidden(self) -> Tensor:
        """Hidden state (1, D) after the conversation and what was stepped so far."""
        return self._state()[0]

    def step(self, index: int) -> Tensor:
        """Go one id on along the conversation; the new hidden state (1, D)."""
        _, state = self._state()
        self._running = self._services.step(torch.tensor([index]), state)
        return self._running[0]

    def branch(self) -> Ask:
        """A copy that goes its own way from here: for beams and candidates. It shares the generator."""
        other = Ask.__new__(Ask)
        other.__dict__.update(self.__dict__)
        other._running = self._state()
        return other

    def encode(self, text: str | None = None, view: str = "message") -> Encoded:
        """A text (the message by default) in a view, as a batch of one."""
        return self._services.encode(self.text if text is None else text, view)

    def search(self, vector: Tensor | None, text: str, k: int) -> Sequence[Hit]:
        """The k best passages of the indexed documents for a query vector (K,) and its text."""
        return self._services.search(vector, text, k)

    def _state(self) -> tuple[Tensor, State]:
        if self._running is None:
            self._running = self._services.begin()
        return self._running
