"""Padding never counts. B = batch, T = tokens, D = width"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from chatkit.nn.pooling import ACTIVATIONS, AttentionPooling, activation, max_pool, mean_pool

Pool = Callable[[Tensor, Tensor], Tensor]


def pools() -> dict[str, Pool]:
    torch.manual_seed(0)
    return {"mean": mean_pool, "max": max_pool, "attention": AttentionPooling(5)}


def batch() -> tuple[Tensor, Tensor, list[int]]:
    lengths = [7, 1, 4]
    states = torch.randn(3, 7, 5, generator=torch.Generator().manual_seed(1)) - 3  # negative: a zero would win the max
    return states, torch.arange(7) < torch.tensor(lengths)[:, None], lengths


@pytest.mark.parametrize("name", ["mean", "max", "attention"])
@pytest.mark.parametrize("rubbish", [0.0, 1e6, -1e6])
def test_padding_changes_nothing(name: str, rubbish: float) -> None:
    pool = pools()[name]
    states, mask, lengths = batch()
    spoilt = states.masked_fill(~mask.unsqueeze(-1), rubbish)
    pooled = pool(spoilt, mask)
    for i, n in enumerate(lengths):
        alone = pool(states[i : i + 1, :n], torch.ones(1, n, dtype=torch.bool))
        torch.testing.assert_close(pooled[i : i + 1], alone)


def test_mean_and_max_are_what_they_say() -> None:
    states, mask, lengths = batch()
    for i, n in enumerate(lengths):
        torch.testing.assert_close(mean_pool(states, mask)[i], states[i, :n].mean(0))
        torch.testing.assert_close(max_pool(states, mask)[i], states[i, :n].amax(0))


def test_shares_of_attention_add_up_and_are_zero_on_padding() -> None:
    states, mask, _ = batch()
    pool = AttentionPooling(5)
    weights = pool.weights(states, mask)
    torch.testing.assert_close(weights.sum(1), torch.ones(3))
    assert not weights[~mask].any()


def test_activations_by_name() -> None:
    x = torch.tensor([-1.0, 0.0, 2.0])
    assert torch.equal(activation("relu")(x), torch.relu(x))
    assert torch.equal(activation("identity")(x), x)
    assert set(ACTIVATIONS) >= {"relu", "gelu", "tanh"}
    with pytest.raises(ValueError, match=r"no activation 'swish'; known: gelu, identity"):
        activation("swish")
