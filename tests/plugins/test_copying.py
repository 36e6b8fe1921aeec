"""Replies that copy: what the pointer says while a reply is drawn is what it was trained to say.

T = tokens
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.data.batching import Padded
from chatkit.head.ask import Ask, Services
from chatkit.head.encode import encode_padded
from chatkit.head.vocabulary import Vocabulary
from chatkit.nn.lookback import Lookback
from chatkit.nn.pointer import Pointer
from chatkit.nn.step import Stepper
from chatkit.registry import Registry
from chatkit.runtime.conversation import Conversation
from chatkit.runtime.prefill import RunningState
from chatkit.text.views import conversation_ids

HISTORY = [
    {"speaker": "user", "text": "my name is Anna and I like trains"},
    {"speaker": "assistant", "text": "hello Anna"},
]
ASKED, REPLIES = "what is my name?", ["your name is Anna", "I like trains too", "no"]


@pytest.fixture(params=["pointer", "pointer and lookback"])
def assistant(trained: Path, request: pytest.FixtureRequest) -> Assistant:
    """One whose pointer has weights at random, and a say; and one that looks back, too."""
    assistant = Assistant.load(trained, Registry([]).load).eval()
    head = assistant.heads["generation"]
    torch.manual_seed(2)
    pointer = Pointer(assistant.backbone.encoder.width, assistant.vocabulary.width, 16)
    torch.nn.init.zeros_(pointer.sentinel.bias)
    head.pointer = pointer  # type: ignore[assignment]
    if "lookback" in request.param:
        lookback = Lookback(assistant.backbone.encoder.width, assistant.vocabulary.width, 16)
        torch.nn.init.normal_(lookback.out.weight, std=0.1)
        head.lookback = lookback  # type: ignore[assignment]
    return assistant


def ask_of(assistant: Assistant, history: Sequence[dict[str, str]] = HISTORY) -> Ask:
    running, turns = RunningState(assistant), [*history, {"speaker": "user", "text": ASKED}]

    def context() -> tuple[torch.Tensor, torch.Tensor]:
        running.advance(turns)
        return running.context()

    step = Stepper(assistant.backbone, "float32").step
    services = Services(
        lambda: running.advance(turns),
        step,
        lambda text, view: assistant.encode([text], view),
        lambda vector, text, k: (),
        lambda: False,
        assistant.encode,
        context=context,
    )
    return Ask(ASKED, services, {}, 1)


def test_a_reply_costs_while_it_is_judged_what_it_costs_in_training(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where each piece is a word: in the chat, but not in training, a word is copied from its beginning to its end."""
    monkeypatch.setattr(Vocabulary, "begins", property(lambda pieces: torch.ones(len(pieces), dtype=torch.bool)))
    head, history = assistant.heads["generation"], HISTORY[:1]  # of its own turns it copies nothing in the chat
    with torch.inference_mode():
        fluency = head.judge(ask_of(assistant, history), REPLIES)["fluency"]
        for reply, found in zip(REPLIES, fluency, strict=True):
            turns = [*history, {"speaker": "user", "text": ASKED}, {"speaker": "assistant", "text": reply}]
            ids = conversation_ids(assistant.tokenizer, {"turns": turns})
            row = np.array([ids])
            following = np.array([[*ids[1:], -1]])
            padded = Padded(row, np.array([len(ids)]), following, np.array([True]))
            encoded = encode_padded(assistant.backbone.encoder, padded)
            known = torch.zeros(1, len(ids), dtype=torch.bool)
            length = len(assistant.tokenizer.encode(reply)) + 1  # with its end
            known[0, -length - 1 : -1] = True
            expected = -float(head.nats(encoded, known)) / length  # type: ignore[operator]
            assert float(found) == pytest.approx(expected, rel=1e-3)


def test_the_pointer_has_a_say_in_the_chat_and_the_same_seed_says_the_same(assistant: Assistant) -> None:
    head = assistant.heads["generation"]

    def reply() -> list[str]:
        events = Conversation(assistant).turn(ASKED, history=HISTORY, heads=["generation"], seed=4)
        return [event["text"] for event in events if event["event"] == "piece"]

    assert reply() == reply()
    torch.nn.init.constant_(head.pointer.sentinel.bias, -50.0)  # type: ignore[union-attr, arg-type]
    copied, said = reply(), " ".join(turn["text"] for turn in [*HISTORY, {"text": ASKED}])
    assert all(piece.strip() in said for piece in copied)  # all of the probability is the pointer's
    head.pointer = None  # type: ignore[assignment]
    assert not all(piece.strip() in said for piece in reply())


def test_a_text_that_is_written_on_copies_nothing(assistant: Assistant) -> None:
    events = list(Conversation(assistant).turn("once upon", heads=["generation"], options={"continue": True}, seed=3))
    assert not [event for event in events if event["event"] == "failed"]


def test_candidates_copy_too(assistant: Assistant) -> None:
    options = {"dial": {"fluency": 1.0}, "candidates": 3}
    events = list(Conversation(assistant).turn(ASKED, history=HISTORY, options=options, heads=["generation"], seed=3))
    assert [event for event in events if event["event"] == "choice"]
    assert not [event for event in events if event["event"] == "failed"]
