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
        encode_all: Encodes several texts in a view, from the zero state, as one batch.
        pick: From replies that a head has drawn to the one that is to be said.
        candidates: How many replies a head is to draw for ``pick``.
        by_name: Whether the user named the heads that are to answer.
        context: Ids (T,) and hidden states (T, D) of the conversation so far, as ``begin`` has it; of its latest part.
        labels: What another head makes of the message, or of another text: its labels with calibrated probabilities.
        other: What another head says to a text, as if the user asked it by name.
    """

    begin: Callable[[], tuple[Tensor, State]]
    step: StepFunction
    encode: Callable[[str, str], Encoded]
    search: Callable[[Tensor | None, str, int], Sequence[Hit]]
    cancelled: Callable[[], bool]
    encode_all: Callable[[Sequence[str], str], Encoded]
    pick: Callable[[Sequence[str]], int] = lambda texts: 0
    candidates: int = 1
    by_name: bool = False
    context: Callable[[], tuple[Tensor, Tensor]] = lambda: (torch.zeros(0, dtype=torch.int64), torch.zeros(0, 0))
    labels: Callable[[str, str], Mapping[str, float]] = lambda head, text: {}
    other: Callable[[str, str], str] = lambda head, text: ""


class Branches:
    """Several continuations of a conversation, stepped together: one step of all costs little more than one of one.

    Args:
        hidden: Hidden state (B, D) of each.
        state: Encoder state of all.
        step: One encoder step.
    """

    def __init__(self, hidden: Tensor, state: State, step: StepFunction) -> None:
        self.hidden = hidden
        self._state, self._step = state, step

    def __len__(self) -> int:
        return len(self.hidden)

    def step(self, ids: Sequence[int]) -> Tensor:
        """Go one id on in each; the new hidden states (B, D)."""
        self.hidden, self._state = self._step(torch.tensor(list(ids)), self._state)
        return self.hidden

    def keep(self, rows: Sequence[int]) -> Tensor:
        """Go on with these rows only, in this order; their hidden states (B, D)."""
        index = torch.tensor(list(rows), dtype=torch.long)
        self.hidden = self.hidden[index]
        self._state = tuple(part[:, index] for part in self._state)
        return self.hidden


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

    @property
    def context(self) -> tuple[Tensor, Tensor]:
        """Ids (T,) and hidden states (T, D) of the conversation, the opening of the reply last; of its latest part.

        T is 0 where nothing was said that could be looked back to.
        """
        return self._services.context()

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

    @property
    def by_name(self) -> bool:
        """Whether the user asked this head by name; else it looks on at a conversation, and may find nothing to say."""
        return self._services.by_name

    @property
    def candidates(self) -> int:
        """How many replies to draw for ``pick``: 1 unless objectives of the reply are weighed."""
        return self._services.candidates

    def branches(self, count: int) -> Branches:
        """So many copies that go their own ways from here, stepped together."""
        hidden, state = self._state()
        return Branches(
            hidden.expand(count, -1), tuple(part.expand(-1, count, -1) for part in state), self._services.step
        )

    def pick(self, texts: Sequence[str]) -> int:
        """Which of several replies is to be said, by the objectives that the user weighs.

        Every head that declares ``objectives`` may be asked to judge them. The first one where nothing is weighed.
        """
        return self._services.pick(texts)

    def encode_all(self, texts: Sequence[str], view: str = "message") -> Encoded:
        """Several texts in a view, as one batch."""
        return self._services.encode_all(texts, view)

    def encode(self, text: str | None = None, view: str = "message") -> Encoded:
        """A text (the message by default) in a view, as a batch of one."""
        return self._services.encode(self.text if text is None else text, view)

    def search(self, vector: Tensor | None, text: str, k: int) -> Sequence[Hit]:
        """The k best passages of the indexed documents for a query vector (K,) and its text."""
        return self._services.search(vector, text, k)

    def labels(self, head: str, text: str | None = None) -> Mapping[str, float]:
        """Labels that another head gives a text, with their probabilities, calibrated where that was fitted.

        Empty where there is no such head, it is off, gives no labels, or fails: a head that asks must do without.

        Args:
            head: Its name.
            text: The text; None: the message. A part of it, for example: "I am fine, but my brother is ill" has two.
        """
        return self._services.labels(head, self.text if text is None else text)

    def other(self, head: str, text: str) -> str:
        """What another head says to a text, as if the user asked it by name: ``other("translation", "fr: Good day")``.

        Empty where there is no such head, it is off, fails, or says no text; and where that head asks in turn.

        Args:
            head: Its name.
            text: The text.
        """
        return self._services.other(head, text)

    def _state(self) -> tuple[Tensor, State]:
        if self._running is None:
            self._running = self._services.begin()
        return self._running
