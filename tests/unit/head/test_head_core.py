"""What every head relies on: batches as it sees them, the vocabulary, the guard, the classifier."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from chatkit.assistant import Assistant
from chatkit.data.batching import pad
from chatkit.errors import DataError, HeadError
from chatkit.head.classifier import Classifier
from chatkit.head.encode import encode_padded
from chatkit.head.encoded import Encoded, Info
from chatkit.head.guard import describe, guard, place_of, source_file
from chatkit.head.head import Head
from chatkit.text.tokenizer import Tokenizer


def test_a_batch_equals_each_text_alone(assistant: Assistant) -> None:
    texts = ["hello", "where is the station, please? I am late", ""]
    with torch.inference_mode():
        batch = assistant.encode(texts, "message")
        for i, text in enumerate(texts):
            alone = assistant.encode([text], "message")
            n = int(alone.lengths[0])
            assert int(batch.lengths[i]) == n
            assert int(batch.mask[i].sum()) == n
            torch.testing.assert_close(batch.states[i, :n], alone.states[0], rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(batch.final[i], alone.states[0, -1], rtol=1e-4, atol=1e-5)
            assert batch.offsets[i] == alone.offsets[0]
            assert batch.next_ids[i, : n - 1].tolist() == batch.ids[i, 1:n].tolist()
            assert (batch.next_ids[i, n - 1 :] == -1).all()


def test_offsets_need_a_host() -> None:
    encoded = Encoded(torch.zeros(1, 1), torch.ones(1), torch.zeros(1, 1, 2), torch.zeros(1, 1))
    with pytest.raises(ValueError, match="no offsets"):
        _ = encoded.offsets


def test_only_rows_that_are_not_fresh_go_on_from_the_carried_state(assistant: Assistant) -> None:
    encoder = assistant.backbone.encoder
    first, second = pad([[20, 21, 22], [23, 24, 25]], 0), pad([[30, 31], [32, 33]], 0)
    second.fresh[0] = False
    with torch.inference_mode():
        carried = encode_padded(encoder, first).state
        both = encode_padded(encoder, second, carried=carried).states
        whole = encode_padded(encoder, pad([[20, 21, 22, 30, 31]], 0)).states
        fresh = encode_padded(encoder, pad([[32, 33]], 0)).states
    torch.testing.assert_close(both[0], whole[0, 3:], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(both[1], fresh[0], rtol=1e-4, atol=1e-5)


def test_the_state_after_a_batch_carries_no_gradient_back(assistant: Assistant) -> None:
    encoder = assistant.backbone.encoder
    first, second = pad([[20, 21]], 0), pad([[22, 23]], 0)
    second.fresh[0] = False
    one = encode_padded(encoder, first)
    two = encode_padded(encoder, second, carried=one.state)
    grad = torch.autograd.grad(two.states.sum(), one.states, allow_unused=True)[0]
    assert grad is None


def test_logits_and_cross_entropy_of_the_vocabulary_agree(assistant: Assistant) -> None:
    vocabulary = assistant.vocabulary
    hidden, ids = torch.randn(7, 96), torch.randint(len(vocabulary), (7,))
    trained = vocabulary.cross_entropy(hidden, ids)
    with torch.no_grad():
        expected = torch.nn.functional.cross_entropy(vocabulary.logits(hidden), ids, reduction="none")
        torch.testing.assert_close(vocabulary.nats(hidden, ids), expected, rtol=1e-4, atol=1e-4)
        evaluated = vocabulary.cross_entropy(hidden, ids)
    torch.testing.assert_close(trained.detach().double(), expected.double().sum(), rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(evaluated, expected.double().sum(), rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("text", ["hello there, you", "naïve 你好 😀", " two  spaces ", "line\nbreak", "a"])
def test_bytes_of_pieces_are_bytes_of_the_text(tokenizer: Tokenizer, assistant: Assistant, text: str) -> None:
    vocabulary = assistant.vocabulary
    ids = torch.tensor([*tokenizer.encode(text), tokenizer.end], dtype=torch.long)
    assert vocabulary.num_bytes(ids) == len(text.encode()) + 1  # and one for the end of the turn


@pytest.mark.parametrize(
    ("text", "words"),
    [("hello there, you", 3), ("one", 1), ("a b  c", 3), ("X 7 Ω é", 4), ("a\nb\tc", 3), (" a ", 1), ("12 34", 2)],
)
def test_words_are_counted_at_white_space(tokenizer: Tokenizer, assistant: Assistant, text: str, words: int) -> None:
    ids = torch.tensor([*tokenizer.encode(text), tokenizer.end])
    assert assistant.vocabulary.num_words(ids) == words + 1


class MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ValueError("two\nlines"), "ValueError: two lines"),
        (SystemExit(3), "SystemExit: 3"),
        (MemoryError(), "MemoryError"),
        (MuteError(), "MuteError"),
        (KeyError("x" * 1000), "KeyError: 'x"),
    ],
)
def test_whatever_a_head_raises_becomes_one_line_that_names_it(error: BaseException, message: str) -> None:
    with pytest.raises(HeadError, match="head mood failed in loss: ") as caught, guard("mood", __file__, stage="loss"):
        raise error
    assert message in caught.value.message
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500
    assert caught.value.head == "mood"
    assert caught.value.place.startswith("test_head_core.py:")


@pytest.mark.parametrize("error", [KeyboardInterrupt(), DataError("mine")])
def test_the_users_stop_and_our_own_errors_pass(error: BaseException) -> None:
    with pytest.raises(type(error)) as caught, guard("mood"):
        raise error
    assert caught.value is error


def test_the_place_is_in_the_heads_own_file() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.nn.Linear(2, 2)(torch.zeros(5))  # raised deep in torch
    assert place_of(caught.value, __file__).startswith("test_head_core.py:")
    assert place_of(caught.value, None).startswith("linear.py:")
    assert describe(ValueError()) == "ValueError"
    assert source_file(int) is None
    assert source_file(Assistant) is not None


class Mood(Classifier):
    name = "mood"
    examples = ({"text": "good", "label": "happy"}, {"text": "bad", "label": "sad"})


def test_a_classifier_in_four_lines(assistant: Assistant) -> None:
    head = Mood()
    head.build(Info(96, ("happy", "sad")), assistant.vocabulary, hidden=8, activation="relu")
    head.eval()
    records: list[dict[str, Any]] = [
        {"text": "good day", "label": "happy"},
        {"text": "bad luck, and long", "label": "sad"},
    ]
    with torch.inference_mode():
        encoded = assistant.encode_records(head, records)
        answers = head.answer(encoded, records)
        alone = head.answer(assistant.encode_records(head, records[:1]), records[:1])
        loss = head.loss(encoded, records)
        sums = head.measure(encoded, records)
    for answer in answers:
        answer.check()
        assert sum(answer.blocks[0].probabilities.values()) == pytest.approx(1, abs=1e-5)  # type: ignore[union-attr]
    assert answers[0].as_json()["probabilities"] == pytest.approx(alone[0].as_json()["probabilities"], abs=1e-5)
    assert loss.count == 2
    metrics = head.summarise(sums)
    assert metrics["loss"].value == pytest.approx(float(loss.total) / 2, rel=1e-5)
    assert 0 <= metrics["accuracy"].value <= 1
    assert metrics["accuracy"].better == "higher"


def test_a_classifier_refuses_what_it_does_not_know(assistant: Assistant) -> None:
    with pytest.raises(ValueError, match="at least two labels"):
        Mood().build(Info(96, ("happy",)), assistant.vocabulary)
    head = Mood()
    head.build(Info(96, ("happy", "sad")), assistant.vocabulary)
    with pytest.raises(ValueError, match="label 'angry' is none of happy, sad"):
        head.targets([{"text": "x", "label": "angry"}])


def test_a_head_says_what_it_lacks() -> None:
    class Empty(Head):
        name = "empty"

    head = Empty()
    for call in ("loss", "answer"):
        with pytest.raises(NotImplementedError, match=rf"Empty must define {call}"):
            getattr(head, call)({}, [])
    assert not Empty.streams()
    assert not Empty.makes_vectors()


def test_a_generator_exit_of_the_heads_own_is_a_failure_and_one_of_its_caller_is_not() -> None:
    with pytest.raises(HeadError, match="GeneratorExit"), guard("mood", __file__):
        raise GeneratorExit

    def guarded() -> Any:
        with guard("mood", "another.py"):
            yield 1

    running = guarded()
    next(running)
    running.close()  # raises if the guard makes an error of it
