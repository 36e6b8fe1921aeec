"""A turn: one message in, events of every head out. Runs without a terminal and without a database.

B = 1
"""

from __future__ import annotations

import contextlib
import dataclasses
import secrets
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.confidence.record import COVERAGE
from chatkit.errors import ChatkitError, HeadError
from chatkit.head.answer import Answer, Bars, Hit, Text
from chatkit.head.ask import Ask, Piece, Services
from chatkit.head.encoded import Encoded
from chatkit.head.guard import guard, source_file
from chatkit.head.head import Head
from chatkit.runtime import events
from chatkit.runtime.choosing import CANDIDATES, MOST_CANDIDATES, choose_reply
from chatkit.runtime.events import Event
from chatkit.runtime.long_text import answer_long, is_long
from chatkit.runtime.trust import Trust
from chatkit.runtime.tuned import Tuned
from chatkit.text.views import CONVERSATION, MESSAGE

FAILURES_ALLOWED = 3
Search = Callable[[Tensor | None, str, int], Sequence[Hit]]


class Conversation:
    """Answers messages with all heads of an assistant.

    Args:
        assistant: The assistant.
        search: Ranks passages of the indexed documents.
    """

    def __init__(self, assistant: Assistant, search: Search = lambda vector, text, k: ()) -> None:
        self.assistant = assistant.eval()
        self.disabled: set[str] = set()
        self.search = search
        self._failures: Counter[str] = Counter()
        self.tuned = Tuned(assistant)

    def turn(
        self,
        text: str,
        *,
        number: int = 0,
        history: Sequence[Mapping[str, Any]] = (),
        heads: Sequence[str] | None = None,
        skip: Sequence[str] = (),
        options: Mapping[str, Any] | None = None,
        seed: int | None = None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Iterator[Event]:
        """Answer one message.

        Args:
            text: The message.
            number: Number of the turn, for its events.
            history: Turns before this one, ``speaker`` and ``text``, oldest first.
            heads: Only these; None for all that are on.
            skip: Not these.
            options: ``temperature``, ``max_tokens`` and the like; ``dial``: objective -> weight, -1 to 1;
                ``candidates``: how many replies are drawn where one is weighed; ``continue`` to write on where the
                message ends; ``unlike``: texts that are said again only where nothing else was drawn; ``learn``: from
                the session, see ``chatkit.runtime.learning``.
            seed: Seed of the sampling; drawn if None.
            cancelled: Asked before each step.
        Yields:
            Events, see ``chatkit.runtime.events``.
        Raises:
            ChatkitError: If ``dial``, ``learn`` or ``candidates`` cannot be used; before any event.
        """
        started = time.monotonic()
        seed = secrets.randbits(31) if seed is None else seed
        turn = _Turn(self, number, text, history, dict(options or {}), seed, cancelled, heads is not None)
        for name in self._order(heads, skip):
            if cancelled():
                break
            yield from turn.call(self.assistant.heads[name])
        total = time.monotonic() - started
        timing = {"total": round(total, 4), "encode": round(turn.encode_seconds, 4), "tokens": float(turn.pieces)}
        if turn.pieces > 1:  # a reply that comes whole, such as a quotation, has no rate
            timing["tokens_per_second"] = round(turn.pieces / max(turn.stream_seconds, 1e-9), 1)
        trust = turn.trust
        told, known = trust.details(history), trust.familiarity
        yield events.done(
            number, seed=seed, stopped=cancelled(), timing=timing, familiarity=known, trust=told, learned=turn.learned
        )

    def failed(self, name: str) -> bool:
        """Count a failure of a head; True if it is disabled now."""
        self._failures[name] += 1
        if self._failures[name] >= FAILURES_ALLOWED:
            self.disabled.add(name)
        return name in self.disabled

    def enable(self, name: str) -> None:
        """Take a disabled head in again."""
        self.disabled.discard(name)
        self._failures.pop(name, None)

    def _order(self, heads: Sequence[str] | None, skip: Sequence[str]) -> list[str]:
        """Cheap pooled heads first, then streaming ones, the conversation's reply last."""
        known = self.assistant.heads
        names = [n for n in known if (heads is None or n in heads) and n not in skip]
        if heads is None:
            asked = [n for n in names if answers_messages(known[n]) and not known[n].on_request]
            names = [n for n in asked if n not in self.disabled]
        trained = {n for n in names if self.assistant.setups[n].trained}  # they wait for no head on trial
        return sorted(names, key=lambda n: (n not in trained, known[n].streams(), known[n].view == CONVERSATION, n))


def answers_messages(head: Head) -> bool:
    """Whether a head can answer a plain message: it streams, or takes one text."""
    return head.streams() or len(head.fields) == 1


def remark_on(head: Head) -> str:
    """What a listing says of a head that does not answer every message; "" of one that does."""
    if not answers_messages(head):
        return "answers no plain messages"
    return "answers only when asked by name" if head.on_request else ""


class _Turn:
    """What the heads share while one message is answered: encoder passes and figures."""

    def __init__(
        self,
        host: Conversation,
        number: int,
        text: str,
        history: Sequence[Mapping[str, Any]],
        options: dict[str, Any],
        seed: int,
        cancelled: Callable[[], bool],
        by_name: bool,
    ) -> None:
        self._host, self._number, self._text = host, number, text
        self._turns = [*history, {"speaker": "user", "text": text}]
        self._options, self._seed, self._cancelled, self._by_name = options, seed, cancelled, by_name
        self.trust = Trust(host.assistant, text, _coverage(options))
        named = host.tuned.turn(options.pop("dial", None) or {})
        as_drawn = named is None and options.get("continue")  # a text goes on as it is drawn
        self._weights = {} if as_drawn else host.tuned.weights(named)
        self.learned = host.tuned.learn(options.pop("learn", None), self._turns)
        self._unlike = _texts(options.get("unlike", ()))
        candidates = _count(options.pop("candidates", 2 * CANDIDATES if self._unlike else CANDIDATES))
        self._candidates = candidates if self._weights else 1
        self._choices: list[dict[str, Any]] = []
        self._passes: dict[tuple[str, str, int], Encoded] = {}
        self._labelled: dict[tuple[str, str], Mapping[str, float]] = {}
        self.encode_seconds = self.stream_seconds = 0.0
        self.pieces = 0

    def call(self, head: Head) -> Iterator[Event]:
        """Events of one head."""
        number, name = self._number, head.name
        yield events.calling(number, name)
        try:
            stage = "stream" if head.streams() else "answer"
            with guard(name, source_file(type(head)), stage=stage, asked=type(head)):
                answer: Answer | None = None
                if head.streams():
                    text = ""
                    for item in self._stream(head):
                        yield from (events.choice(number, name, choice) for choice in self._choices)
                        self._choices.clear()
                        if isinstance(item, Answer):
                            answer = item
                        else:
                            text += item.text
                            yield events.piece(number, name, item.text)
                    answer = answer or Answer(Text(text))
                else:
                    answer = self._answer(head, self._text)
                answer.check()
                answer = self.trust.judged(name, answer)
                self._labelled[name, self._text] = labels_of(answer)
        except ChatkitError as error:  # of the head, or of what it asked the host for
            disabled = self._host.failed(name)
            place = error.place if isinstance(error, HeadError) else ""
            yield events.failed(number, name, error.message, place, disabled=disabled)
            return
        yield events.answer(number, name, answer.as_json(), stopped=self._cancelled() and head.streams())

    def encode(self, text: str, view: str, head: Head) -> Encoded:
        """One encoder pass per text and view, shared by all heads of the turn that the dial moves or leaves alike."""
        encoder = self._host.tuned.encoder_for(head)
        key = (text, view, id(encoder))
        if key not in self._passes:
            started = time.monotonic()
            with torch.inference_mode():
                self._passes[key] = self._host.assistant.encode([text], view, encoder=encoder)
            self.encode_seconds += time.monotonic() - started
        return self._passes[key]

    def _answer(self, head: Head, text: str) -> Answer:
        record = dict.fromkeys(head.fields, text)
        if len(head.fields) == 1 and is_long(self._host.assistant, text):
            with torch.inference_mode(), _quiet():
                return answer_long(self._host.assistant, head, text, cancelled=self._cancelled)
        with torch.inference_mode(), _quiet():
            views = {f: head.view_of(f, record) for f in head.fields}
            encoded = {f: self.encode(text, MESSAGE if v == CONVERSATION else v, head) for f, v in views.items()}
            answers = head.answer(encoded, [record])
        if not isinstance(answers, list) or len(answers) != 1 or not isinstance(answers[0], Answer):
            raise TypeError(f"answer must return a list with one Answer per example, got {_shape(answers)}")
        return answers[0]

    def _stream(self, head: Head) -> Iterator[Piece | Answer]:
        ask = self._ask(head)
        started, pieces = time.monotonic(), 0
        with torch.inference_mode(), _quiet():
            source = iter(head.stream(ask))
        while True:
            with torch.inference_mode(), _quiet(), self._host.tuned.speaking(head):
                item = next(source, None)
            if item is None:
                break
            if not isinstance(item, Piece | Answer):
                raise TypeError(f"stream must yield Piece or Answer, got {type(item).__name__}")
            if isinstance(item, Piece):  # a reply that was chosen comes as one
                tokenizer = self._host.assistant.tokenizer
                pieces += len(tokenizer.encode(item.text)) if self._choices else 1
            yield item
            if self._cancelled():  # whether the head asks or not
                _close(source)
                break
        if pieces:
            self.pieces += pieces
            self.stream_seconds += time.monotonic() - started

    def _ask(self, head: Head) -> Ask:
        """The message as a head sees it."""
        return Ask(self._text, self._services(head), self._options, self._seed)

    def _services(self, head: Head) -> Services:
        return Services(
            self._begin,
            self._step,
            lambda text, view: self.encode(text, view, head),
            self._host.search,
            self._cancelled,
            lambda texts, view: self._encode_all(texts, view, head),
            lambda texts: self._pick(head.name, texts),
            self._candidates,
            self._by_name,
            self._context,
            self._labels,
            self._other,
        )

    def _other(self, name: str, text: str) -> str:
        """What a head says to a text; nothing where it cannot, or fails."""
        head, host = self._host.assistant.heads.get(name), self._host
        if not head or name in host.disabled or not host.assistant.setups[name].trained:
            return ""
        said = ""
        with contextlib.suppress(ChatkitError), guard(name, source_file(type(head)), stage="stream"):
            if not head.streams():
                return self._answer(head, text).plain
            services = dataclasses.replace(self._services(head), other=lambda name, text: "", labels=lambda *_: {})
            services = dataclasses.replace(services, by_name=True)
            with torch.inference_mode(), _quiet():
                for item in head.stream(Ask(text, services, self._options, self._seed)):
                    said += item.text if isinstance(item, Piece) else item.plain
        return said

    def _labels(self, name: str, text: str) -> Mapping[str, float]:
        """What a head says of the message, which it may have said before, or of another text.

        Nothing where it fails: its own turn tells. A head that streams is not asked: it might ask back.
        """
        head, key = self._host.assistant.heads.get(name), (name, text)
        if key not in self._labelled and head and not head.streams() and name not in self._host.disabled:
            self._labelled[key] = {}
            if answers_messages(head) and self._host.assistant.setups[name].trained:
                with contextlib.suppress(ChatkitError), guard(name, source_file(type(head)), stage="answer"):
                    answer = self._answer(head, text)
                    answer.check()
                    self._labelled[key] = labels_of(self.trust.judged(name, answer))
        return self._labelled.get(key, {})

    def _pick(self, drawer: str, texts: Sequence[str]) -> int:
        """The reply to say of those that a head has drawn; the judges see the message as it was before it drew."""
        if not self._weights or not texts:
            return 0
        host, new = self._host, [i for i, text in enumerate(texts) if text not in self._unlike]
        if new and len(new) < len(texts):
            return new[self._pick(drawer, [texts[i] for i in new])]
        heads = {name: head for name, head in host.assistant.heads.items() if name not in host.disabled}
        choice = choose_reply(texts, self._ask, drawer, self._weights, heads, failed=host.failed)
        self._choices.append(choice.as_json())
        return choice.picked

    def _encode_all(self, texts: Sequence[str], view: str, head: Head) -> Encoded:
        started = time.monotonic()
        out = self._host.assistant.encode(texts, view, encoder=self._host.tuned.encoder_for(head))
        self.encode_seconds += time.monotonic() - started
        return out

    def _begin(self) -> tuple[Tensor, Any]:
        started = time.monotonic()
        if self._options.get("continue"):
            out = self._host.tuned.running.continue_text(self._text)
        else:
            out = self._host.tuned.begin(self._turns)
        self.encode_seconds += time.monotonic() - started
        return out

    def _context(self) -> tuple[Tensor, Tensor]:
        if self._options.get("continue"):  # of one text nothing is earlier
            return torch.zeros(0, dtype=torch.int64), torch.zeros(0, 0)
        return self._host.tuned.context(self._turns)

    def _step(self, ids: Tensor, state: Any) -> tuple[Tensor, Any]:
        return self._host.tuned.step(ids, state)


def labels_of(answer: Answer) -> Mapping[str, float]:
    """Labels of an answer and their probabilities; none where it has no bars."""
    return next((block.probabilities for block in answer.blocks if isinstance(block, Bars)), {})


def _coverage(options: Mapping[str, Any]) -> float:
    """What the user wants of sets of labels."""
    asked = options.get("coverage")
    return float(asked) if isinstance(asked, int | float) and 0 < asked < 1 else COVERAGE


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= MOST_CANDIDATES:
        raise ChatkitError(f"candidates must lie in 1..{MOST_CANDIDATES}, got {value}")
    return value


def _texts(value: Any) -> frozenset[str]:
    if not isinstance(value, list | tuple) or not all(isinstance(text, str) for text in value):
        raise ChatkitError(f"unlike takes a list of texts, got {value!r:.60}")
    return frozenset(text.strip() for text in value)


def _close(source: Iterator[Any]) -> None:
    with torch.inference_mode(), _quiet():
        getattr(source, "close", lambda: None)()


def _quiet() -> contextlib.AbstractContextManager[Any]:
    """What a head prints goes to stderr: stdout carries the result."""
    return contextlib.redirect_stdout(sys.stderr)


def _shape(value: object) -> str:
    return f"a list of {len(value)}" if isinstance(value, list) else type(value).__name__
