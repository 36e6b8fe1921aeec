"""A head of a turn asks for the labels that another one gives the message, and gets them or nothing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from chatkit.assistant import Assistant
from chatkit.confidence.conformal import Conformal, Quantiles
from chatkit.confidence.record import HeadConfidence
from chatkit.head.setup import HeadSetup
from chatkit.plugin_api import Answer, Ask, Bars, Classifier, Head
from chatkit.runtime.conversation import FAILURES_ALLOWED, Conversation

TEXT = "what a lovely day"
Heard = list[Mapping[str, float]]


def of(events: list[dict[str, Any]], kind: str, head: str) -> list[dict[str, Any]]:
    return [e for e in events if e["event"] == kind and e["head"] == head]


class Plain(Head):
    """A head without weights, whose answer is made by ``say``."""

    name = "plain"
    examples = ({"text": "a"}, {"text": "b"})

    def build(self, info: Any, vocabulary: Any, **options: Any) -> None:
        """Nothing to build."""

    def answer(self, encoded: Any, examples: Any) -> Any:
        return self.say()

    def say(self) -> Any:
        return [Answer(Bars({"yes": 0.75, "no": 0.25}))]


def asking(assistant: Assistant, *names: str) -> tuple[Conversation, Heard]:
    """A conversation with a head "asker" that asks for the labels of these, in each turn."""
    heard: Heard = []

    class Asker(Plain):
        name = "asker"

        def stream(self, ask: Ask) -> Iterator[Any]:
            heard.extend(ask.labels(name) for name in names)
            yield Answer("done")

    assistant.add_head(Asker, HeadSetup())
    return Conversation(assistant), heard


def with_plain(assistant: Assistant, say: Callable[[], Any] | None = None, *, trained: bool = True) -> list[str]:
    """Add a head "plain"; a list with an item for each time that it answered."""
    calls: list[str] = []

    class Made(Plain):
        def say(self) -> Any:
            calls.append("said")
            return say() if say else super().say()

    assistant.add_head(Made, HeadSetup(trained=trained))
    return calls


def answered(events: list[dict[str, Any]], head: str) -> Mapping[str, float]:
    (event,) = of(events, "answer", head)
    probabilities: Mapping[str, float] = event["answer"]["probabilities"]
    return probabilities


@pytest.mark.parametrize("text", [TEXT, "this is awful, I hate it", "", "word " * 3000])
def test_a_head_sees_what_another_one_would_answer(assistant: Assistant, text: str) -> None:
    conversation, heard = asking(assistant, "sentiment")
    events = list(conversation.turn(text, heads=["asker"]))
    assert of(events, "answer", "asker")
    assert not of(events, "calling", "sentiment")  # it is asked, and says nothing itself
    assert heard == [pytest.approx(answered(list(conversation.turn(text, heads=["sentiment"])), "sentiment"))]
    assert set(heard[0]) == {"positive", "neutral", "negative"}
    assert sum(heard[0].values()) == pytest.approx(1, abs=1e-5)


def test_a_head_sees_what_another_one_has_answered(assistant: Assistant) -> None:
    conversation, heard = asking(assistant, "sentiment")
    events = list(conversation.turn(TEXT, skip=["generation"]))
    assert heard == [pytest.approx(answered(events, "sentiment"))]


@pytest.mark.parametrize("heads", [["asker"], ["asker", "plain"]])
@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.0])
def test_what_it_sees_is_calibrated(assistant: Assistant, temperature: float, heads: list[str]) -> None:
    with_plain(assistant)
    assistant.confidence.heads["plain"] = HeadConfidence(
        temperature, Conformal(Quantiles.of([0.5] * 20)), threshold=0.0
    )
    conversation, heard = asking(assistant, "plain")
    list(conversation.turn(TEXT, heads=heads))
    odds = 3 ** (1 / temperature)
    assert heard == [pytest.approx({"yes": odds / (odds + 1), "no": 1 / (odds + 1)}, abs=1e-4)]


def test_each_turn_asks_anew(assistant: Assistant) -> None:
    conversation, heard = asking(assistant, "sentiment")
    for text in (TEXT, "I hate it", TEXT):
        list(conversation.turn(text, heads=["asker"]))
    assert heard[0] == heard[2] != heard[1]


@pytest.mark.parametrize("heads", [["asker"], ["asker", "plain"]])
def test_a_head_that_is_asked_twice_answers_once(assistant: Assistant, heads: list[str]) -> None:
    calls = with_plain(assistant)
    conversation, heard = asking(assistant, "plain", "plain", "plain")
    list(conversation.turn(TEXT, heads=heads))
    assert heard == [{"yes": 0.75, "no": 0.25}] * 3
    assert calls == ["said"]


@pytest.mark.parametrize("name", ["nobody", "", "generation", "asker"])
def test_unknown_and_streaming_heads_give_nothing(assistant: Assistant, name: str) -> None:
    conversation, heard = asking(assistant, name, "sentiment")
    events = list(conversation.turn(TEXT, heads=["asker"]))
    assert of(events, "answer", "asker")
    assert heard[0] == {}
    assert heard[1]


def test_a_head_that_is_off_gives_nothing_until_it_is_on_again(assistant: Assistant) -> None:
    conversation, heard = asking(assistant, "sentiment")
    conversation.disabled.add("sentiment")
    list(conversation.turn(TEXT, heads=["asker"]))
    conversation.enable("sentiment")
    list(conversation.turn(TEXT, heads=["asker"]))
    assert heard[0] == {}
    assert heard[1]


def test_a_head_on_trial_gives_nothing(assistant: Assistant) -> None:
    calls = with_plain(assistant, trained=False)
    conversation, heard = asking(assistant, "plain")
    list(conversation.turn(TEXT, heads=["asker"]))
    assert heard == [{}]
    assert not calls


def test_a_head_without_bars_gives_nothing(assistant: Assistant) -> None:
    calls = with_plain(assistant, lambda: [Answer("fine")])
    conversation, heard = asking(assistant, "plain", "retrieval")
    list(conversation.turn(TEXT, heads=["asker"]))
    assert heard == [{}, {}]
    assert calls == ["said"]


def test_a_head_that_takes_two_texts_gives_nothing(assistant: Assistant) -> None:
    class Pair(Classifier):
        name = "pair"
        fields = ("text", "other")
        examples = ({"text": "a", "other": "b", "label": "x"}, {"text": "b", "other": "a", "label": "y"})

    assistant.add_head(Pair, HeadSetup(labels=("x", "y"), trained=True))
    conversation, heard = asking(assistant, "pair")
    assert of(list(conversation.turn(TEXT, heads=["asker"])), "answer", "asker")
    assert heard == [{}]


def divides() -> Any:
    return 1 / 0


def exits() -> Any:
    raise SystemExit("I quit")


def no_memory() -> Any:
    raise MemoryError


@pytest.mark.parametrize(
    "say",
    [
        divides,
        exits,
        no_memory,
        lambda: None,
        lambda: [],
        lambda: ["text"],
        lambda: [Answer()],
        lambda: [Answer(Bars({"a": float("nan")}))],
        lambda: [Answer(Bars({"a": 3.0}))],
    ],
)
def test_a_head_that_fails_gives_nothing_and_is_asked_once(assistant: Assistant, say: Callable[[], Any]) -> None:
    calls = with_plain(assistant, say)
    conversation, heard = asking(assistant, "plain", "plain")
    events = list(conversation.turn(TEXT, heads=["asker"]))
    assert heard == [{}, {}]
    assert of(events, "answer", "asker")
    assert not [e for e in events if e["event"] == "failed"]
    assert calls == ["said"]


def test_only_a_turn_of_its_own_disables_a_head_that_fails(assistant: Assistant) -> None:
    with_plain(assistant, divides)
    conversation, heard = asking(assistant, "plain")
    for _ in range(FAILURES_ALLOWED + 1):
        list(conversation.turn(TEXT, heads=["asker"]))
    assert not conversation.disabled
    events = list(conversation.turn(TEXT, heads=["plain", "asker"]))
    assert [e["disabled"] for e in of(events, "failed", "plain")] == [False]
    assert heard == [{}] * (FAILURES_ALLOWED + 2)


def test_asking_does_not_change_what_the_other_head_answers(assistant: Assistant) -> None:
    plain = answered(list(Conversation(assistant).turn(TEXT, heads=["sentiment"])), "sentiment")
    conversation, _ = asking(assistant, "sentiment")
    setups = conversation.assistant.setups
    setups["asker"] = dataclasses.replace(setups["asker"], trained=True)
    events = list(conversation.turn(TEXT, heads=["asker", "sentiment"]))
    assert answered(events, "sentiment") == pytest.approx(plain)
