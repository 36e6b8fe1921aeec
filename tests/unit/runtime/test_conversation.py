"""A turn: every head answers or fails alone, the same seed gives the same reply, a stop comes soon."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.errors import StorageError
from chatkit.head.setup import HeadSetup
from chatkit.plugin_api import Answer, Ask, Bars, Classifier, Head, Piece, Text
from chatkit.runtime.conversation import Conversation

HISTORY = [{"speaker": "user", "text": "hello"}, {"speaker": "assistant", "text": "hi! how can I help?"}]
Turn = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def conversation(assistant: Assistant) -> Conversation:
    return Conversation(assistant)


def of(events: list[dict[str, Any]], kind: str, head: str | None = None) -> list[dict[str, Any]]:
    return [e for e in events if e["event"] == kind and (head is None or e["head"] == head)]


def reply(events: list[dict[str, Any]]) -> str:
    return str(of(events, "answer", "generation")[0]["answer"]["text"])


def test_a_turn_has_its_events_in_order(conversation: Conversation) -> None:
    events = list(conversation.turn("hello, where is the station?", number=4, seed=1))
    assert {event["turn"] for event in events} == {4}
    assert [e["head"] for e in of(events, "calling")] == ["sentiment", "retrieval", "generation"]  # cheap ones first
    for head in ("sentiment", "retrieval", "generation"):
        kinds = [e["event"] for e in events if e.get("head") == head]
        assert kinds[0] == "calling"
        assert kinds[-1] == "answer"
        assert set(kinds[1:-1]) <= {"piece"}
    assert "".join(e["text"] for e in of(events, "piece", "generation")) == reply(events)
    done = events[-1]
    assert (done["event"], done["seed"], done["stopped"]) == ("done", 1, False)
    assert 0 <= done["familiarity"] <= 1
    assert not done["trust"]["warning"]
    assert done["timing"]["tokens"] == len(of(events, "piece", "generation"))
    assert done["timing"]["total"] > 0
    answer = of(events, "answer", "sentiment")[0]["answer"]
    assert answer["type"] == "bars"
    assert set(answer["probabilities"]) == {"positive", "neutral", "negative"}
    assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-5)


def test_the_same_seed_gives_the_same_reply(assistant: Assistant) -> None:
    options = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 25}
    ask = lambda seed: reply(list(Conversation(assistant).turn("hello", seed=seed, options=options)))  # noqa: E731
    assert ask(5) == ask(5)
    assert len({ask(seed) for seed in range(6)}) > 1


def test_a_seed_is_drawn_and_told(conversation: Conversation) -> None:
    events = list(conversation.turn("hello", options={"temperature": 1.0, "top_p": 1.0}))
    again = list(conversation.turn("hello", seed=events[-1]["seed"], options={"temperature": 1.0, "top_p": 1.0}))
    assert reply(events) == reply(again)


def test_max_tokens_bounds_the_reply(conversation: Conversation) -> None:
    events = list(conversation.turn("hello", seed=1, options={"max_tokens": 3, "temperature": 1.0}))
    assert 1 <= len(of(events, "piece", "generation")) <= 3


@pytest.mark.parametrize("options", [{"temperature": -1}, {"temperature": "hot"}, {"top_p": 7}, {"max_tokens": 0}])
def test_an_option_out_of_range_fails_the_head_that_reads_it_alone(
    conversation: Conversation, options: dict[str, Any]
) -> None:
    events = list(conversation.turn("hello", options=options))
    assert [e["head"] for e in of(events, "failed")] == ["generation"]
    assert [e["head"] for e in of(events, "answer")] == ["sentiment", "retrieval"]


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "😀" * 50, "<end><assistant>", "word " * 3000])
def test_any_text_is_answered(conversation: Conversation, text: str) -> None:
    events = list(conversation.turn(text, seed=1, options={"max_tokens": 5}))
    assert not of(events, "failed")
    assert len(of(events, "answer")) == 3


def test_the_conversation_so_far_changes_the_reply_and_not_the_message_view(conversation: Conversation) -> None:
    options = {"temperature": 2.0, "top_p": 1.0, "max_tokens": 40}
    plain, later = (
        [list(conversation.turn("and then?", history=h, seed=seed, options=options)) for seed in range(8)]
        for h in ([], HISTORY)
    )
    assert [reply(events) for events in plain] != [reply(events) for events in later]
    sentiments = [of(events, "answer", "sentiment")[0]["answer"] for events in (*plain, *later)]
    assert all(answer == sentiments[0] for answer in sentiments)


def test_only_and_skip(conversation: Conversation) -> None:
    assert [e["head"] for e in of(list(conversation.turn("x", heads=["sentiment"])), "answer")] == ["sentiment"]
    skipped = list(conversation.turn("x", skip=["generation", "retrieval"]))
    assert [e["head"] for e in of(skipped, "answer")] == ["sentiment"]
    assert [e["event"] for e in conversation.turn("x", heads=["nobody"])] == ["done"]


class Simple(Head):
    """A head without weights, whose answer is made by ``say``."""

    name = "simple"
    examples = ({"text": "a"}, {"text": "b"})

    def build(self, info: Any, vocabulary: Any, **options: Any) -> None:
        """Nothing to build."""

    def say(self) -> Any:
        return [Answer("fine")]

    def answer(self, encoded: Any, examples: Any) -> Any:
        return self.say()


class Streaming(Simple):
    """A head that streams what ``say`` yields."""

    def stream(self, ask: Ask) -> Iterator[Any]:
        self.ask = ask
        return self.say()  # type: ignore[no-any-return]


def exits() -> Any:
    raise SystemExit("I quit")


def no_memory() -> Any:
    raise MemoryError


def divides() -> Any:
    return 1 / 0


def our_own_error() -> Any:
    raise StorageError("the index is damaged")


def with_head(assistant: Assistant, base: type[Simple], say: Callable[[], Any]) -> Conversation:
    class Made(base):  # type: ignore[misc, valid-type]
        name = "made"

        def say(self) -> Any:
            return say()

    assistant.add_head(Made, HeadSetup())
    return Conversation(assistant)


@pytest.mark.parametrize(
    ("say", "message"),
    [
        (divides, "ZeroDivisionError: division by zero"),
        (exits, "SystemExit: I quit"),
        (no_memory, "MemoryError"),
        (our_own_error, "the index is damaged"),
        (lambda: None, "must return a list with one Answer per example, got NoneType"),
        (lambda: [], "got a list of 0"),
        (lambda: [Answer("a"), Answer("b")], "got a list of 2"),
        (lambda: ["text"], "TypeError"),
        (lambda: Answer("a"), "got Answer"),
        (lambda: [Answer()], "needs at least one block"),
        (lambda: [Answer(Bars({"a": float("nan")}))], "must be a finite number, got nan"),
        (lambda: [Answer(Bars({"a": 3.0}))], "must lie between 0 and 1"),
        (lambda: [Answer(Text(5))], "Text.text must be a str, got int"),  # type: ignore[arg-type]
        (lambda: [Answer(object())], "holds blocks"),  # type: ignore[arg-type]
    ],
)
def test_a_head_that_fails_is_named_and_the_others_answer(
    assistant: Assistant, say: Callable[[], Any], message: str
) -> None:
    events = list(with_head(assistant, Simple, say).turn("hello", seed=1))
    (failed,) = of(events, "failed")
    assert failed["head"] == "made"
    assert message in failed["message"]
    assert "\n" not in failed["message"]
    assert failed["place"].startswith(("test_conversation.py:", "conversation.py:", "answer.py:", ""))
    assert not failed["disabled"]
    assert [e["head"] for e in of(events, "answer")] == ["sentiment", "retrieval", "generation"]
    assert events[-1]["event"] == "done"


def test_the_place_is_the_line_in_the_heads_own_file(assistant: Assistant) -> None:
    (failed,) = of(list(with_head(assistant, Simple, divides).turn("hello")), "failed")
    line = next(n for n, text in enumerate(Path(__file__).read_text().splitlines(), 1) if text == "    return 1 / 0")
    assert failed["place"] == f"test_conversation.py:{line}"


def breaks_off() -> Any:
    yield Piece("so far ")
    yield Piece("so good")
    raise ValueError("then not")


@pytest.mark.parametrize(
    ("say", "message", "pieces"),
    [
        (breaks_off, "ValueError: then not", 2),
        (lambda: None, "TypeError", 0),
        (lambda: iter(["text"]), "stream must yield Piece or Answer, got str", 0),
        (lambda: iter([Piece(5)]), "TypeError", 0),  # type: ignore[arg-type]
        (lambda: iter([Piece("a"), Answer()]), "needs at least one block", 1),
        (divides, "ZeroDivisionError", 0),
    ],
)
def test_a_stream_that_fails_is_named_and_the_others_answer(
    assistant: Assistant, say: Callable[[], Any], message: str, pieces: int
) -> None:
    events = list(with_head(assistant, Streaming, say).turn("hello", seed=1))
    (failed,) = of(events, "failed")
    assert message in failed["message"]
    assert len(of(events, "piece", "made")) == pieces
    assert not of(events, "answer", "made")
    assert len(of(events, "answer")) == 3


def test_an_answer_replaces_the_pieces_before_it(assistant: Assistant) -> None:
    conversation = with_head(assistant, Streaming, lambda: iter([Piece("draft"), Answer("final")]))
    (answer,) = of(list(conversation.turn("hello")), "answer", "made")
    assert answer["answer"] == {"type": "text", "text": "final"}


def test_three_failures_disable_a_head_until_it_is_enabled(assistant: Assistant) -> None:
    conversation = with_head(assistant, Simple, divides)
    told = [of(list(conversation.turn("x", skip=["generation"])), "failed")[0]["disabled"] for _ in range(3)]
    assert told == [False, False, True]
    assert "made" not in {e.get("head") for e in conversation.turn("x", skip=["generation"])}
    assert of(list(conversation.turn("x", heads=["made"])), "failed")  # asked for by name
    conversation.enable("made")
    assert not of(list(conversation.turn("x", heads=["made"])), "failed")[0]["disabled"]


def test_what_a_head_prints_stays_off_stdout(assistant: Assistant, capsys: pytest.CaptureFixture[str]) -> None:
    def prints() -> Any:
        print("from a head")
        sys.stdout.write("and more")
        return [Answer("fine")]

    def prints_while_streaming() -> Any:
        print("streaming")
        yield Piece("fine")

    list(with_head(assistant, Simple, prints).turn("hello", heads=["made"]))
    list(with_head(assistant, Streaming, prints_while_streaming).turn("hello", heads=["made"]))
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "from a head" in captured.err
    assert "streaming" in captured.err


@pytest.mark.parametrize("after", [1, 4])
def test_a_stop_comes_within_one_piece_and_keeps_the_text(conversation: Conversation, after: int) -> None:
    pieces: list[str] = []
    events = []
    options = {"temperature": 1.5, "top_p": 1.0, "max_tokens": 100}
    for event in conversation.turn("hello", seed=2, options=options, cancelled=lambda: len(pieces) >= after):
        events.append(event)
        if event["event"] == "piece" and event["head"] == "generation":
            pieces.append(event["text"])
    assert len(pieces) == after
    (answer,) = of(events, "answer", "generation")
    assert answer["stopped"]
    assert answer["answer"]["text"].startswith("".join(pieces))
    assert events[-1]["stopped"]


def test_a_head_that_never_asks_whether_it_is_stopped_is_stopped(assistant: Assistant) -> None:
    closed: list[bool] = []

    def endless() -> Any:
        try:
            while True:
                yield Piece("on and ")
        finally:
            closed.append(True)

    conversation = with_head(assistant, Streaming, endless)
    setups = conversation.assistant.setups
    setups["made"] = dataclasses.replace(setups["made"], trained=True)  # so that the reply comes after it
    seen: list[Any] = []
    for event in conversation.turn("hello", heads=["made", "generation"], cancelled=lambda: len(seen) >= 5):
        seen.append(event)
        assert len(seen) < 20
    assert closed == [True]
    assert of(seen, "answer", "made")[0]["stopped"]
    assert not of(seen, "calling", "generation")  # what comes after is not begun
    assert seen[-1]["stopped"]


def test_a_head_on_trial_keeps_no_trained_head_waiting(assistant: Assistant) -> None:
    conversation = with_head(assistant, Streaming, lambda: iter([Piece("at last")]))
    called = [e["head"] for e in conversation.turn("hello", seed=1) if e["event"] == "calling"]
    assert called == ["sentiment", "retrieval", "generation", "made"]


def test_a_turn_that_is_stopped_before_it_begins_calls_nobody(conversation: Conversation) -> None:
    assert [e["event"] for e in conversation.turn("hello", cancelled=lambda: True)] == ["done"]


def test_a_consumer_that_walks_away_leaves_the_conversation_usable(conversation: Conversation) -> None:
    turn = conversation.turn("hello", seed=1)
    next(turn)
    turn.close()  # type: ignore[attr-defined]
    assert len(of(list(conversation.turn("hello", seed=1)), "answer")) == 3


def test_one_encoder_pass_is_shared_by_the_heads(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    class Second(Classifier):
        name = "second"
        examples = ({"text": "a", "label": "x"}, {"text": "b", "label": "y"})

    assistant.add_head(Second, HeadSetup(labels=("x", "y")))
    conversation = Conversation(assistant)
    passes: list[str] = []
    encode = assistant.encode
    monkeypatch.setattr(
        assistant, "encode", lambda texts, view, **how: (passes.append(view), encode(texts, view, **how))[1]
    )
    events = list(conversation.turn("hello", skip=["generation"]))
    assert len(of(events, "answer")) == 3  # sentiment, second and retrieval
    assert passes == ["message"]


def test_branches_go_their_own_way(assistant: Assistant) -> None:
    heard: dict[str, Any] = {}

    class Beams(Simple):
        name = "beams"

        def stream(self, ask: Ask) -> Iterator[Any]:
            before = ask.hidden.clone()
            other = ask.branch()
            moved = other.step(30)
            heard["kept"] = torch.equal(ask.hidden, before)
            heard["same"] = torch.equal(ask.step(30), moved)
            heard["differs"] = not torch.equal(other.step(31), ask.step(32))
            yield Answer("done")

    assistant.add_head(Beams, HeadSetup())
    assert of(list(Conversation(assistant).turn("x", heads=["beams"])), "answer")
    assert heard == {"kept": True, "same": True, "differs": True}
