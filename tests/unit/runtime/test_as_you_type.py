"""While a message is typed the quick heads say what they would say of it when it is sent."""

import asyncio

import pytest
import torch

from chatkit.nn.step import Stepper
from chatkit.runtime.as_you_type import AsYouType, TypedStates
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.glances import Glances

TYPED = "I love this place, but the servise\b\b\b\bvice was slow :( and cold"


def keys():
    text = ""
    for key in TYPED:
        text = text[:-1] if key == "\b" else text + key
        yield text


def test_states_equal_those_of_the_whole_text(assistant):
    states = TypedStates(assistant.eval(), Stepper(assistant.backbone, "float32"))
    total = 0
    with torch.inference_mode():
        for text in keys():
            typed = states.encode(text)
            whole = assistant.encode([text], "message")
            assert typed.ids.tolist() == whole.ids.tolist()
            assert typed.next_ids.tolist() == whole.next_ids.tolist()
            assert torch.allclose(typed.states, whole.states, atol=1e-4)
            total += states.stepped
    assert total < sum(len(assistant.tokenizer.encode(text)) + 2 for text in keys()) / 2


def test_a_long_paste_is_encoded_at_once_and_gone_on_from(assistant):
    states = TypedStates(assistant.eval(), Stepper(assistant.backbone, "float32"))
    text = "a long story about nothing in particular. " * 30
    for typed in (text, text + "x", text[:200], text[:200] + "y"):
        with torch.inference_mode():
            assert torch.allclose(
                states.encode(typed).final, assistant.encode([typed], "message", limit=512).final, atol=1e-4
            )
    states.encode(text[:200] + "yz")
    assert states.stepped < 10


def test_answers_are_those_of_the_sent_message(assistant):
    conversation = Conversation(assistant, lambda vector, text, k: [])
    typing = AsYouType(conversation)
    list(typing.answers("I love"))
    said = dict(typing.answers("I love this place"))
    assert set(said) == {"retrieval", "sentiment"}
    events = [e for e in conversation.turn("I love this place") if e["event"] == "answer"]
    sent = next(e["answer"] for e in events if e["head"] == "sentiment")
    for label, share in sent["probabilities"].items():
        assert said["sentiment"].blocks[0].probabilities[label] == pytest.approx(share, abs=0.02)


def test_a_head_that_fails_is_left_alone_and_one_that_is_off_is_not_asked(assistant):
    conversation = Conversation(assistant, lambda vector, text, k: 1 / 0)
    typing = AsYouType(conversation)
    assert [name for name, _ in typing.answers("one")] == ["sentiment"]
    conversation.disabled.add("sentiment")
    assert list(typing.answers("one")) == []


async def test_one_question_at_a_time_the_latest_text_next():
    sent, told = [], []
    glances = Glances(sent.append, told.append, lambda: None)
    for text in ("a", "ab", "abc"):
        glances.ask(text)
    assert [command["text"] for command in sent] == ["a"]
    glances.hear({"event": "glance", "number": 1, "answers": [1]})
    assert [command["text"] for command in sent] == ["a", "abc"]
    glances.forget()
    glances.hear({"event": "glance", "number": 2, "answers": [2]})
    assert [event["answers"] for event in told] == [[1]]


async def test_an_engine_that_died_or_hung_over_a_text_is_not_asked_again(monkeypatch):
    monkeypatch.setattr("chatkit.runtime.glances.PATIENCE", 0.01)
    for end in ("dies", "hangs"):
        sent, told, restarted = [], [], []
        glances = Glances(sent.append, told.append, lambda found=restarted: found.append(1))
        glances.ask("a")
        if end == "dies":
            glances.engine_is("restarting", answering=False)
        else:
            while not told:
                await asyncio.sleep(0.01)
        glances.ask("b")
        assert len(sent) == 1
        assert told[-1]["off"]
        assert bool(restarted) == (end == "hangs")
