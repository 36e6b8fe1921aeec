"""The bag of pieces beside what the ranking head has learned: vectors, their shares, what training sees of it."""

from __future__ import annotations

import dataclasses

import pytest
import torch
from chatkit_retrieval import Retrieval
from chatkit_retrieval.bag import Bag
from hypothesis import given
from hypothesis import strategies as st

from chatkit.assistant import Assistant
from chatkit.errors import HeadError
from chatkit.head.setup import HeadSetup

TEXTS = ["the train leaves at nine", "boil the eggs for eight minutes", "is there a train?"]


def fill(bag: Bag) -> Bag:
    generator = torch.Generator().manual_seed(1)
    pieces, width = bag.table.shape
    bag.fill(torch.randn(pieces, width, generator=generator), torch.randn(pieces, generator=generator), steps=1)
    return bag


@given(st.lists(st.integers(0, 49), min_size=1, max_size=12), st.randoms(), st.integers(0, 5))
def test_neither_order_nor_padding_matters(ids, random, padding):
    bag = fill(Bag(50, 16))
    shuffled = random.sample(ids, len(ids))
    both = torch.tensor([ids + [0] * padding, shuffled + [7] * padding])
    mask = torch.arange(both.shape[1]) < len(ids)
    one, other = bag(both, mask.expand(2, -1))
    assert torch.allclose(one, other, atol=1e-5)
    assert float(one.norm()) == pytest.approx(1, abs=1e-5)


def with_bag(assistant: Assistant, share: float) -> Retrieval:
    old, setup = assistant.heads["retrieval"].state_dict(), assistant.setups["retrieval"]
    options = {**setup.options, "bag": 16, "bag_share": share}
    head = assistant.add_head(Retrieval, dataclasses.replace(setup, options=options))
    assert isinstance(head, Retrieval)
    head.load_state_dict({**head.state_dict(), **old})
    return head


def test_an_empty_bag_changes_nothing(assistant):
    before = assistant.vectors(assistant.heads["retrieval"], TEXTS, "doc")
    head = with_bag(assistant, 0.5)
    assert (assistant.vectors(head, TEXTS, "doc") == before).all()


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_cosine_is_shared(assistant, share):
    deep = assistant.vectors(assistant.heads["retrieval"], TEXTS, "doc")
    head = with_bag(assistant, share)
    fill(head.bag)
    together = assistant.vectors(head, TEXTS, "doc")
    own = together[:, deep.shape[1] :] / max(share, 1e-9) ** 0.5
    assert together @ together.T == pytest.approx((1 - share) * deep @ deep.T + share * own @ own.T, abs=1e-5)


def test_training_sees_what_is_trained_alone(assistant):
    head = with_bag(assistant, 0.5)
    records = [{"query": "is there a train?", "doc": text} for text in TEXTS]
    encoded = assistant.encode_records(head, records)
    before = head.loss(encoded, records).total
    fill(head.bag)
    assert torch.equal(head.loss(encoded, records).total, before)
    assert not any(name.startswith("bag") for name, _ in head.named_parameters())


def test_it_is_kept_with_the_head(assistant, tmp_path):
    head = with_bag(assistant, 0.4)
    fill(head.bag)
    before = assistant.vectors(head, TEXTS, "doc")
    for precision, least in (("float32", 0.99999), ("int8", 0.99)):  # int8: of what else the head has
        assistant.save(tmp_path / precision, precision=precision)
        again = Assistant.load(tmp_path / precision, lambda name: Retrieval, only=["retrieval"])
        after = again.vectors(again.heads["retrieval"], TEXTS, "doc")
        assert (after * before).sum(1).min() > least


@pytest.mark.parametrize(("options", "named"), [({"bag_share": 1.5}, "bag_share"), ({"bag": -3}, "bag must be")])
def test_options_out_of_range_are_named(assistant, options, named):
    with pytest.raises(HeadError, match=named):
        assistant.add_head(Retrieval, HeadSetup(options=options))


def test_vectors_are_a_byte_a_number_and_near_to_what_was_filled():
    table = torch.randn(30, 16, generator=torch.Generator().manual_seed(2))
    bag = Bag(30, 16)
    bag.fill(table, torch.zeros(30), steps=1)
    assert bag.table.dtype == torch.int8
    ids = torch.arange(30)[:, None]
    assert (bag(ids, torch.ones_like(ids, dtype=torch.bool)) * torch.nn.functional.normalize(table)).sum(
        1
    ).min() > 0.999
