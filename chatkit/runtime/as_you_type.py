"""What the quick heads say of a message that is still being typed, encoded incrementally.

The encoder is causal, so a key changes only what follows it. The state after each piece is kept; a new text goes on
from the last piece that it shares with the one before. Nearly half of all keys change pieces that were there already,
since the tokenizer joins the end of a word anew: those few are stepped again.

B = 1, T = pieces, D = width
"""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError
from chatkit.head.answer import Answer
from chatkit.head.ask import Ask, Services
from chatkit.head.encoded import Encoded
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head
from chatkit.nn.encoder import State
from chatkit.nn.step import Stepper
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.trust import Trust
from chatkit.text.views import MESSAGE, frame

MOST_PIECES = 512  # of a longer text the beginning counts
_STEPPED = 48  # so many new pieces are stepped one by one; of a longer paste the first ones are encoded at once
_CHUNK = 64


class TypedStates:
    """States of the encoder along a text that changes at its end.

    Args:
        assistant: Its encoder and tokenizer.
        stepper: Steps that encoder.
    """

    def __init__(self, assistant: Assistant, stepper: Stepper) -> None:
        self._assistant, self._stepper = assistant, stepper
        self._ids: list[int] = []
        self._hidden: list[Tensor] = []  # (1, D) after each id
        self._states: list[State | None] = []  # after each id; None inside a chunk that was encoded at once
        self.stepped = 0  # ids that the last text cost

    def encode(self, text: str) -> Encoded:
        """The text as a message from the zero state."""
        tokenizer = self._assistant.tokenizer
        ids = frame(tokenizer, MESSAGE, tokenizer.encode(text), MOST_PIECES)
        shared = _common(self._ids, ids)
        while shared and self._states[shared - 1] is None:
            shared -= 1
        del self._ids[shared:], self._hidden[shared:], self._states[shared:]
        self.stepped = len(ids) - shared
        with torch.inference_mode():
            self._go_on(ids[shared:])
            states = torch.stack(self._hidden, 1)  # (1, T, D)
        after = torch.tensor([[*ids[1:], -1]])
        return Encoded(torch.tensor([ids]), torch.tensor([len(ids)]), states, after, self._states[-1])

    def _go_on(self, ids: Sequence[int]) -> None:
        encoder = self._assistant.backbone.encoder
        state = self._states[-1] if self._states else encoder.zero_state(1)
        assert state is not None
        bulk = max(len(ids) - _STEPPED, 0)
        for start in range(0, bulk, _CHUNK):
            part = ids[start : min(start + _CHUNK, bulk)]
            hidden, state = encoder(torch.tensor([part]), state)
            self._ids += part
            self._hidden += hidden.unbind(1)
            self._states += [None] * (len(part) - 1) + [state]
        for index in ids[bulk:]:
            out, state = self._stepper.step(torch.tensor([index]), state)
            self._ids.append(index)
            self._hidden.append(out)
            self._states.append(state)


class AsYouType:
    """Asks the quick heads about a text that is being typed.

    Args:
        conversation: Whose heads and documents these are.
    """

    def __init__(self, conversation: Conversation) -> None:
        self._conversation = conversation
        self._states = TypedStates(conversation.assistant, conversation.tuned.middle)
        self._failed: set[str] = set()  # said when the message is sent, not while it is typed

    def answers(self, text: str) -> Iterator[tuple[str, Answer]]:
        """What each quick head says, the cheapest first; a head that fails is not asked again."""
        assistant = self._conversation.assistant
        encoded, trust = self._states.encode(text), Trust(assistant, text)
        for name in sorted(assistant.heads, key=lambda name: (assistant.heads[name].streams(), name)):
            head = assistant.heads[name]
            if name in self._failed or name in self._conversation.disabled or not self._is_quick(head):
                continue
            try:
                with guard(name, source_file(type(head))), torch.inference_mode(), _quiet():
                    answer = self._answer(head, text, encoded)
                    if answer is not None:
                        answer.check()
                        answer = trust.judged(name, answer)
            except ChatkitError:
                self._failed.add(name)
                continue
            if answer is not None:
                yield name, answer

    def _is_quick(self, head: Head) -> bool:
        """Whether a head is trained and answers a message from one pass: a pooled one, or one that ranks passages."""
        if head.on_request or not self._conversation.assistant.setups[head.name].trained:
            return False
        return head.makes_vectors() if head.streams() else len(head.fields) == 1 and head.view == MESSAGE

    def _answer(self, head: Head, text: str, encoded: Encoded) -> Answer | None:
        if not head.streams():
            return head.answer({head.fields[0]: encoded}, [{head.fields[0]: text}])[0]
        services = Services(
            _nothing,
            _nothing,
            lambda _, view: encoded,
            self._conversation.search,
            lambda: False,
            self._conversation.assistant.encode,
        )
        found = itertools.islice(head.stream(Ask(text, services, {}, 0)), 1)
        return next((item for item in found if isinstance(item, Answer)), None)


def _common(a: Sequence[int], b: Sequence[int]) -> int:
    """How many ids two rows begin with in common."""
    return next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))


def _nothing(*arguments: object) -> tuple[Tensor, State]:
    raise ChatkitError("a head cannot generate while the message is typed")


def _quiet() -> contextlib.AbstractContextManager[object]:
    return contextlib.redirect_stdout(sys.stderr)
