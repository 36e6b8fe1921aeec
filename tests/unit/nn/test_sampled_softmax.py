"""Sampled cross-entropy: exact where nothing is left out, unbiased sums, gradients of its own value.

N = targets, D = width, V = vocabulary
"""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from chatkit.nn.cross_entropy import CHUNK
from chatkit.nn.sampled_softmax import Sampling, sampled_cross_entropy


def inputs(n: int, d: int = 7, v: int = 31) -> list[Tensor]:
    generator = torch.Generator().manual_seed(n)
    hidden, weight = torch.randn(n, d, generator=generator), torch.randn(v, d, generator=generator)
    return [hidden, weight, torch.randn(v, generator=generator), torch.randint(v, (n,), generator=generator)]


def in_plain_words(
    tensors: list[Tensor], ids: Tensor, scale: float, frequent: int, against: Tensor | None = None
) -> Tensor:
    """The same estimate by autograd, term by term."""
    hidden, weight, bias, targets = tensors
    logits = hidden @ weight.T + bias
    counts = torch.zeros(len(weight))
    counts[ids[:frequent]] = 1.0
    counts[ids[frequent:]] = scale
    counted = counts.repeat(len(targets), 1).scatter(1, targets[:, None], 1.0)
    normaliser = (logits + counted.log()).logsumexp(-1)
    log_p = logits.gather(1, targets[:, None])[:, 0] - normaliser
    return -(log_p if against is None else torch.logaddexp(log_p, against)).sum()


@pytest.mark.parametrize("n", [1, CHUNK, CHUNK + 3])
def test_all_pieces_are_the_full_softmax(n: int) -> None:
    ours, theirs = inputs(n), inputs(n)
    for tensor in (*ours[:3], *theirs[:3]):
        tensor.requires_grad_()
    loss = sampled_cross_entropy(*ours, Sampling(11, 20))
    expected = F.cross_entropy(theirs[0] @ theirs[1].T + theirs[2], theirs[3], reduction="sum")
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-4)
    (loss * 0.5).backward()
    (expected * 0.5).backward()
    for a, b in zip(ours[:3], theirs[:3], strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("n", [1, 40, CHUNK + 3])
def test_gradients_are_those_of_the_estimate(n: int) -> None:
    ours, theirs, sampling = inputs(n), inputs(n), Sampling(5, 9)
    for tensor in (*ours[:3], *theirs[:3]):
        tensor.requires_grad_()
    torch.manual_seed(3)
    ids, scale = sampling.draw(31)
    torch.manual_seed(3)  # the same draw
    loss, expected = sampled_cross_entropy(*ours, sampling), in_plain_words(theirs, ids, scale, 5)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-4)
    loss.backward()
    expected.backward()
    for a, b in zip(ours[:3], theirs[:3], strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-4)


def test_gradients_beside_another_distribution_are_those_of_the_sum() -> None:
    ours, theirs, sampling = inputs(40), inputs(40), Sampling(5, 9)
    others = [torch.linspace(-8.0, 2.0, 40).requires_grad_() for _ in range(2)]
    for tensor in (*ours[:3], *theirs[:3]):
        tensor.requires_grad_()
    torch.manual_seed(3)
    ids, scale = sampling.draw(31)
    torch.manual_seed(3)  # the same draw
    loss = sampled_cross_entropy(*ours, sampling, against=others[0])
    expected = in_plain_words(theirs, ids, scale, 5, others[1])
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-4)
    loss.backward()
    expected.backward()
    for a, b in zip([*ours[:3], others[0]], [*theirs[:3], others[1]], strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-4)


def test_the_sum_is_unbiased_and_every_piece_is_drawn_as_often() -> None:
    sampling, times = Sampling(4, 6), 4000
    terms = torch.rand(31, generator=torch.Generator().manual_seed(1)) * 5
    torch.manual_seed(0)
    found, drawn = 0.0, torch.zeros(31)
    for _ in range(times):
        ids, scale = sampling.draw(31)
        assert len(set(ids.tolist())) == 10
        found += float(terms[ids[:4]].sum() + scale * terms[ids[4:]].sum()) / times
        drawn[ids] += 1
    assert found == pytest.approx(float(terms.sum()), rel=0.02)
    assert drawn[:4].tolist() == [times] * 4
    assert float(drawn[4:].std() / drawn[4:].mean()) < 0.06
    assert float(drawn[4:].mean()) == pytest.approx(times * 6 / 27)


def test_frozen_parts_get_no_gradient() -> None:
    hidden, weight, bias, targets = inputs(20)
    hidden.requires_grad_()
    sampled_cross_entropy(hidden, weight, bias, targets, Sampling(5, 9)).backward()
    assert hidden.grad is not None
    assert weight.grad is None
    with torch.no_grad():
        assert math.isfinite(float(sampled_cross_entropy(hidden, weight, bias, targets, Sampling(5, 9))))


def test_no_targets_are_no_loss() -> None:
    hidden, weight, bias, targets = inputs(3)
    assert sampled_cross_entropy(hidden[:0], weight, bias, targets[:0], Sampling(5, 9)).item() == 0.0


def test_bfloat16_is_near() -> None:
    tensors = inputs(200)
    torch.manual_seed(1)
    wide = sampled_cross_entropy(*tensors, Sampling(5, 9))
    torch.manual_seed(1)
    narrow = sampled_cross_entropy(*tensors, Sampling(5, 9), bfloat16=True)
    assert float(narrow) == pytest.approx(float(wide), rel=0.01)


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Sampling(0, 4)
    with pytest.raises(ValueError, match="vocabulary of 31"):
        sampled_cross_entropy(*inputs(3), Sampling(30, 2))
    assert Sampling(30, 1).covers(31)
    assert not Sampling(29, 1).covers(31)
