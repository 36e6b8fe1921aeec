"""One turn of a chat as its screens see it, and the updates that tell them of it."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

from chatkit.head.answer import Answer
from chatkit.runtime.events import Event

TurnState = Literal["queued", "running", "done", "stopped", "failed"]


@dataclasses.dataclass(eq=False)
class Turn:
    """One prompt and what came of it.

    Args:
        prompt: Number of the prompt's message in the history.
        text: What the user said.
        heads: Only these heads answer; None for all that are on.
        options: Of the heads, such as ``language``.
        aside: Asked beside the conversation: later turns do not see it.
        again: Number of the reply that this turn gives another version of; 0 for a new prompt.
        seed: Of the reply, once it has started.
        state: Where the turn stands.
        reply: Number of the reply's message, once it has started.
        said: What each head has streamed so far.
        failures: Heads that failed in this turn.
        timing: Figures of the engine, such as ``tokens_per_second``.
        familiarity: How like the training text it is, 0 to 1, once that is known.
        trust: Why, and whether the last messages call for a warning: see ``runtime.events``.
        choices: Where replies were weighed, by head: the candidates and why one was said.
        learned: What was learned from the session, where that is on: see ``runtime.events``.
        seen: How many messages of the history it saw.
        stopping: The user has stopped it: what its heads still stream is dropped.
    """

    prompt: int
    text: str
    heads: tuple[str, ...] | None = None
    options: dict[str, Any] = dataclasses.field(default_factory=dict)
    aside: bool = False
    again: int = 0
    seed: int = 0
    state: TurnState = "queued"
    reply: int = 0
    said: dict[str, str] = dataclasses.field(default_factory=dict)
    answers: dict[str, Answer] = dataclasses.field(default_factory=dict)
    failures: list[str] = dataclasses.field(default_factory=list)
    timing: dict[str, Any] = dataclasses.field(default_factory=dict)
    familiarity: float | None = None
    trust: dict[str, Any] = dataclasses.field(default_factory=dict)
    choices: dict[str, Any] = dataclasses.field(default_factory=dict)
    learned: dict[str, Any] = dataclasses.field(default_factory=dict)
    seen: int = 0
    stopping: bool = False

    @property
    def reply_text(self) -> str:
        """What the assistant said, as later turns see it: of the first head that streams or gives text."""
        for head in self.said:
            return text_of(self.answers[head]) if head in self.answers else self.said[head]
        return next(filter(None, map(text_of, self.answers.values())), "")

    @property
    def asked(self) -> dict[str, Any]:
        """What the prompt asks for beyond its text, as its facts in the history hold it."""
        if not self.aside and self.heads is None and not self.options:
            return {}
        return {"aside": self.aside, "heads": self.heads and list(self.heads), "options": self.options}


@dataclasses.dataclass(frozen=True)
class Update:
    """Something that happened.

    Args:
        kind: "queued", "started", "event" or "ended" of a turn; "engine" for an event of no turn; "unsaved" when the
            history can no longer be written.
        turn: The turn, if it is about one.
        event: The event, for "event" and "engine".
        message: One line for "unsaved".
    """

    kind: Literal["queued", "started", "event", "ended", "engine", "unsaved"]
    turn: Turn | None = None
    event: Event = dataclasses.field(default_factory=dict)
    message: str = ""


def text_of(answer: Answer) -> str:
    """The text that an answer says in words: its Text and Markdown blocks."""
    return "\n\n".join(block.plain() for block in answer.blocks if block.kind in ("text", "markdown"))
