from __future__ import annotations

import itertools
import tracemalloc
from pathlib import Path

import pytest
import torch

from chatkit.assistant import MOST_PIECES, Assistant
from chatkit.head.answer import Answer, Bars
from chatkit.runtime import long_text
from chatkit.runtime.api import Chat
from chatkit.runtime.long_text import answer_long, is_long

GOOD, BAD = "This was wonderful and I love it. ", "This was awful and I hate it. "


def bars(answer: Answer) -> Bars:
    block = answer.blocks[0]
    assert isinstance(block, Bars)
    return block


def test_short_text_is_answered_as_ever(assistant: Assistant, monkeypatch: pytest.MonkeyPatch, trained: Path) -> None:
    text = GOOD * 20
    assert not is_long(assistant, text)
    monkeypatch.setattr(long_text, "chunk", None)  # would raise if it were used
    said = Chat(trained, safe=True).ask(text, heads=["sentiment"])
    head = assistant.heads["sentiment"]
    with torch.inference_mode():
        raw = head.answer({"text": assistant.encode([text], "message")}, [{"text": text}])[0]
    wanted = assistant.confidence.heads["sentiment"].judge(bars(raw).probabilities, None).probabilities
    assert bars(said.answers[0].answer).probabilities == pytest.approx(wanted)


def test_what_is_long(assistant: Assistant) -> None:
    assert is_long(assistant, "a b c d e f g h " * 400)
    assert is_long(assistant, "x" * 10**6)
    assert not is_long(assistant, "")
    assert not is_long(assistant, "word " * (MOST_PIECES // 4))


def test_the_whole_of_a_long_text_counts(assistant: Assistant) -> None:
    head = assistant.heads["sentiment"]
    with torch.inference_mode():
        parts = {text: bars(answer_long(assistant, head, text * 400)).probabilities["positive"] for text in (GOOD, BAD)}
        mixed = bars(answer_long(assistant, head, GOOD * 400 + "\n\n" + BAD * 400)).probabilities
    assert sum(mixed.values()) == pytest.approx(1.0)
    assert min(parts.values()) < mixed["positive"] < max(parts.values())  # its end is read too


def test_a_megabyte_is_read_in_bounded_memory(assistant: Assistant, monkeypatch: pytest.MonkeyPatch) -> None:
    seen, places = [], []

    class Spy:
        fields = ("text",)

        def answer(self, encoded: dict[str, int], records: list[dict[str, str]]) -> list[Answer]:
            seen.append((len(records), max(len(record["text"]) for record in records)))
            places.extend(text.index(record["text"].split(".")[1]) for record in records)
            return [Answer(Bars({"a": 1.0, "b": 0.0})) for _ in records]

    monkeypatch.setattr(assistant, "encode_records", lambda head, records: {})
    text = " ".join(f"A plain sentence about the weather of day {n}." for n in range(24_000))
    assert len(text) > 10**6
    tracemalloc.start()
    answer = answer_long(assistant, Spy(), text)  # type: ignore[arg-type]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert bars(answer).probabilities == {"a": 1.0, "b": 0.0}
    assert max(count for count, _ in seen) <= long_text.BATCH
    assert max(longest for _, longest in seen) <= 1000
    assert sum(count for count, _ in seen) == long_text.MOST_PASSAGES
    steps = [b - a for a, b in itertools.pairwise(places)]
    assert (places[0], places[-1]) == (pytest.approx(0, abs=100), pytest.approx(len(text), abs=2000))
    assert 0 < min(steps) <= max(steps) < 2 * min(steps)  # evenly spread
    assert peak < 4 * len(text)


def test_stopping_keeps_what_was_read(assistant: Assistant) -> None:
    asked = []

    def cancelled() -> bool:
        asked.append(True)
        return len(asked) > 1

    with torch.inference_mode():
        answer = answer_long(assistant, assistant.heads["sentiment"], GOOD * 3000, cancelled=cancelled)
    assert sum(bars(answer).probabilities.values()) == pytest.approx(1.0)
    assert len(asked) == 2
