"""The Python API: ``chatkit.load(path).ask(text)``."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike, fspath
from typing import Any

from chatkit.confidence.familiarity import LOW
from chatkit.errors import HeadError
from chatkit.head.answer import Answer
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.events import Event
from chatkit.runtime.library import Library
from chatkit.runtime.loading import HeadState, load


@dataclasses.dataclass(frozen=True)
class HeadAnswer:
    """What one head said.

    Args:
        head: Its name.
        answer: Its answer.
    """

    head: str
    answer: Answer


@dataclasses.dataclass(frozen=True)
class Reply:
    """What all heads said of one message.

    Args:
        text: The message.
        answers: Answers, in the order in which the heads were asked.
        failures: Events of heads that failed: ``head``, ``message``, ``place``.
        seed: Seed of the sampling; the same seed gives the same reply.
        timing: Seconds (``total``, ``encode``), ``tokens`` and ``tokens_per_second``.
        model: Name and lineage of the assistant.
        familiarity: How like the training text the message is, 0 to 1; None where that is not measured.
        stopped: Whether it was cancelled half-way.
        trust: ``nearest`` training domain, ``why`` in a sentence, ``warning`` of the last messages together; empty
            where familiarity is not measured.
        choices: Where replies were weighed, by head: the candidates, which are non-dominated, and why one was said.
        learned: What was learned from the turns before, where ``learn`` asked for it.
    """

    text: str
    answers: Sequence[HeadAnswer]
    failures: Sequence[Mapping[str, Any]]
    seed: int
    timing: Mapping[str, float]
    model: Mapping[str, str]
    familiarity: float | None = None
    stopped: bool = False
    trust: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    choices: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=dict)
    learned: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def reply(self) -> str:
        """Text of the first generated answer; empty if there is none."""
        texts = [a.answer.plain for a in self.answers if a.answer.type in ("text", "markdown")]
        return texts[0] if texts else ""

    def __str__(self) -> str:
        return "\n".join(f"{a.head}: {a.answer.plain}" for a in self.answers)

    def as_json(self) -> dict[str, Any]:
        """Plain data, as ``chatkit ask --json`` prints it."""
        out: dict[str, Any] = {
            "text": self.text,
            "answers": [{"head": a.head, **a.answer.as_json()} for a in self.answers],
            "familiarity": self.familiarity,
            "model": dict(self.model),
            "seed": self.seed,
            "timing": dict(self.timing),
        }
        if self.failures:
            out["failures"] = [{key: f[key] for key in ("head", "message", "place")} for f in self.failures]
        if self.trust.get("warning") or (self.familiarity is not None and self.familiarity < LOW):
            out["trust"] = dict(self.trust)
        if self.choices:
            out["choices"] = {head: dict(choice) for head, choice in self.choices.items()}
        if self.learned:
            out["learned"] = dict(self.learned)
        if self.stopped:
            out["stopped"] = True
        return out


class Chat:
    """An assistant in this process.

    Args:
        path: Model folder; None for the shipped assistant.
        heads: Further heads, by file or name.
        index: Database of indexed documents; None for the user's own.
        safe: First-party heads only.
    Raises:
        ModelError: If the folder holds no usable assistant.
        HeadError: If a head in ``heads`` does not exist.
    """

    def __init__(
        self,
        path: str | PathLike[str] | None = None,
        *,
        heads: Sequence[str] = (),
        index: str | None = None,
        safe: bool = False,
    ) -> None:
        loaded = load(None if path is None else fspath(path), heads, safe=safe)
        self.assistant = loaded.assistant
        self.heads: Sequence[HeadState] = loaded.heads
        self._conversation = Conversation(self.assistant, Library(self.assistant, index).search)

    def events(
        self,
        text: str,
        *,
        history: Iterable[Mapping[str, str]] = (),
        heads: Sequence[str] | None = None,
        seed: int | None = None,
        cancelled: Callable[[], bool] = lambda: False,
        **options: Any,
    ) -> Iterable[Event]:
        """Answer one message as a stream of events, see ``chatkit.runtime.events``."""
        return self._conversation.turn(
            text, history=list(history), heads=heads, seed=seed, options=options, cancelled=cancelled
        )

    def ask(
        self,
        text: str,
        *,
        history: Iterable[Mapping[str, str]] = (),
        heads: Sequence[str] | None = None,
        seed: int | None = None,
        **options: Any,
    ) -> Reply:
        """Answer one message.

        Args:
            text: The message.
            history: Turns before it, each ``{"speaker": "user" | "assistant", "text": ...}``.
            heads: Only these heads; all by default.
            seed: Seed of the sampling; drawn if None.
            **options: ``temperature``, ``top_k``, ``top_p``, ``repetition_penalty``, ``max_tokens``; ``coverage`` of
                sets of labels; ``dial={"warmth": 1}`` weighs objectives of the reply, -1 to 1, among so many
                ``candidates``; ``learn={"how": "both", "turns": 8}`` lets the reply come from a language model that has
                learned from the latest 8 messages of the user in ``history`` (``chatkit.runtime.learning``).
        Raises:
            HeadError: If a head in ``heads`` is not loaded.
            ChatkitError: If ``dial`` names what there is not.
        """
        for name in heads or ():
            if name not in self.assistant.heads:
                known = ", ".join(sorted(self.assistant.heads))
                why = next((state.why for state in self.heads if state.name == name), "")
                raise HeadError(f"no head {name}{': ' + why if why else ''}", head=name, hint=f"loaded: {known}")
        answers, failures = [], []
        choices: dict[str, Mapping[str, Any]] = {}
        done: Event = {}
        for event in self.events(text, history=history, heads=heads, seed=seed, **options):
            if event["event"] == "answer":
                answers.append(HeadAnswer(event["head"], Answer.from_json(event["answer"])))
            elif event["event"] == "failed":
                failures.append(event)
            elif event["event"] == "choice":
                choices[event["head"]] = event["choice"]
            elif event["event"] == "done":
                done = event
        return Reply(
            text,
            answers,
            failures,
            done["seed"],
            done["timing"],
            {"name": self.assistant.name, "lineage": self.assistant.lineage},
            done["familiarity"],
            done["stopped"],
            done["trust"],
            choices,
            done["learned"],
        )
