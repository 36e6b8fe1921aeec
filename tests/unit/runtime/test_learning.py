"""Learning from a session: what it changes, what it leaves alone, and that it can be repeated and forgotten."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.errors import ChatkitError
from chatkit.generalisation import learner as module
from chatkit.generalisation.learner import LearnConfig, SessionLearner
from chatkit.runtime.conversation import Conversation

SAID = ("the zyx daemon logs zyx errors", "restart the zyx daemon", "the zyx daemon fails again")
DRAWN = {"temperature": 1.0, "max_tokens": 12}


@pytest.fixture(autouse=True)
def open_gate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The corpus of the tests knows no text as unfamiliar for sure: leave the gate open, with steps that show."""
    plain = LearnConfig

    def eager(**given: Any) -> LearnConfig:
        return plain(**{"familiar": 1.0, "share": 0.8, "rate": 0.5, **given})

    monkeypatch.setattr("chatkit.runtime.learning.LearnConfig", eager)


def turns(count: int = len(SAID)) -> list[dict[str, str]]:
    out = []
    for text in SAID[:count]:
        out += [{"speaker": "user", "text": text}, {"speaker": "assistant", "text": "well"}]
    return out


def said(
    conversation: Conversation,
    learn: dict[str, Any] | None,
    history: list[dict[str, str]] | None = None,
    text: str = SAID[0],
) -> Any:
    options = {**DRAWN, **({"learn": learn} if learn else {})}
    events = list(conversation.turn(text, history=turns() if history is None else history, options=options, seed=3))
    assert not [e for e in events if e["event"] == "failed"]
    found = {e["head"]: e["answer"] for e in events if e["event"] == "answer"}
    return found, events[-1]["learned"]


def test_replies_change_and_forgetting_undoes_it_bit_for_bit(assistant: Assistant) -> None:
    weights = {name: tensor.clone() for name, tensor in assistant.backbone.state_dict().items()}
    conversation = Conversation(assistant)
    before, told = said(conversation, None)
    assert told == {}
    ask = {"how": "both", "turns": 4}
    learned, told = said(conversation, ask)
    assert told["in_force"]
    assert told["messages"] == 4
    assert told["gained"] > 0
    assert 0 < told["drift"] <= LearnConfig().bound
    assert learned["generation"] != before["generation"]
    assert {k: v for k, v in learned.items() if k != "generation"} == {
        k: v for k, v in before.items() if k != "generation"
    }  # the other heads keep the assistant's own weights
    again, _ = said(conversation, None)
    assert again == before
    assert all(torch.equal(tensor, weights[name]) for name, tensor in assistant.backbone.state_dict().items())


@pytest.mark.parametrize("how", ["both", "cache", "weights"])
def test_what_is_learned_turn_by_turn_is_what_is_learned_at_once(how: str, assistant: Assistant) -> None:
    growing = Conversation(assistant)
    for count, text in enumerate((*SAID, SAID[0])):
        ask = {"how": how, "turns": count + 1}
        history = turns(count)
        step_by_step = said(growing, ask, history, text)
    assert said(growing, ask, history, text) == step_by_step  # another version of the reply
    assert step_by_step[1]["in_force"]
    assert said(Conversation(assistant), ask, history, text) == step_by_step


def test_another_conversation_on_the_assistant_changes_nothing(assistant: Assistant) -> None:
    ask = {"how": "cache", "turns": 4}
    conversation = Conversation(assistant)
    learned, _ = said(conversation, ask)
    other = Conversation(assistant)
    plain = said(other, None)
    assert said(conversation, ask)[0] == learned
    assert said(other, None) == plain
    assert learned["generation"] != plain[0]["generation"]


def test_what_was_said_before_is_not_learned_from(assistant: Assistant) -> None:
    conversation = Conversation(assistant)
    _, told = said(conversation, {"how": "both", "turns": 1})
    assert told["messages"] == 1
    assert not told["in_force"]
    assert told["why"] == "too little was said yet"


def test_familiar_text_is_answered_by_the_assistants_own_weights(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chatkit.runtime.learning.LearnConfig", LearnConfig)
    monkeypatch.setattr(module, "familiarity_of", lambda assistant, text: type("F", (), {"value": 0.95})())
    conversation = Conversation(assistant)
    found, told = said(conversation, {"how": "both", "turns": 4})
    assert not told["in_force"]
    assert told["messages"] == 0
    assert "familiar" in told["why"]
    assert found == said(conversation, None)[0]


def test_the_weights_stay_on_their_leash(assistant: Assistant) -> None:
    config = LearnConfig(familiar=1.0, rate=50.0, bound=0.01)
    learner = SessionLearner(assistant, config)
    for text in SAID * 3:
        learner.read("<user>", text, learn=True)
    assert learner.dynamic is not None
    own, base = learner.dynamic.backbone.parameters(), assistant.backbone.parameters()
    off = sum(float((a - b).detach().square().sum()) for a, b in zip(own, base, strict=True)) ** 0.5
    whole = sum(float(p.detach().square().sum()) for p in assistant.backbone.parameters()) ** 0.5
    assert off <= 0.0101 * whole
    assert learner.drift == pytest.approx(0.01)


def test_a_malformed_option_is_refused_in_words(assistant: Assistant) -> None:
    for wrong in ({"how": "all"}, {"turns": -1}, {"turns": True}, {"hwo": "both"}):
        with pytest.raises(ChatkitError, match="learn takes how"):
            list(Conversation(assistant).turn("hello", options={"learn": wrong}))
