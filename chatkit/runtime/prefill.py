"""The running state of a conversation: encodes only what is new since the last turn.

B = 1, T = tokens, D = width
"""

from __future__ import annotations

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
        self._states: dict[int, tuple[Tensor, State]] = {}  # number of ids -> hidden (1, D) and state there

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
        known = [n for n in self._states if n <= len(ids) and self._ids[:n] == ids[:n]]
        self._states = {n: self._states[n] for n in known}
        start = max(known, default=0)
        if start < len(ids):
            hidden, state = self._states[start] if start else (None, None)
            for stop in [n for n in stops if n > start]:
                hidden, state = self._encode(ids[start:stop], state)
                self._states[stop] = (hidden, state)
                start = stop
        self._ids = ids
        return self._states[len(ids)]

    def continue_text(self, text: str) -> tuple[Tensor, State]:
        """Hidden state (1, D) and encoder state at the end of a plain text, to write on from; no turn is forgotten."""
        tokenizer = self._assistant.tokenizer
        return self._encode([tokenizer.special(TEXT), *tokenizer.encode(text)[-MOST_TURN_PIECES:]], None)

    def _encode(self, ids: Sequence[int], state: State | None) -> tuple[Tensor, State]:
        encoder = self._encoder
        for i in range(0, len(ids), _CHUNK):
            states, state = encoder(torch.tensor([ids[i : i + _CHUNK]]), state)
        assert state is not None
        return states[:, -1].clone(), state  # a view would keep the states of the whole turn
