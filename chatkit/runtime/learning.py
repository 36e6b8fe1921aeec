"""Learning from the session that runs: follows its turns, and speaks for the language model where that pays.

An option of a turn asks for it, ``{"how": "both" | "cache" | "weights", "turns": N}``: the latest N messages of the
user may be learned from. All that was learned hangs on the option and the turns, so that a replay finds it again, and a
turn without the option is answered as if there had never been one.

B = 1, D = width of the hidden states, V = vocabulary
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError
from chatkit.generalisation.learner import HOW, LearnConfig, SessionLearner
from chatkit.nn.encoder import State
from chatkit.nn.step import Stepper
from chatkit.text.views import speaker_ids

_Item = tuple[str, str, bool]  # speaker piece, text, whether it may be learned from


class Voice:
    """The language model as the session has made it.

    Args:
        learner: What was learned.
        plain: Steps of the assistant's own, taken over where the weights are the same.
    """

    def __init__(self, learner: SessionLearner, plain: Stepper) -> None:
        self._learner = learner
        own = learner.dynamic is not None
        self.stepper = Stepper(learner.backbone, plain.precision) if own else plain

    def begin(self) -> tuple[Tensor, State]:
        """Hidden state (1, D) and encoder state at the opening of the reply."""
        return self._learner.begin()

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits (B, V) of hidden states (B, D)."""
        return self._learner.cache.mixed(self.stepper.logits(hidden), hidden)


class Learning:
    """Follows one session; what another one has taught is dropped.

    Args:
        assistant: Its weights are only read.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._read: list[_Item] = []
        self._learner: SessionLearner | None = None

    def forget(self) -> None:
        """Drop all that was learned."""
        self._read, self._learner = [], None

    def follow(self, asked: Mapping[str, Any], turns: Sequence[Mapping[str, Any]]) -> SessionLearner:
        """What the turns have taught; only those are read that were not read before.

        Args:
            asked: The option.
            turns: ``speaker`` and ``text`` of each, oldest first; the last one is answered next.
        Raises:
            ChatkitError: If the option is malformed.
        """
        how, most = asked.get("how", "both"), asked.get("turns", 0)
        if how not in HOW or type(most) is not int or most < 0 or set(asked) - {"how", "turns"}:
            raise ChatkitError(f"learn takes how ({', '.join(HOW)}) and turns (a number of messages), got {asked}")
        items = _items(turns, most)
        learner = self._learner
        if learner is None or learner.config.how != how or self._read != items[: len(self._read)]:
            learner, self._read = SessionLearner(self._assistant, LearnConfig(how=how)), []
        for piece, text, learn in items[len(self._read) :]:
            learner.read(piece, text, learn=learn)
        self._read, self._learner = items, learner
        return learner


def _items(turns: Sequence[Mapping[str, Any]], most: int) -> list[_Item]:
    out: list[_Item] = []
    left = most
    for piece, turn in reversed(list(zip(speaker_ids(turns), turns, strict=True))):
        users = turn["speaker"] == "user"
        out.append((piece, turn["text"], users and left > 0))
        left -= users
    return out[::-1]
