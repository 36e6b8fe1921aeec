"""Chunked cross-entropy is F.cross_entropy, in value and gradient. N = targets, D = width, V = vocabulary"""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from chatkit.nn.cross_entropy import chunked_cross_entropy, target_nats


def inputs(n: int, d: int = 7, v: int = 31) -> list[Tensor]:
    generator = torch.Generator().manual_seed(n)
    hidden, weight = torch.randn(n, d, generator=generator), torch.randn(v, d, generator=generator)
    return [hidden, weight, torch.randn(v, generator=generator), torch.randint(v, (n,), generator=generator)]


def plain(hidden: Tensor, weight: Tensor, bias: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(hidden @ weight.T + bias, targets, reduction="sum")


@pytest.mark.parametrize("n", [1, 5, 511, 512, 513, 1030])  # around the size of a chunk
@pytest.mark.parametrize("scale", [1.0, -0.25])
def test_value_and_gradient_equal_the_plain_one(n: int, scale: float) -> None:
    ours, theirs = inputs(n), inputs(n)
    for tensors in (ours, theirs):
        for tensor in tensors[:3]:
            tensor.requires_grad_()
    loss, expected = chunked_cross_entropy(*ours), plain(*theirs)
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-4)
    (loss * scale).backward()
    (expected * scale).backward()
    for a, b in zip(ours[:3], theirs[:3], strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("trained", [(0,), (1,), (2,), (0, 2)])
def test_frozen_parts_get_no_gradient_and_the_others_the_right_one(trained: tuple[int, ...]) -> None:
    ours, theirs = inputs(20), inputs(20)
    for i in trained:
        ours[i].requires_grad_()
        theirs[i].requires_grad_()
    chunked_cross_entropy(*ours).backward()
    plain(*theirs).backward()
    for i in range(3):
        if i in trained:
            torch.testing.assert_close(ours[i].grad, theirs[i].grad, rtol=1e-4, atol=1e-4)
        else:
            assert ours[i].grad is None


def test_no_targets_are_no_loss_and_no_gradient() -> None:
    hidden, weight, bias, targets = inputs(3)
    hidden.requires_grad_()
    loss = chunked_cross_entropy(hidden[:0], weight, bias, targets[:0])
    assert loss.item() == 0.0
    loss.backward()
    assert not hidden.grad.any()
    assert target_nats(hidden[:0], weight, bias, targets[:0]).shape == (0,)


def test_extreme_logits_stay_finite() -> None:
    hidden, weight, bias, targets = inputs(4)
    hidden = (hidden * 1e4).requires_grad_()
    loss = chunked_cross_entropy(hidden, weight, bias, targets)
    loss.backward()
    torch.testing.assert_close(loss.detach(), plain(hidden.detach(), weight, bias, targets), rtol=1e-5, atol=1e-2)
    assert bool(torch.isfinite(hidden.grad).all())


def test_nats_of_each_target_add_up() -> None:
    tensors = inputs(700)
    nats = target_nats(*tensors)
    logits = tensors[0] @ tensors[1].T + tensors[2]
    torch.testing.assert_close(nats, F.cross_entropy(logits, tensors[3], reduction="none"))
    torch.testing.assert_close(nats.sum(), chunked_cross_entropy(*tensors), rtol=1e-5, atol=1e-3)


def test_products_in_bfloat16_leave_value_and_gradients_close_and_wide() -> None:
    ours, theirs = inputs(700, d=64, v=301), inputs(700, d=64, v=301)
    for tensors in (ours, theirs):
        for tensor in tensors[:3]:
            tensor.requires_grad_()
    loss, expected = chunked_cross_entropy(*ours, bfloat16=True), plain(*theirs)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss, expected, rtol=2e-3, atol=0)
    loss.backward()
    expected.backward()
    for a, b in zip(ours[:3], theirs[:3], strict=True):
        assert a.grad.dtype == torch.float32
        assert float((a.grad - b.grad).norm() / b.grad.norm()) < 0.02


def test_beside_another_distribution_value_and_gradients_are_those_of_the_sum() -> None:
    ours, theirs = inputs(600), inputs(600)
    other = torch.randn(600, generator=torch.Generator().manual_seed(1)) * 3
    other[::5] = -1e4  # nothing
    both = [other.clone().requires_grad_(), other.clone().requires_grad_()]
    for tensors in (ours, theirs):
        for tensor in tensors[:3]:
            tensor.requires_grad_()
    hidden, weight, bias, targets = theirs
    own = -F.cross_entropy(hidden @ weight.T + bias, targets, reduction="none")
    loss, expected = chunked_cross_entropy(*ours, against=both[0]), -torch.logaddexp(own, both[1]).sum()
    torch.testing.assert_close(loss, expected, rtol=1e-5, atol=1e-4)
    (loss * 0.5).backward()
    (expected * 0.5).backward()
    for a, b in zip([*ours[:3], both[0]], [*theirs[:3], both[1]], strict=True):
        torch.testing.assert_close(a.grad, b.grad, rtol=1e-4, atol=1e-4)
