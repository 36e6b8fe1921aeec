"""The wide part: what it counts, that padding does not, and that it learns what no single piece tells."""

from __future__ import annotations

import pytest
import torch

from chatkit.nn.grams import HashedGrams


def test_an_untrained_one_says_nothing_and_padding_never_counts() -> None:
    wide = HashedGrams(3, 12)
    ids, mask = torch.tensor([[5, 6, 7]]), torch.ones(1, 3, dtype=torch.bool)
    assert wide(ids, mask).tolist() == [[0.0, 0.0, 0.0]]
    torch.nn.init.normal_(wide.table)
    padded = torch.tensor([[5, 6, 7, 9, 9]])
    cut = torch.tensor([[True, True, True, False, False]])
    torch.testing.assert_close(wide(padded, cut), wide(ids, mask))
    one = torch.tensor([[5]])
    assert wide(one, torch.ones(1, 1, dtype=torch.bool)).shape == (1, 3)


def test_it_is_a_scaled_sum_over_pieces_and_pairs() -> None:
    wide = HashedGrams(2, 16)
    torch.nn.init.normal_(wide.table)
    yes = torch.ones(1, 2, dtype=torch.bool)
    both = wide(torch.tensor([[5, 6]]), yes) * 3**0.5
    turned = wide(torch.tensor([[6, 5]]), yes) * 3**0.5
    alone = sum(wide(torch.tensor([[i]]), yes[:, :1]) for i in (5, 6))
    assert not torch.allclose(both, turned)  # the pair differs
    assert not torch.allclose(both, alone)


def test_it_learns_the_order_of_two_pieces_with_a_small_learning_rate() -> None:
    torch.manual_seed(0)
    wide = HashedGrams(2, 14)
    optimiser = torch.optim.AdamW(wide.parameters(), lr=2e-3)
    ids = torch.tensor([[10, 11, 3], [11, 10, 3]] * 8)
    gold = torch.tensor([0, 1] * 8)
    for _ in range(60):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(wide(ids, torch.ones(16, 3, dtype=torch.bool)), gold).backward()
        optimiser.step()
    assert wide(ids, torch.ones(16, 3, dtype=torch.bool)).argmax(1).tolist() == gold.tolist()


def test_ids_of_any_vocabulary_find_a_row() -> None:
    wide = HashedGrams(2, 8)
    ids = torch.randint(0, 250_000, (4, 30))
    rows = wide._row(ids * 7919)
    assert 0 <= int(rows.min()) <= int(rows.max()) < 256
    assert len(rows.unique()) > 80


@pytest.mark.parametrize("bits", [3, 25])
def test_bits_out_of_range_are_refused(bits: int) -> None:
    with pytest.raises(ValueError, match=r"4\.\.24"):
        HashedGrams(3, bits)
