"""The running state: going on from a known beginning equals encoding everything again."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor

from chatkit.assistant import Assistant
from chatkit.runtime import context, prefill
from chatkit.runtime.prefill import RunningState


def turns(*texts: str) -> list[dict[str, str]]:
    return [{"speaker": ("user", "assistant")[i % 2], "text": text} for i, text in enumerate(texts)]


@torch.inference_mode()
def advance(running: RunningState, what: list[dict[str, str]]) -> tuple[Tensor, Any]:
    return running.advance(what)


def assert_same(a: tuple[Tensor, Any], b: tuple[Tensor, Any]) -> None:
    torch.testing.assert_close(a[0], b[0], rtol=1e-4, atol=1e-5)
    for x, y in zip(a[1], b[1], strict=True):
        torch.testing.assert_close(x, y, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "histories",
    [
        [["hello"], ["hello", "hi there", "how are you?"], ["hello", "hi there", "how are you?", "well", "good"]],
        [["hello", "hi there", "how?"], ["hello", "something else", "how?"]],  # a turn was edited
        [["hello", "hi there", "how?"], ["hello"]],  # went back
        [["hello", "hi", "how?"], ["hi", "how?", "x"]],  # the oldest turns were dropped
        [["hello"], ["hello"]],  # asked again
        [["hello"], []],
        [["hel"], ["hello"]],
    ],
)
def test_known_beginnings_are_reused_and_change_nothing(assistant: Assistant, histories: list[list[str]]) -> None:
    running = RunningState(assistant)
    for history in histories:
        assert_same(advance(running, turns(*history)), advance(RunningState(assistant), turns(*history)))


def test_only_what_is_new_is_encoded(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    running = RunningState(assistant)
    encode = running._encode
    monkeypatch.setattr(running, "_encode", lambda ids, state: (encoded.append(len(ids)), encode(ids, state))[1])
    long = "a long turn about the station and the market " * 5
    advance(running, turns(long))
    first = sum(encoded)
    encoded.clear()
    advance(running, turns(long, "short", "new"))
    assert 0 < sum(encoded) < first / 4
    encoded.clear()
    advance(running, turns(long, "short", "new"))
    assert encoded == []


def test_a_conversation_taken_up_again_is_encoded_in_few_calls(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A call for each of its turns took 2.5 times as long; the last turns are kept apart, for one may be said anew."""
    history = turns(*[f"what we said in turn {i} of a long talk" for i in range(60)])
    said, again = RunningState(assistant), RunningState(assistant)
    for count in range(1, len(history) + 1):
        found = advance(said, history[:count])
    sizes = []
    encode = RunningState._encode
    monkeypatch.setattr(
        RunningState, "_encode", lambda self, ids, state: (sizes.append(len(ids)), encode(self, ids, state))[1]
    )
    assert_same(advance(again, history), found)
    assert len(sizes) <= sum(sizes) / prefill._TOGETHER + prefill._APART + 1
    assert torch.equal(again.context()[0], said.context()[0])
    torch.testing.assert_close(again.context()[1], said.context()[1], rtol=1e-4, atol=1e-5)
    sizes.clear()
    advance(again, [*history[:-1], *turns("else")])
    assert sum(sizes) < 20


def test_the_state_stands_behind_the_opening_of_the_assistants_turn(assistant: Assistant) -> None:
    tokenizer = assistant.tokenizer
    ids = [tokenizer.special("<user>"), *tokenizer.encode("hello"), tokenizer.end, tokenizer.special("<assistant>")]
    with torch.inference_mode():
        states, _ = assistant.backbone.encoder(torch.tensor([ids]))
    hidden, _ = advance(RunningState(assistant), turns("hello"))
    torch.testing.assert_close(hidden, states[:, -1], rtol=1e-4, atol=1e-5)


def test_a_very_long_turn_keeps_its_beginning_and_its_end(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefill, "MOST_TURN_PIECES", 8)
    running = RunningState(assistant)
    advance(running, turns("one two three four five six seven eight nine ten eleven twelve"))
    pieces = assistant.tokenizer.encode("one two three four five six seven eight nine ten eleven twelve")
    assert running._ids[1:-2] == [*pieces[:4], *pieces[-4:]]


def test_states_of_an_abandoned_history_are_forgotten(assistant: Assistant) -> None:
    running = RunningState(assistant)
    for i in range(20):
        advance(running, turns(f"question {i}", "answer", "more"))
    assert len(running._runs) <= 4


def test_a_long_conversation_is_encoded_about_twice_however_long_it_is(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the window of the chat; a window that slid with each message would encode 50 of them for each reply."""
    encoded: list[int] = []
    running = RunningState(assistant)
    encode = running._encode
    monkeypatch.setattr(running, "_encode", lambda ids, state: (encoded.append(len(ids)), encode(ids, state))[1])
    said = turns(*(f"message {n}" for n in range(201)))
    alone = RunningState(assistant)
    advance(alone, said)
    for n in range(1, 202, 2):  # each prompt of the user's
        seen = context.seen(context.size_of(turn["text"]) for turn in said[:n])
        advance(running, said[n - seen : n])
    assert sum(encoded) < 2.5 * len(alone._ids)


def context_of(running: RunningState) -> tuple[list[int], Tensor]:
    ids, states = running.context()
    return ids.tolist(), states


def test_the_context_is_the_states_of_all_that_was_said(assistant: Assistant) -> None:
    running = RunningState(assistant)
    assert context_of(running)[0] == []
    for said in (turns("hello"), turns("hello", "hi there", "how are you?"), turns("hello", "well", "and you?")):
        advance(running, said)
        ids, states = context_of(running)
        assert ids == running._ids
        with torch.inference_mode():
            expected, _ = assistant.backbone.encoder(torch.tensor([ids]))
        torch.testing.assert_close(states, expected[0], rtol=1e-4, atol=1e-5)


def test_the_context_of_a_long_conversation_is_its_latest_part(
    assistant: Assistant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefill, "_KEPT", 40)
    running = RunningState(assistant)
    texts = [f"message number {n} of a long conversation" for n in range(31)]
    for n in range(1, 32, 2):
        advance(running, turns(*texts[:n]))
        ids, states = context_of(running)
        assert ids == running._ids[len(running._ids) - len(ids) :]
        assert len(ids) >= min(40, len(running._ids))
        assert sum(run.states.shape[1] for run in running._runs.values()) < 200
    with torch.inference_mode():
        expected, _ = assistant.backbone.encoder(torch.tensor([running._ids]))
    torch.testing.assert_close(states, expected[0, -len(ids) :], rtol=1e-4, atol=1e-5)
