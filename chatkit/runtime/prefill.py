"""The running state of a conversation: encodes only what is new since the last turn.

B = 1, T = tokens, D = width
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.nn.encoder import Encoder, State
from chatkit.text.tokenizer import ASSISTANT, TEXT
from chatkit.text.views import speaker_ids

MOST_TURN_PIECES = 512
_CHUNK = 512
_TOGETHER = 256  # pieces at least of the turns far back that are encoded in one call: each has a price of its own
_APART = 5  # last four turns and the opening of the next: runs of their own, to go on from if one is said anew
_KEPT = 2048  # pieces at the end of a conversation whose hidden states are kept


@dataclasses.dataclass(frozen=True)
class _Run:
    """A run of pieces that was encoded at once, up to the end of a turn.

    Args:
        start: Number of pieces before it.
        states: (1, T, D) hidden states; of an old run only the last one.
        state: State of the encoder behind it.
    """

    start: int
    states: Tensor
    state: State

    @property
    def hidden(self) -> Tensor:
        """Hidden state (1, D) behind it."""
        return self.states[:, -1]


class RunningState:
    """State of the encoder after the conversation so far.

    Args:
        assistant: Its tokenizer, and its encoder by default.
        encoder: The encoder.
    """

    def __init__(self, assistant: Assistant, encoder: Encoder | None = None) -> None:
        self._assistant = assistant
        self._encoder = encoder or assistant.backbone.encoder
        self._ids: list[int] = []
        self._runs: dict[int, _Run] = {}  # by the number of pieces up to its end

    def advance(self, turns: Sequence[Mapping[str, Any]]) -> tuple[Tensor, State]:
        """Hidden state (1, D) and encoder state after the turns and the opening of the assistant's next one.

        Goes on from the longest run of whole turns that it has seen already.

        Args:
            turns: ``speaker`` and ``text`` of each, oldest first.
        """
        tokenizer = self._assistant.tokenizer
        ids: list[int] = []
        stops = []
        for piece, turn in zip(speaker_ids(turns), turns, strict=True):
            pieces = tokenizer.encode(turn["text"])
            if len(pieces) > MOST_TURN_PIECES:  # of a very long turn its beginning and its end
                half = MOST_TURN_PIECES // 2
                pieces = [*pieces[:half], *pieces[-half:]]
            ids += [tokenizer.special(piece), *pieces, tokenizer.end]
            stops.append(len(ids))
        ids.append(tokenizer.special(ASSISTANT))
        stops.append(len(ids))
        known = [n for n in self._runs if n <= len(ids) and self._ids[:n] == ids[:n]]
        self._runs = {n: self._runs[n] for n in known}
        start = max(known, default=0)
        for stop in _joined(start, [n for n in stops if n > start]):
            states, state = self._encode(ids[start:stop], self._runs[start].state if start else None)
            self._runs[stop] = _Run(start, states, state)
            start = stop
        self._ids = ids
        self._forget_states()
        return self._runs[len(ids)].hidden, self._runs[len(ids)].state

    def context(self) -> tuple[Tensor, Tensor]:
        """Ids (T,) and hidden states (T, D) of the latest pieces of what was advanced to, whole runs of them."""
        parts: list[Tensor] = []
        stop = len(self._ids)
        while stop and (run := self._runs[stop]).states.shape[1] == stop - run.start:
            parts.insert(0, run.states[0])
            stop = run.start
        states = torch.cat(parts) if parts else self._encoder.embedding.weight.new_zeros(0, self._encoder.width)
        return torch.tensor(self._ids[stop:], dtype=torch.int64), states

    def _forget_states(self) -> None:
        """Of runs that lie far back keep the last hidden state alone, to go on from."""
        for stop, run in self._runs.items():
            if stop < len(self._ids) - _KEPT and run.states.shape[1] > 1:
                self._runs[stop] = dataclasses.replace(run, states=run.states[:, -1:].clone())

    def continue_text(self, text: str) -> tuple[Tensor, State]:
        """Hidden state (1, D) and encoder state at the end of a plain text, to write on from; no turn is forgotten."""
        tokenizer = self._assistant.tokenizer
        states, state = self._encode([tokenizer.special(TEXT), *tokenizer.encode(text)[-MOST_TURN_PIECES:]], None)
        return states[:, -1], state

    def _encode(self, ids: Sequence[int], state: State | None) -> tuple[Tensor, State]:
        """Hidden states (1, T, D) of ids, and the state behind them."""
        encoder, parts = self._encoder, []
        for i in range(0, len(ids), _CHUNK):
            states, state = encoder(torch.tensor([ids[i : i + _CHUNK]]), state)
            parts.append(states)
        assert state is not None
        return torch.cat(parts, 1), state


def _joined(start: int, stops: Sequence[int]) -> list[int]:
    """The ends of turns at which runs end: of many new turns the early ones are encoded together."""
    found = []
    for stop in stops[:-_APART]:
        if stop - start >= _TOGETHER:
            found.append(stop)
            start = stop
    return [*found, *stops[-_APART:]]
