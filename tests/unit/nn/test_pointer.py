"""The pointer: a mixture that sums to 1, copies of earlier turns only, the same in training and in a reply.

B = batch, T = tokens, D = width of the hidden states, E = width of the embedding, V = vocabulary
"""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from chatkit.nn.pointer import REACH, Pointer

D, E, V = 6, 5, 20
OPEN, SPECIAL = torch.tensor([0, 1]), torch.tensor([0, 1, 2])


def pointer(seed: int = 3) -> Pointer:
    torch.manual_seed(seed)
    made = Pointer(D, E, 4)
    torch.nn.init.normal_(made.scale)
    torch.nn.init.zeros_(made.sentinel.bias)
    return made


def said(ids: list[int], seed: int = 5) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """States (T, D), ids (T,), embeddings (T, E) and a table (V, E)."""
    generator = torch.Generator().manual_seed(seed)
    table = torch.randn(V, E, generator=generator)
    row = torch.tensor(ids, dtype=torch.int64)
    return torch.randn(len(ids), D, generator=generator), row, table[row], table


TALK = st.lists(st.integers(0, V - 1), min_size=1, max_size=30).map(lambda ids: [0, *ids])


@settings(max_examples=60, deadline=None)
@given(TALK)
def test_a_reply_and_a_training_batch_give_each_piece_the_same_probability(ids: list[int]) -> None:
    made, (states, row, embedded, _) = pointer(), said([*ids, 1])
    logits = torch.randn(1, V, generator=torch.Generator().manual_seed(9))
    with torch.no_grad():
        mixed = made.over(states, row, embedded, OPEN, SPECIAL).mixed(logits, states[-1:], [[]])[0].log_softmax(-1)
        for piece in range(V):
            targets = torch.full((1, len(row)), -1)
            targets[0, -1] = piece
            share, copied = made.shares(states[None], states[None], row[None], embedded[None], targets, OPEN, SPECIAL)
            own = logits.log_softmax(-1)[0, piece]
            torch.testing.assert_close(share[0, -1] + torch.logaddexp(own, copied[0, -1]), mixed[piece])


@settings(max_examples=40, deadline=None)
@given(TALK, st.integers(1, 3))
def test_the_mixture_sums_to_one_for_every_row(ids: list[int], rows: int) -> None:
    made, (states, row, embedded, _) = pointer(), said([*ids, 1])
    with torch.no_grad():
        copies = made.over(states, row, embedded, OPEN, SPECIAL)
        out = copies.mixed(torch.randn(rows, V), torch.randn(rows, D), [[]] * rows)
    if len(copies):
        torch.testing.assert_close(out.exp().sum(-1), torch.ones(rows))


def test_only_pieces_of_earlier_turns_can_be_copied_and_no_special_ones() -> None:
    made, (states, row, embedded, _) = pointer(), said([0, 7, 8, 2, 1, 9, 10])
    copies = made.over(states, row, embedded, OPEN, SPECIAL)
    assert len(copies) == 2
    with torch.no_grad():
        logits = torch.zeros(1, V)
        change = copies.mixed(logits, states[-1:], [[]])[0] - logits.log_softmax(-1)[0]
    assert [i for i in range(V) if change[i] > change.min() + 1e-4] == [7, 8]


def test_of_the_turns_of_the_one_who_speaks_nothing_is_copied() -> None:
    """What the assistant mangled once ("muscuit") was copied from its own reply, again and again."""
    made, (states, row, embedded, _) = pointer(), said([0, 7, 8, 1, 9, 10, 0, 11, 1])
    assert len(made.over(states, row, embedded, OPEN, SPECIAL)) == 5
    copies = made.over(states, row, embedded, OPEN, SPECIAL, own=1)
    assert copies._pieces.tolist() == [7, 8, 11]


@pytest.mark.parametrize(
    ("said_so_far", "copied"),
    [
        ([], [7, 11]),
        ([7], [7, 8, 11]),
        ([7, 8], [7, 9, 11]),
        ([3, 8], [7, 11]),
        ([7, 8, 9], [7, 11]),
        ([5, 7], [7, 8, 11]),
    ],
)
def test_within_a_word_only_what_follows_the_same_beginning_is_copied(
    said_so_far: list[int], copied: list[int]
) -> None:
    """7 8 9 is a word, "Lis" "b" "on": it does not go on with another "on", nor with "b" behind another beginning."""
    made, (states, row, embedded, _) = pointer(), said([0, 7, 8, 9, 11, 1])
    begins = torch.tensor([piece not in (8, 9) for piece in range(V)])
    copies = made.over(states, row, embedded, OPEN, SPECIAL, begins=begins)
    with torch.no_grad():
        logits = torch.zeros(1, V)
        change = copies.mixed(logits, states[-1:], [said_so_far])[0] - logits.log_softmax(-1)[0]
    assert [i for i in range(V) if change[i] > change.min() + 1e-4] == copied


def test_a_word_of_which_two_pieces_are_said_is_likelier_to_be_said_to_its_end() -> None:
    made, (states, row, embedded, _) = pointer(), said([0, 7, 8, 9, 1])
    begins = torch.tensor([piece not in (8, 9) for piece in range(V)])
    copies = made.over(states, row, embedded, OPEN, SPECIAL, begins=begins)
    with torch.no_grad():
        torch.nn.init.zeros_(made.query.weight)  # all places alike
        one, two = (copies.mixed(torch.zeros(1, V), states[-1:], [ids])[0].exp() for ids in ([7], [7, 8]))
    assert two[9] > 2 * one[8]


@settings(max_examples=60, deadline=None)
@given(TALK, st.lists(st.integers(0, V - 1), max_size=6), st.sets(st.integers(3, V - 1)))
def test_with_words_it_sums_to_one_too(ids: list[int], so_far: list[int], within: set[int]) -> None:
    made, (states, row, embedded, _) = pointer(), said([*ids, 1])
    begins = torch.tensor([piece not in within for piece in range(V)])
    with torch.no_grad():
        copies = made.over(states, row, embedded, OPEN, SPECIAL, begins=begins)
        out = copies.mixed(torch.randn(1, V), torch.randn(1, D), [so_far])
    if len(copies):
        torch.testing.assert_close(out.exp().sum(-1), torch.ones(1))


@pytest.mark.parametrize("ids", [[], [0], [0, 7, 8]])
def test_where_nothing_was_said_before_the_logits_stay_as_they_are(ids: list[int]) -> None:
    states, row, embedded, _ = said(ids)
    logits = torch.randn(2, V)
    copies = pointer().over(states, row, embedded, OPEN, SPECIAL)
    assert copies.mixed(logits, torch.randn(2, D), [[], []]) is logits


def test_what_lies_out_of_reach_is_not_copied_in_either_form() -> None:
    ids = [0, 7, *[8] * REACH, 1]
    made, (states, row, embedded, _) = pointer(), said(ids)
    targets = torch.full((1, len(ids)), -1)
    targets[0, -1] = 7
    with torch.no_grad():
        _, copied = made.shares(states[None], states[None], row[None], embedded[None], targets, OPEN, SPECIAL)
        assert copied[0, -1] < -1000
        assert len(made.over(states, row, embedded, OPEN, SPECIAL)) <= REACH


def test_gradients_are_finite_and_reach_every_weight() -> None:
    made, (states, row, embedded, _) = pointer(), said([0, 7, 8, 2, 1, 7, 9, 2, 0, 11, 8, 2])
    targets = torch.cat((row[1:], torch.tensor([-1])))[None]
    share, copied = made.shares(states[None], states[None], row[None], embedded[None], targets, OPEN, SPECIAL)
    (-share.sum() - torch.logaddexp(torch.full_like(copied, -3.0), copied).sum()).backward()
    for name, weight in made.named_parameters():
        assert weight.grad is not None, name
        assert bool(torch.isfinite(weight.grad).all()), name
        assert bool(weight.grad.any()), name


def test_learns_to_copy_what_it_cannot_guess() -> None:
    """Of random "names" the one is wanted that stands behind the same cue; a softmax alone knows nothing of it."""
    torch.manual_seed(0)
    table = torch.randn(V, E)
    made = Pointer(D, E, 8)
    cue = torch.randn(D)
    optimiser = torch.optim.Adam(made.parameters(), lr=0.03)
    for _ in range(150):
        names = torch.randint(4, V, (16, 2))
        ids = torch.stack([torch.tensor([0, 3, 0, 3, 0, 2, 1, 3])] * 16)
        ids[:, 2], ids[:, 4] = names[:, 0], names[:, 1]
        states = torch.randn(16, 8, D) * 0.3
        states[:, 1] = states[:, 7] = cue  # what follows piece 1 is wanted after piece 7
        targets = torch.full((16, 8), -1)
        targets[:, 7] = names[:, 0]
        share, copied = made.shares(states, states, ids, table[ids], targets, OPEN, SPECIAL)
        loss = -(share[:, 7] + torch.logaddexp(torch.tensor(-3.0), copied[:, 7])).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    assert float(loss.detach()) < 0.3


def test_keys_of_no_width_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Pointer(D, E, 0)
