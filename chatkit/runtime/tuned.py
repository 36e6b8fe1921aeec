"""The encoder as the dial sets it, beside the one at the middle that makes vectors of queries and passages.

B = batch, D = width of the hidden states
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError
from chatkit.head.head import Head
from chatkit.nn.adapters import copy_base
from chatkit.nn.encoder import Encoder
from chatkit.nn.step import Stepper
from chatkit.nn.vocabulary import Backbone
from chatkit.objectives.preference import Preference, completed, middle
from chatkit.runtime.choosing import checked_weights, objectives_of
from chatkit.runtime.prefill import RunningState


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
        assistant.vocabulary.use_fast_logits(self.logits)

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
            | {"what": f"better {front['shown'][name]}"}
            for name, share in middle(front.get("objectives", ())).items()
        ]
        found = objectives_of(self._assistant.heads).values()
        return shares + [
            {"name": o.name, "kind": "reply", "low": -1.0, "high": 1.0, "default": 0.0, "head": o.head, "what": o.what}
            for o in found
            if o.name not in front.get("objectives", ())
        ]

    def turn(self, dial: Mapping[str, Any], history: Sequence[Mapping[str, Any]] = ()) -> dict[str, float]:
        """Set the weights to the shares that ``dial`` names; what is left of it are weights of the reply.

        Args:
            dial: Objective -> share or weight.
            history: Turns that are encoded anew at once.
        Raises:
            ChatkitError: If a name or a number cannot be used.
        """
        trained = self.front.get("objectives", ())
        shares = {name: share for name, share in dial.items() if name in trained}
        others = {name: weight for name, weight in dial.items() if name not in trained}
        known = [*trained, *objectives_of(self._assistant.heads)]
        refused = self._assistant.report.get("dial") or {}
        for name in others:
            if name not in known and name in refused.get("objectives", (name,)) and "why" in refused:
                raise ChatkitError(f"no dial for {name}: {refused['why']}")
        weights = checked_weights(others, known)
        try:
            preference = completed(shares, trained) if shares else None
        except (TypeError, ValueError) as error:
            raise ChatkitError(str(error)) from None
        self.set(preference)
        if history:
            with torch.inference_mode():
                self.running.advance(history)
        return weights

    def logits(self, hidden: Tensor) -> Tensor:
        """Logits (B, V) of hidden states (B, D)."""
        return self.stepper.logits(hidden)

    @property
    def middle(self) -> Stepper:
        """Steps of the encoder at the middle."""
        return self._middle[1]

    def encoder_for(self, head: Head) -> Encoder:
        """The encoder of a head: at the middle where it makes vectors, for passages were encoded there."""
        return (self._middle[0] if head.makes_vectors() else self.backbone).encoder

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
