"""The dial of the weights in a conversation: what moves, what stays at the middle, and what is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError
from chatkit.nn.step import Stepper
from chatkit.objectives.dial import Dial, DialConfig
from chatkit.objectives.preference import grid
from chatkit.runtime.conversation import Conversation

OBJECTIVES = ("generation", "sentiment")
HISTORY = [{"speaker": "user", "text": "hello there"}, {"speaker": "assistant", "text": "hi, how are you?"}]
GREEDY = {"temperature": 0.0, "max_tokens": 12}


@pytest.fixture
def assistant(trained: Path, load_assistant: Callable[[Path], Assistant]) -> Assistant:
    """The small assistant with adapters at random, said to be measured: what they do to replies is no question here."""
    assistant = load_assistant(trained)
    torch.manual_seed(2)
    assistant.dial = Dial.of(assistant.backbone, OBJECTIVES, DialConfig(rank=4))
    with torch.no_grad():
        for parameter in assistant.dial.adapters.parameters():
            parameter.normal_(std=0.8)
    assistant.report["dial"] = {
        "objectives": list(OBJECTIVES),
        "offered": True,
        "why": "offered: in a test",
        "shown": {"generation": "loss", "sentiment": "macro_f1"},
        "better": {"generation": "lower", "sentiment": "higher"},
        "grid": [
            {"at": at, "figures": {"generation": {"loss": 5 - at["generation"]}, "sentiment": {"macro_f1": 0.5}}}
            for at in grid(OBJECTIVES)
        ],
    }
    return assistant


def answers(conversation: Conversation, dial: dict[str, float] | None = None) -> dict[str, Any]:
    options = {**GREEDY, **({"dial": dial} if dial else {})}
    events = list(conversation.turn("what a day", history=HISTORY, options=options, seed=1))
    assert not [e for e in events if e["event"] == "failed"]
    return {e["head"]: e["answer"] for e in events if e["event"] == "answer"}


def test_the_dial_moves_replies_and_mood_but_no_vector(assistant: Assistant) -> None:
    vectors: list[torch.Tensor] = []

    def search(vector: torch.Tensor | None, text: str, k: int) -> list[Any]:
        if vector is not None:  # the reply looks by words alone
            vectors.append(vector.clone())
        return []

    conversation = Conversation(assistant, search)
    usual = answers(conversation)
    moved = answers(conversation, {"sentiment": 1.0})
    assert moved["sentiment"] != usual["sentiment"]
    assert moved["generation"] != usual["generation"]
    assert answers(conversation) == usual  # and back
    assert len(vectors) == 3
    assert all(torch.equal(vector, vectors[0]) for vector in vectors)


def test_an_objective_that_the_dial_moves_to_is_weighed_among_the_replies_too(assistant: Assistant) -> None:
    """The weights alone may say no kinder words than before; of what they say, the kindest is taken."""
    assistant.dial = Dial.of(assistant.backbone, ("generation", "warmth"), DialConfig(rank=4))
    assistant.report["dial"] |= {"objectives": ["generation", "warmth"], "home": {"generation": 1.0, "warmth": 0.0}}
    assistant.heads["generation"].chosen_by = {"fluency": 1.0, "aptness": 1.0, "brevity": 0.5}
    conversation = Conversation(assistant)

    def weights(**dial: float) -> dict[str, float]:
        named = conversation.tuned.turn(dial)
        return conversation.tuned.weights(named)

    assert weights() == {"fluency": 1.0, "aptness": 1.0, "brevity": 0.5}
    less = {"fluency": 0.875, "aptness": 0.875, "brevity": 0.4375}
    assert weights(warmth=0.25) == pytest.approx({**less, "warmth": 0.25})
    assert weights(warmth=1.0) == pytest.approx({"fluency": 0.5, "aptness": 0.5, "brevity": 0.25, "warmth": 1.0})
    assert weights(warmth=0.25, brevity=-1.0) == pytest.approx({"brevity": -1.0, "warmth": 0.25})  # what is named stays
    assert weights(warmth=0.0) == weights()
    assert conversation.tuned.preference is None  # a replay names all weights of a reply, and may learn all the same
    with pytest.raises(ChatkitError) as wrong:
        weights(nonsense=1.0)
    assert str(wrong.value).count("warmth") == 1
    events = list(conversation.turn("what a day", options={"dial": {"warmth": 1.0}, "max_tokens": 8}, seed=1))
    choice = next(e for e in events if e["event"] == "choice")["choice"]
    assert choice["objectives"]["warmth"]["weight"] == 1.0
    said = choice["candidates"][choice["picked"]]
    assert said["score"] >= max(row["score"] for row in choice["candidates"]) - 0.05


def test_a_moved_conversation_is_what_merged_weights_give_from_the_start(
    assistant: Assistant, trained: Path, load_assistant: Callable[[Path], Assistant]
) -> None:
    moved = answers(Conversation(assistant), {"generation": 0.9})
    other = load_assistant(trained)
    assert assistant.dial is not None
    with assistant.dial.at(assistant.backbone, {"generation": 0.9, "sentiment": 0.1}):
        other.backbone.load_state_dict(assistant.backbone.state_dict())
    assert moved["generation"] == answers(Conversation(other))["generation"]


def test_the_middle_is_the_model_itself(assistant: Assistant) -> None:
    conversation = Conversation(assistant)
    usual = answers(conversation)
    assert answers(conversation, {"sentiment": 0.5}) == usual


def test_preparing_encodes_the_conversation_before_the_next_message(assistant: Assistant) -> None:
    conversation = Conversation(assistant)
    assert conversation.tuned.turn({"sentiment": 0.8}, HISTORY) is None
    assert conversation.tuned.preference == pytest.approx({"generation": 0.2, "sentiment": 0.8})
    running = conversation.tuned.running
    seen: list[int] = []
    whole = running._encode
    running._encode = lambda ids, state: (seen.append(len(ids)), whole(ids, state))[1]  # type: ignore[method-assign]
    answers(conversation, {"sentiment": 0.8})
    assert conversation.tuned.running is running
    assert sum(seen) < 20  # of the new message alone


def test_both_dials_work_together(assistant: Assistant) -> None:
    conversation = Conversation(assistant)
    options = {"max_tokens": 8, "temperature": 1.0, "dial": {"sentiment": 0.9, "warmth": 1}}
    events = list(conversation.turn("hello", options=options, seed=2))
    (choice,) = [e["choice"] for e in events if e["event"] == "choice"]
    assert set(choice["objectives"]) == {"fluency", "warmth"}


def test_sliders_are_those_of_the_front_and_of_replies(assistant: Assistant) -> None:
    sliders = {s["name"]: s for s in Conversation(assistant).tuned.sliders()}
    assert (sliders["sentiment"]["kind"], sliders["sentiment"]["default"]) == ("weights", 0.5)
    assert sliders["warmth"]["kind"] == "reply"
    assistant.report["dial"] |= {"offered": False, "why": "not offered: no front"}
    conversation = Conversation(assistant)
    assert {s["kind"] for s in conversation.tuned.sliders()} == {"reply"}
    assert conversation.tuned.front == {}
    with pytest.raises(ChatkitError, match="no dial for sentiment: not offered: no front"):
        answers(conversation, {"sentiment": 0.7})


@pytest.mark.parametrize("dial", [{"sentiment": 1.2}, {"sentiment": -0.1}, {"sentiment": "hot"}, {"sentimen": 1}])
def test_what_cannot_be_set_is_told(assistant: Assistant, dial: dict[str, Any]) -> None:
    with pytest.raises(ChatkitError):
        answers(Conversation(assistant), dial)


def test_a_stepper_like_another_gives_the_same_logits(assistant: Assistant) -> None:
    first = Stepper(assistant.backbone)
    hidden = torch.randn(2, assistant.config.hidden)
    with torch.inference_mode():
        assert torch.equal(first.logits(hidden), Stepper(assistant.backbone, like=first).logits(hidden))
