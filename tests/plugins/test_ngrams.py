"""N-grams beside the softmax: the table is the model that it was made of, and a mixture is a distribution."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from chatkit_generation import counting
from chatkit_generation.kneser_ney import KneserNey
from chatkit_generation.ngrams import REACH, NGrams
from chatkit_generation.pruning import gains, kept, tables, unigrams
from hypothesis import given, settings
from hypothesis import strategies as st

from chatkit.assistant import Assistant
from chatkit.data.batching import pad
from chatkit.head.encode import encode_padded
from chatkit.head.filling import Filling
from chatkit.registry import Registry
from chatkit.runtime.conversation import Conversation

SIZE, WIDTH = 40, 6


def corpus(seed: int, texts: int = 120) -> list[list[int]]:
    """Texts with pieces that call for one another, and a long tail."""
    rng = np.random.default_rng(seed)
    out = []
    for _ in range(texts):
        text = rng.integers(0, SIZE - 5, 2).tolist()
        while len(text) < 12:
            often = (3 * text[-1] + text[-2]) % (SIZE - 5)
            text.append(int(often if rng.random() < 0.7 else rng.integers(0, SIZE - 5)))
        out.append(text)
    return out


def filled(texts: list[list[int]], room: int, *, gate: float = 0.0) -> NGrams:
    model = KneserNey.train(texts, REACH + 1, SIZE)
    ngrams = NGrams(SIZE, room, WIDTH)
    ngrams.fill(unigrams(model), tables(model, kept(model, gains(model, texts), room)))
    ngrams.set_gate(torch.cat((torch.zeros(WIDTH), torch.full((REACH + 1,), gate), torch.zeros(REACH + 1))))
    return ngrams


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), room=st.integers(1, 2000))
def test_a_target_costs_in_training_texts_what_it_costs_in_the_chat(seed, room):
    ngrams = filled(corpus(seed), room, gate=0.5)
    ids = torch.tensor(corpus(seed + 1, 3))
    targets, states = torch.roll(ids, -1, 1), torch.randn(*ids.shape, WIDTH)
    logits = torch.randn(*ids.shape, SIZE)
    asked = torch.ones(ids.shape, dtype=torch.bool)
    own = -logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    nats = ngrams.nats(own[asked], states[asked], ids, targets, asked).view(ids.shape)
    for row in range(len(ids)):
        contexts = [ids[row, : place + 1].tolist() for place in range(ids.shape[1])]
        mixed = ngrams.mixed(logits[row], states[row], contexts)
        assert torch.allclose(mixed.exp().sum(-1), torch.ones(len(mixed)), atol=1e-4)
        assert torch.allclose(-mixed.gather(1, targets[row][:, None])[:, 0], nats[row], atol=1e-4)


def test_a_table_with_room_for_all_is_the_model_but_for_its_rounding():
    texts, others = corpus(1), corpus(2, 20)
    model = KneserNey.train(texts, REACH + 1, SIZE)
    ngrams = NGrams(SIZE, 10_000, WIDTH)
    every = [np.ones(len(table.keys)) for table in model.orders]
    ngrams.fill(unigrams(model), tables(model, kept(model, every, 10_000)))
    ids = torch.tensor(others)
    told, known, _ = ngrams.told(ids[:, :-1], ids[:, 1:])
    until = np.array([model.nats([text[:k] for text in others]) for k in range(REACH + 1, ids.shape[1] + 1)])
    wanted = np.diff(until, axis=0).T  # of pieces whose context is no beginning of a text, which the table has not
    off = np.abs(-told[:, REACH:].numpy() - wanted)
    assert off.max() < 0.1  # what one step of a twentieth of a nat takes off one length goes to the others
    assert off.mean() < 0.02
    assert known.unique().tolist() == [1, 2, 3]


def test_more_room_tells_more():
    texts, others = corpus(3, 400), torch.tensor(corpus(4, 40))
    told = [float(filled(texts, room).told(others[:, :-1], others[:, 1:])[0].mean()) for room in (1, 60, 400, 4000)]
    assert told == sorted(told)
    assert told[-1] > told[0] + 0.5


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), room=st.integers(0, 500))
def test_what_stays_fits_and_has_what_it_goes_on_from(seed, room):
    texts = corpus(seed, 40)
    model = KneserNey.train(texts, REACH + 1, SIZE)
    stay = kept(model, gains(model, texts), room)
    assert sum(int(own.sum()) for own in stay[1:]) <= room
    for table, own, below in zip(model.orders[1:], stay[1:], stay, strict=False):
        assert below[table.keys[own] // (SIZE + 1)].all()


def test_what_was_seen_once_gains_nothing():
    texts = [[1, 2, 3, 4], [5, 6, 1, 2], [7, 8, 9, 1, 2], [3, 9, 7]]
    model = KneserNey.train(texts, 2, SIZE)
    gained = gains(model, texts)[1]
    keys = model.orders[1].keys
    counts = model.orders[1].adjusted
    assert (gained[counts == 1] <= 0).all()
    assert gained[keys % (SIZE + 1) == 2].max() > 0  # 1 is followed by 2 again and again


def test_a_gate_that_is_shut_leaves_the_softmax():
    ngrams = filled(corpus(5), 500, gate=-30.0)
    logits, states = torch.randn(2, SIZE), torch.randn(2, WIDTH)
    assert torch.allclose(ngrams.mixed(logits, states, [[1, 2], []]), logits.log_softmax(-1), atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), room=st.integers(1, 400))
def test_it_is_the_same_after_it_was_saved_now_and_by_earlier_versions(seed, room):
    table = filled(corpus(seed, 30), room)
    stored = table.state_dict()
    assert stored["first"].dtype == torch.int16
    for state in (stored, {**stored, "first": table.first}):
        other = NGrams(len(table.unigrams), room, len(table.gate))
        other.load_state_dict(state)
        assert torch.equal(other.first, table.first)
        assert torch.equal(other.words, table.words)


def test_refusals():
    with pytest.raises(ValueError, match="at least 1"):
        NGrams(SIZE, 0, WIDTH)
    with pytest.raises(ValueError, match="70,000"):
        NGrams(70_000, 10, WIDTH)
    model = KneserNey.train(corpus(1), REACH + 1, SIZE)
    every = [np.ones(len(table.keys), dtype=bool) for table in model.orders]
    with pytest.raises(ValueError, match="room for 10"):
        NGrams(SIZE, 10, WIDTH).fill(unigrams(model), tables(model, every))


@pytest.fixture
def assistant(trained: Path) -> Assistant:
    """One whose table knows one sentence by heart and is always asked."""
    assistant = Assistant.load(trained, Registry([]).load).eval()
    head, size = assistant.heads["generation"], len(assistant.vocabulary)
    said = [
        assistant.vocabulary.reply,
        *assistant.vocabulary.encode("the ferry leaves at nine"),
        assistant.vocabulary.end,
    ]
    texts = [said] * 50
    model = KneserNey.train(texts, REACH + 1, size)
    ngrams = NGrams(size, 500, assistant.backbone.encoder.width)
    ngrams.fill(unigrams(model), tables(model, kept(model, gains(model, texts), 500)))
    ngrams.known.fill_(20.0)
    head.ngrams = ngrams  # type: ignore[assignment]
    return assistant


def test_a_table_has_its_say_in_the_chat(assistant: Assistant) -> None:
    def reply(**options: float) -> str:
        events = Conversation(assistant).turn("when?", heads=["generation"], seed=4, options=options)
        return "".join(event["text"] for event in events if event["event"] == "piece")

    assert "ferry leaves at nine" in reply(temperature=0.1)
    assistant.heads["generation"].ngrams.known.fill_(-30.0)  # type: ignore[union-attr, operator]
    assert "ferry" not in reply(temperature=0.1)


def test_a_table_has_no_say_in_training(assistant: Assistant) -> None:
    head = assistant.heads["generation"]
    rows = [[*assistant.vocabulary.encode("the ferry leaves at nine")]]
    encoded = encode_padded(assistant.backbone.encoder, pad(rows, assistant.tokenizer.pad))
    known = encoded.next_ids >= 0
    with torch.no_grad():
        heard = float(head.nats(encoded, known))  # type: ignore[operator]
    learned = head.nats(encoded, known)  # type: ignore[operator]
    assert learned.requires_grad
    assert float(learned.detach()) > heard + 1
    head.ngrams = None  # type: ignore[assignment]
    alone = head.nats(encoded, known)  # type: ignore[operator]
    assert float(alone.detach()) == pytest.approx(float(learned.detach()))


def test_of_more_pieces_than_can_be_counted_some_texts_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST", 400)
    texts, said = corpus(6, 300), []
    filling = Filling(lambda: texts, dict, list, lambda rows: iter(()), said.append, seed=1)  # type: ignore[arg-type]
    ngrams = NGrams(SIZE, 200, WIDTH)
    counting.count(ngrams, filling)
    assert not ngrams.is_empty
    counted = int(said[0].removeprefix("n-grams of ").split(" ")[0])
    assert 100 <= counted <= 400
