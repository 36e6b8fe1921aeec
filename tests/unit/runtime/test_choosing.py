"""Which of several drawn replies is said: by the user's weights, never a dominated one, and told why."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError
from chatkit.head.answer import Hit
from chatkit.head.ask import Ask, Services
from chatkit.head.setup import HeadSetup
from chatkit.objectives.pareto import non_dominated
from chatkit.plugin_api import Classifier, Head
from chatkit.runtime.choosing import MOST_CANDIDATES, choose_reply, objectives_of
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.prefill import RunningState

FREE = {"temperature": 1.0, "top_p": 1.0, "max_tokens": 12}


class Judge(Head):
    """Says of each text the numbers that stand in it."""

    name = "judge"
    objectives = {"first": "the first number", "second": "the second number"}  # noqa: RUF012

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Sequence[float]]:
        return {key: [float(text.split()[i]) for text in texts] for i, key in enumerate(self.objectives)}


class Broken(Judge):
    name = "broken"
    objectives = {"third": "nothing"}  # noqa: RUF012

    def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Sequence[float]]:
        raise ZeroDivisionError("no")


def choose(texts: Sequence[str], weights: Mapping[str, float], *heads: Head, **more: Any) -> Any:
    return choose_reply(
        texts, lambda head: cast(Any, None), "nobody", weights, {head.name: head for head in heads or [Judge()]}, **more
    )


def of(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [event for event in events if event["event"] == kind]


numbers = st.integers(-5, 5)


@given(st.lists(st.tuples(numbers, numbers), min_size=1, max_size=9), st.floats(0.1, 1), st.floats(0.1, 1))
def test_what_is_chosen_has_the_highest_sum_and_is_not_dominated(
    points: list[tuple[int, int]], first: float, second: float
) -> None:
    choice = choose([f"{a} {b}" for a, b in points], {"first": first, "second": second})
    assert choice.front[choice.picked]
    assert choice.scores[choice.picked] == pytest.approx(max(choice.scores))
    assert choice.front.tolist() == non_dominated([(-a, -b) for a, b in points]).tolist()


def test_of_sums_that_read_the_same_the_more_fluent_reply_is_said() -> None:
    class Drawer(Judge):
        name = "nobody"  # as ``choose`` says who drew

    texts = ["-1.3 0.999", "-0.6 0.998", "-0.5 0.2", "-2 0"]
    for weight in (1.0, 0.02):  # a small weight makes no two replies equal
        assert choose(texts, {"second": weight}, Drawer()).picked == 1
    assert choose(["0 0", "1 0.5", "2 1"], {"first": -1.0}, Drawer()).picked == 0  # what is weighed decides by itself


def test_a_weight_below_0_wants_less() -> None:
    texts = ["1 0", "3 0", "2 0"]
    assert choose(texts, {"first": 1.0}).picked == 1
    assert choose(texts, {"first": -1.0}).picked == 0
    assert choose(texts, {"first": -1.0}).front.tolist() == [True, False, False]


def test_a_weight_means_the_same_whatever_the_unit() -> None:
    for unit in (1, 1000):
        texts = [f"{0 * unit} 1", f"{1 * unit} 0.9", f"{0.2 * unit} 0"]
        assert choose(texts, {"first": 0.5, "second": 0.5}).picked == 1


def test_a_judge_that_fails_is_told_and_the_others_decide() -> None:
    failures: list[str] = []
    choice = choose(["1 0", "2 0"], {"first": 1.0, "third": 1.0}, Judge(), Broken(), failed=failures.append)
    assert choice.picked == 1
    assert choice.missing == {"third": "head broken failed in judge: ZeroDivisionError: no"}
    assert failures == ["broken"]
    alone = choose(["1 0", "2 0"], {"third": 1.0}, Broken())
    assert (alone.picked, alone.why[:7]) == (0, "nothing")


def test_one_name_in_two_heads_is_judged_by_the_first() -> None:
    class Another(Judge):
        name = "another"

    found = objectives_of({"judge": Judge(), "another": Another()})
    assert {objective.head for objective in found.values()} == {"another"}


def test_without_weights_one_reply_is_streamed_as_ever(assistant: Assistant) -> None:
    plain = list(Conversation(assistant).turn("hello", seed=5, options=FREE))
    weighed = list(Conversation(assistant).turn("hello", seed=5, options={**FREE, "dial": {"warmth": 0}}))
    assert of(plain, "choice") == []
    assert [e for e in plain if e["event"] == "piece"] == [e for e in weighed if e["event"] == "piece"]


def test_a_head_may_choose_by_itself_and_the_user_may_weigh_otherwise(assistant: Assistant) -> None:
    head = assistant.heads["generation"]
    head.chosen_by = {"fluency": 1.0, "aptness": 0.5, "unknown": 1.0}

    def turn(**options: Any) -> list[dict[str, Any]]:
        return list(Conversation(assistant).turn("hello", seed=5, options={**FREE, **options}))

    by_itself = turn()
    (event,) = of(by_itself, "choice")
    weights = {name: each["weight"] for name, each in event["choice"]["objectives"].items()}
    assert weights == {"fluency": 1.0, "aptness": 0.5}
    assert len(event["choice"]["candidates"]) > 1
    (event,) = of(turn(dial={"fluency": -1.0}), "choice")
    weights = {name: each["weight"] for name, each in event["choice"]["objectives"].items()}
    assert weights == {"fluency": -1.0}  # what the user weighs takes the place of it
    plain = turn(candidates=1)
    assert of(plain, "choice") == []
    assert len(of(plain, "piece")) > 1
    assert of(plain, "piece") == of(turn(dial={"fluency": 0}), "piece")
    assert of(turn(**{"continue": True}), "choice") == []  # a text goes on as it is drawn


@pytest.mark.parametrize("name", ["warmth", "fluency", "brevity", "aptness", "relevance", "grounding"])
def test_the_reply_that_is_said_has_most_or_least_of_what_is_weighed(assistant: Assistant, name: str) -> None:
    hits = [Hit("the table is by the river", 1.0, "a.md:1")]
    conversation = Conversation(assistant, lambda vector, text, k: hits)
    for weight, best in ((1, max), (-0.5, min)):
        options = {**FREE, "dial": {name: weight}, "candidates": 6}
        events = list(conversation.turn("hello there", seed=3, options=options))
        (event,) = of(events, "choice")
        choice = event["choice"]
        values = [row["values"][name] for row in choice["candidates"]]
        said = choice["candidates"][choice["picked"]]
        assert said["values"][name] == best(values)
        assert len(set(values)) > 1
        assert said["non_dominated"]
        assert of(events, "failed") == []
        (answer,) = [e["answer"] for e in of(events, "answer") if e["head"] == "generation"]
        assert answer["text"] == said["text"] == of(events, "piece")[0]["text"]
        assert "fluency" in choice["objectives"]  # what it cost stands beside it
        kinds = [e["event"] for e in events if e.get("head") == "generation"]
        assert kinds == ["calling", "choice", "piece", "answer"]


def test_the_same_seed_chooses_the_same(assistant: Assistant) -> None:
    options = {**FREE, "dial": {"warmth": 1}}
    first, again = (of(list(Conversation(assistant).turn("hello", seed=4, options=options)), "choice") for _ in "ab")
    assert first == again


def test_fluency_is_the_mean_log_probability_of_the_pieces(assistant: Assistant) -> None:
    head, tokenizer = assistant.heads["generation"], assistant.tokenizer
    turns = [{"speaker": "user", "text": "hello"}]
    texts = ["hello, how are you?", "a", "a table for two"]
    conversation = Conversation(assistant)
    services = Services(
        lambda: RunningState(assistant).advance(turns),
        conversation.tuned.stepper.step,
        lambda text, view: assistant.encode([text], view),
        lambda vector, text, k: [],
        lambda: False,
        assistant.encode,
    )
    with torch.inference_mode():
        found = head.judge(Ask("hello", services, {}, 1), texts)
        for text, fluency in zip(texts, found["fluency"], strict=True):
            whole = RunningState(assistant)
            hidden, state = whole.advance(turns)
            ids = [*tokenizer.encode(text), tokenizer.end]
            nats = 0.0
            for index in ids:
                nats -= float(assistant.backbone.softmax(hidden).log_softmax(-1)[0, index])
                states, state = assistant.backbone.encoder(torch.tensor([[index]]), state)
                hidden = states[:, -1]
            assert fluency == pytest.approx(-nats / len(ids), rel=0.05)  # int8 steps against float32
            alone = assistant.encode([text], "reply")
            assert alone.ids[0].tolist() == [tokenizer.special("<assistant>"), *ids]
            without = alone.states[0, :-1].float()
            prior = assistant.vocabulary.nats(without, alone.ids[0, 1:]).sum()
            aptness = found["aptness"][texts.index(text)]
            assert aptness == pytest.approx(float(prior) - nats, rel=0.05, abs=0.3)
    assert found["brevity"] == [1.0 - len([*tokenizer.encode(text), 0]) for text in texts]


def test_a_stop_while_replies_are_drawn_ends_the_turn(assistant: Assistant) -> None:
    asked = iter(range(1000))
    stop: Callable[[], bool] = lambda: next(asked) > 5  # noqa: E731
    options = {**FREE, "dial": {"warmth": 1}}
    turn = Conversation(assistant).turn("hello", seed=1, heads=["generation"], options=options, cancelled=stop)
    events = list(turn)
    assert events[-1]["stopped"]
    assert of(events, "failed") == of(events, "choice") == []


@pytest.mark.parametrize(("ends", "texts"), [(True, {"aaa"}), (False, {"aaaaaa", "bbbbbb"})])
def test_a_reply_that_was_cut_off_is_none_where_others_ended(
    assistant: Assistant, ends: bool, texts: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    head, vocabulary = assistant.heads["generation"], assistant.vocabulary
    letters = [next(i for i in range(len(vocabulary)) if vocabulary.decode([i]) == letter) for letter in "ab"]
    drawn = itertools.cycle(letters)

    def following(logits: Tensor, sampling: object, ask: Ask, said: Sequence[int], banned: Tensor) -> int:
        if ends and len(said) == 3 and said[0] == letters[0]:
            return vocabulary.end
        return said[0] if said else next(drawn)

    monkeypatch.setattr(head, "_next", following)
    options = {"dial": {"warmth": 1}, "candidates": 4, "max_tokens": 6}
    (event,) = of(list(Conversation(assistant).turn("hello", heads=["generation"], options=options)), "choice")
    assert {each["text"] for each in event["choice"]["candidates"]} == texts


def test_another_reply_is_another_one_where_one_was_drawn(assistant: Assistant) -> None:
    said: list[str] = []
    for _ in range(6):
        options = {**FREE, "dial": {"fluency": 1}, "unlike": said}
        events = list(Conversation(assistant).turn("hello", seed=5, heads=["generation"], options=options))
        (event,) = of(events, "choice")
        said.append(event["choice"]["candidates"][event["choice"]["picked"]]["text"])
    assert len(set(said)) == 6
    with pytest.raises(ChatkitError, match="unlike takes a list of texts"):
        list(Conversation(assistant).turn("hello", options={"unlike": "hello"}))


def test_a_head_of_ones_own_is_weighed(assistant: Assistant) -> None:
    class Shouting(Classifier):
        name = "shouting"
        labels = ("loud", "soft")
        objectives = {"exclamation": "more exclamation marks"}  # noqa: RUF012

        def judge(self, ask: Ask, texts: Sequence[str]) -> Mapping[str, Sequence[float]]:
            return {"exclamation": [text.count("!") for text in texts]}

    assistant.add_head(Shouting, HeadSetup())
    conversation = Conversation(assistant)
    assert "exclamation" in {slider["name"] for slider in conversation.tuned.sliders()}
    options = {**FREE, "dial": {"exclamation": 1}}
    (event,) = of(list(conversation.turn("hello", heads=["generation"], options=options)), "choice")
    assert event["choice"]["objectives"]["exclamation"]["head"] == "shouting"
    conversation.disabled.add("shouting")
    (event,) = of(list(conversation.turn("hello", heads=["generation"], options=options)), "choice")
    assert event["choice"]["missing"] == {"exclamation": "no head that is on judges it"}


@pytest.mark.parametrize(
    ("options", "what"),
    [
        ({"dial": {"warmt": 1}}, "did you mean warmth"),
        ({"dial": {"warmth": 1.5}}, "must lie in -1..1"),
        ({"dial": {"warmth": math.nan}}, "must lie in -1..1"),
        ({"dial": {"warmth": True}}, "must lie in -1..1"),
        ({"dial": {"warmth": 1}, "candidates": 0}, f"must lie in 1..{MOST_CANDIDATES}"),
        ({"dial": {"warmth": 1}, "candidates": "many"}, f"must lie in 1..{MOST_CANDIDATES}"),
    ],
)
def test_what_cannot_be_weighed_is_told_before_anything_runs(
    assistant: Assistant, options: dict[str, Any], what: str
) -> None:
    events = Conversation(assistant).turn("hello", options=options)
    with pytest.raises(ChatkitError) as caught:
        next(iter(events))
    assert what in str(caught.value)
