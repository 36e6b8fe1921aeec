"""Attention to earlier turns: nothing at first, only what was said before, the same in training and in a reply.

B = batch, T = tokens, D = width of the hidden states, E = width of the embedding, V = vocabulary
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from chatkit.nn.lookback import REACH, Lookback

D, E, V = 6, 5, 20
OPEN = torch.tensor([0, 1])
TALK = st.lists(st.integers(0, V - 1), min_size=1, max_size=30).map(lambda ids: [0, *ids])


def lookback(seed: int = 3) -> Lookback:
    """One that has been trained, as far as its numbers go."""
    torch.manual_seed(seed)
    made = Lookback(D, E, 8)
    torch.nn.init.normal_(made.out.weight)
    torch.nn.init.normal_(made.nothing)
    return made


def said(ids: list[int], seed: int = 5) -> tuple[Tensor, Tensor, Tensor]:
    """States (T, D), ids (T,), embeddings (T, E)."""
    generator = torch.Generator().manual_seed(seed)
    table = torch.randn(V, E, generator=generator)
    row = torch.tensor(ids, dtype=torch.int64)
    return torch.randn(len(ids), D, generator=generator), row, table[row]


def mended(made: Lookback, states: Tensor, ids: Tensor, embedded: Tensor) -> Tensor:
    """States (T, D) of one conversation."""
    with torch.no_grad():
        return made.mended(states[None], ids[None], embedded[None], OPEN)[0]


@settings(max_examples=60, deadline=None)
@given(TALK)
def test_a_reply_and_a_training_batch_give_each_state_the_same(ids: list[int]) -> None:
    made, (states, row, embedded) = lookback(), said([*ids, 1])
    with torch.no_grad():
        own = made.over(states, row, embedded, OPEN)(states[-1:])[0]
    torch.testing.assert_close(mended(made, states, row, embedded)[-1], own)


@settings(max_examples=40, deadline=None)
@given(TALK, st.integers(0, 30))
def test_nothing_is_read_of_the_own_turn_or_of_what_comes_later(ids: list[int], place: int) -> None:
    made, (states, row, embedded) = lookback(), said(ids)
    place %= len(ids)
    turn = torch.isin(row, OPEN).cumsum(0)
    other = torch.where((turn >= turn[place])[:, None], torch.randn(len(ids), E), embedded)
    before, after = mended(made, states, row, embedded), mended(made, states, row, other)
    torch.testing.assert_close(before[place], after[place])


def test_half_of_the_heads_read_the_message_and_half_what_was_before_it() -> None:
    made, (states, row, embedded) = lookback(), said([0, 5, 6, 1, 7, 0, 8, 1])
    last, turn = len(row) - 1, torch.isin(row, OPEN).cumsum(0)
    whole = mended(made, states, row, embedded)[last]
    for back in (1, 2):
        other = torch.where((turn == turn[-1] - back)[:, None], 0.0, embedded)
        assert not torch.allclose(mended(made, states, row, other)[last], whole)


def test_it_adds_nothing_before_it_is_trained() -> None:
    states, row, embedded = said([0, 5, 6, 1, 7])
    assert torch.equal(mended(Lookback(D, E, 8), states, row, embedded), states)


def test_a_conversation_of_which_nothing_is_known_is_no_trouble() -> None:
    made, (states, row, embedded) = lookback(), said([1])
    with torch.no_grad():
        empty = made.over(torch.zeros(0, 0), row[:0], embedded[:0], OPEN)(states)
        alone = made.over(states, row, embedded, OPEN)(states)
    torch.testing.assert_close(empty, alone)


def test_only_the_latest_pieces_are_read() -> None:
    made, (states, row, embedded) = lookback(), said([0, *[7] * (REACH + 9), 1, 8, 0])
    other = embedded.clone()
    other[1:9] = 0
    with torch.no_grad():
        near = [made.over(states, row, each, OPEN)(states[-1:]) for each in (embedded, other)]
    assert torch.equal(*near)
    torch.testing.assert_close(mended(made, states, row, other)[-1], mended(made, states, row, embedded)[-1])


def test_padding_changes_no_state_before_it() -> None:
    made, (states, row, embedded) = lookback(), said([0, 5, 6, 1, 7, 0, 2, 2])
    torch.testing.assert_close(mended(made, states, row, embedded)[:6], mended(made, states[:6], row[:6], embedded[:6]))


def test_its_gradient_reaches_every_weight() -> None:
    made, (states, row, embedded) = lookback(), said([0, 5, 6, 1, 7, 0, 8, 1, 4])
    made.mended(states[None], row[None], embedded[None], OPEN).square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.abs().sum() > 0) for p in made.parameters())


@pytest.mark.parametrize(("read", "heads"), [(6, 4), (8, 3), (2, 4)])
def test_a_width_that_the_heads_cannot_share_is_refused(read: int, heads: int) -> None:
    with pytest.raises(ValueError, match="multiple"):
        Lookback(D, E, read, heads)
