"""What the host adds to the answers of a turn: familiarity of the text, calibrated bars, sets of labels, a warning."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.assistant import Assistant
from chatkit.confidence.familiarity import Reading
from chatkit.confidence.record import COVERAGE
from chatkit.head.answer import Answer, Bars, Block
from chatkit.training.familiarity import assistant_pieces, familiarity_of

_RECENT = 5


class Trust:
    """How far the answers to one message can be trusted.

    Args:
        assistant: What was fitted for it.
        text: The message.
        coverage: Of sets of labels.
    """

    def __init__(self, assistant: Assistant, text: str, coverage: float = COVERAGE) -> None:
        self._assistant, self._coverage = assistant, coverage
        self.reading: Reading | None = familiarity_of(assistant, text)

    @property
    def familiarity(self) -> float | None:
        """Familiarity of the message, 0 to 1; None where it is not known."""
        return None if self.reading is None else round(self.reading.value, 4)

    def judged(self, head: str, answer: Answer) -> Answer:
        """The answer of a head with its bars calibrated; the same answer where nothing was fitted for it."""
        fitted = self._assistant.confidence.heads.get(head)
        if fitted is None or not any(isinstance(block, Bars) for block in answer.blocks):
            return answer
        blocks: list[Block] = []
        for block in answer.blocks:
            if isinstance(block, Bars) and block.probabilities:
                found = fitted.judge(block.probabilities, self.familiarity, self._coverage)
                block = dataclasses.replace(
                    block,
                    probabilities=found.probabilities,
                    labels=found.labels,
                    coverage=found.coverage,
                    guaranteed=found.guaranteed,
                    sure=found.sure,
                    why=found.why,
                )
            blocks.append(block)
        return Answer(*blocks)

    def details(self, history: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Why the message is as familiar as it is, and whether the last ones together call for a warning.

        Args:
            history: Turns before it, oldest first.
        """
        known = self._assistant.confidence.familiarity
        if self.reading is None or known is None:
            return {}
        pieces = assistant_pieces(self._assistant)
        said = [turn["text"] for turn in history if turn.get("speaker") == "user"][-_RECENT + 1 :]
        before = [known.seen(*found) for found in map(pieces, said) if found[0]]
        warning = known.warns([*before, self.reading.seen])
        return {"nearest": self.reading.nearest, "why": self.reading.sentence, "warning": bool(warning)}
