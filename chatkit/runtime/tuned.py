"""The encoder as the dial sets it, beside the one at the middle that makes vectors of queries and passages; and the
language model as the session has taught it, for the heads that carry the conversation on.

B = batch, D = width of the hidden states
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError
from chatkit.head.head import Head
from chatkit.nn.adapters import copy_base
from chatkit.nn.encoder import Encoder, State
from chatkit.nn.step import Stepper
from chatkit.nn.vocabulary import Backbone
from chatkit.objectives.preference import Preference, beyond_home, completed, home_of
from chatkit.runtime.choosing import checked_weights, objectives_of
from chatkit.runtime.learning import Learning, Voice
from chatkit.runtime.prefill import RunningState
from chatkit.text.views import CONVERSATION


class Tuned:
    """What a conversation steps and encodes with.

    Args:
        assistant: Its backbone stays at the middle; the dial moves a copy, which shares the embedding.
    """

    def __init__(self, assistant: Assistant) -> None:
        self._assistant = assistant
        self._middle = (assistant.backbone, Stepper(assistant.backbone), RunningState(assistant))
        self.backbone, self.stepper, self.running = self._middle
        self.preference: Preference | None = None
        self._moved: Backbone | None = None
        self._learning = Learning(assistant)
        self._learned: Voice | None = None  # of this turn, where what was learned is in force
        self._voice: Voice | None = None  # of the head that is called now
        self._at_home = False  # whether that head is one whose objective the dial does not trade

    @property
    def front(self) -> dict[str, Any]:
        """The measured front that the dial of the weights moves along; {} where it is not offered."""
        found = self._assistant.report.get("dial") or {}
        return found if self._assistant.dial is not None and found.get("offered") else {}

    def sliders(self) -> list[dict[str, Any]]:
        """What ``dial`` takes: name, bounds, value where nothing is asked for, and what more of it means."""
        front = self.front
        shares = [
            {"name": name, "kind": "weights", "low": 0.0, "high": 1.0, "default": round(share, 4), "head": name}
            | {"what": (front.get("what") or {}).get(name) or f"better {front['shown'][name]}"}
            for name, share in home_of(front).items()
        ]
        found = objectives_of(self._assistant.heads).values()
        return shares + [
            {"name": o.name, "kind": "reply", "low": -1.0, "high": 1.0, "default": 0.0, "head": o.head, "what": o.what}
            for o in found
            if o.name not in front.get("objectives", ())
        ]

    def turn(self, dial: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> dict[str, float] | None:
        """Set the weights to the shares that ``dial`` names; what is left of it are weights of the reply.

        Args:
            dial: Objective -> share or weight.
            history: Turns that are encoded anew at once.
        Returns:
            Objective of the reply -> weight, those that are not 0; None where ``dial`` names none of them.
        Raises:
            ChatkitError: If a name or a number cannot be used.
        """
        trained = self.front.get("objectives", ())
        shares = {name: share for name, share in dial.items() if name in trained}
        others = {name: weight for name, weight in dial.items() if name not in trained}
        known = [*dict.fromkeys([*trained, *objectives_of(self._assistant.heads)])]
        refused = self._assistant.report.get("dial") or {}
        for name in others:
            if name not in known and name in refused.get("objectives", (name,)) and "why" in refused:
                raise ChatkitError(f"no dial for {name}: {refused['why']}")
        weights = checked_weights(others, known)
        try:
            preference = completed(shares, trained, home_of(self.front)) if shares else None
        except (TypeError, ValueError) as error:
            raise ChatkitError(str(error)) from None
        self.set(None if preference == home_of(self.front) else preference)  # who asks for home moves nothing
        if history:
            with torch.inference_mode():
                self.running.advance(history)
        return weights if others else None

    def weights(self, named: Mapping[str, float] | None) -> dict[str, float]:
        """What the drawn replies of this turn are chosen by, as far as there are heads to judge it.

        An objective that the dial was moved towards is weighed among the replies as well, where one judges it: the
        weights say more of that kind, and of what they say the most of it is taken. What is usual counts less, half of
        what it did at the end of the dial: the kindest reply of all need not be one to what was said.

        Args:
            named: From ``turn``.
        """
        moved = beyond_home(self.front, self.preference) if self.preference else {}
        known = objectives_of(self._assistant.heads)
        leaning = {name: way for name, way in moved.items() if name in known}
        rest = 1 - min(sum(moved.values()), 1) / 2
        found = {name: rest * w for name, w in self._usual().items()} if named is None else named
        return {name: w for name, w in {**found, **leaning}.items() if w}

    def _usual(self) -> dict[str, float]:
        """What replies are chosen by where the user says nothing of it, as far as there are heads to judge it."""
        known, front = objectives_of(self._assistant.heads), self.front.get("objectives", ())
        found: dict[str, float] = {}
        for _, head in sorted(self._assistant.heads.items()):
            found |= {name: w for name, w in head.chosen_by.items() if name in known and name not in front}
        return found

    def learn(self, asked: Mapping[str, Any] | None, turns: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Learn from a session, see ``chatkit.runtime.learning``; without ``asked`` all of it is forgotten.

        Args:
            asked: The option ``learn`` of the turn.
            turns: The conversation, the message to answer last.
        Returns:
            What the user is told of it; {} where nothing is asked for.
        Raises:
            ChatkitError: If it cannot be done, or not together with the dial.
        """
        self._learned = None
        if not asked:
            self._learning.forget()
            return {}
        if self.preference is not None:
            raise ChatkitError(
                "a session is learned from with the dial of the weights at its middle only",
                hint="/dial off, or /learn off",
            )
        learner = self._learning.follow(asked, turns)
        if learner.in_force:
            self._learned = Voice(learner, self._middle[1])
        return learner.told()

    @contextlib.contextmanager
    def speaking(self, head: Head) -> Iterator[None]:
        """While a head is called: what was learned speaks in those that carry the conversation on, and in no other.

        And a head whose objective the dial does not trade speaks from home. Only meanwhile are logits taken from here:
        several conversations may share an assistant.
        """
        self._voice = self._learned if head.view == CONVERSATION else None
        self._at_home = not self._trades(head)
        try:
            with self._assistant.vocabulary.fast_logits(self.logits):
                yield
        finally:
            self._voice, self._at_home = None, False

    def begin(self, turns: Sequence[Mapping[str, Any]]) -> tuple[Tensor, State]:
        """Hidden state (1, D) and encoder state at the opening of the reply."""
        running = self._middle[2] if self._at_home else self.running
        return running.advance(turns) if self._voice is None else self._voice.begin()

    def context(self, turns: Sequence[Mapping[str, Any]]) -> tuple[Tensor, Tensor]:
        """Ids (T,) and hidden states (T, D) of the conversation up to the opening of the reply; of its latest part.

        Where the session has taught weights, states are those of the weights as they were.
        """
        running = self._middle[2] if self._at_home else self.running
        running.advance(turns)
        return running.context()

    def step(self, ids: Tensor, state: State) -> tuple[Tensor, State]:
        """One step of the encoder, (B,) ids and state -> (B, D) and new state."""
        return (self._stepper if self._voice is None else self._voice.stepper).step(ids, state)

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits (B, V) of hidden states (B, D)."""
        return self._stepper.logits(hidden) if self._voice is None else self._voice.logits(hidden)

    @property
    def _stepper(self) -> Stepper:
        return self._middle[1] if self._at_home else self.stepper

    def _trades(self, head: Head) -> bool:
        return head.name in self.front.get("objectives", ())

    @property
    def middle(self) -> Stepper:
        """Steps of the encoder at the middle."""
        return self._middle[1]

    def encoder_for(self, head: Head) -> Encoder:
        """The encoder of a head: where the dial stands if that trades the head's objective, else at home.

        Vectors of passages were made at home; and confidences of a head that the dial does not trade are those of home.
        """
        return (self.backbone if self._trades(head) else self._middle[0]).encoder

    def set(self, preference: Preference | None) -> None:
        """Move to a preference, None for the middle; the conversation is encoded anew when it goes on."""
        if preference == self.preference:
            return
        self.preference = preference
        dial, (base, stepper, _) = self._assistant.dial, self._middle
        if preference is None or dial is None:
            self.backbone, self.stepper, self.running = self._middle
            return
        if self._moved is None:
            embedding = base.encoder.embedding
            self._moved = copy.deepcopy(base, {id(embedding): embedding}).eval()
        with torch.inference_mode(False):
            dial.merge(self._moved, copy_base(base), preference)
        self.backbone = self._moved
        self.stepper = Stepper(self._moved, like=stepper)
        self.running = RunningState(self._assistant, self._moved.encoder)
