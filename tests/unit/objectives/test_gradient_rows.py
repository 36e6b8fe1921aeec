"""Rows against autograd, and against a summed backward bit for bit."""

from __future__ import annotations

import torch
from torch import nn

from chatkit.objectives.rows import GradientRows


def setup(seed: int = 0) -> tuple[list[nn.Parameter], list[torch.Tensor]]:
    torch.manual_seed(seed)
    parameters = [nn.Parameter(torch.randn(*shape)) for shape in ((3, 4), (4,), (5,))]
    x = torch.randn(6, 3)
    hidden = x @ parameters[0] + parameters[1]
    return parameters, [hidden.square().mean(), hidden.sin().sum(), hidden.mean() + parameters[2].exp().sum()]


def filled(parameters: list[nn.Parameter], losses: list[torch.Tensor]) -> GradientRows:
    rows = GradientRows(parameters, len(losses))
    for row, loss in enumerate(losses):
        loss.backward(retain_graph=True)
        rows.collect(row)
    return rows


def test_gramian_is_that_of_autograd() -> None:
    parameters, losses = setup()
    jacobian = []
    for loss in losses:
        parts = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True, materialize_grads=True)
        jacobian.append(torch.cat([part.flatten() for part in parts]))
    matrix = torch.stack(jacobian)
    rows = filled(parameters, losses)
    torch.testing.assert_close(rows.gramian(3), matrix @ matrix.T)
    assert rows.num_bytes == 4 * 4 * matrix.shape[1]
    before = rows.before_step()
    step = torch.randn_like(before) * 0.01
    with torch.no_grad():
        for parameter, part in zip(parameters, step.split([12, 4, 5]), strict=True):
            parameter += part.view_as(parameter)
    torch.testing.assert_close(rows.change(before, 3), matrix @ step, rtol=1e-3, atol=1e-5)


def test_a_sum_of_rows_is_a_summed_backward_bit_for_bit() -> None:
    parameters, losses = setup()
    filled(parameters, losses).apply([1.0, 1.0, 1.0])
    by_rows = [parameter.grad.clone() for parameter in parameters if parameter.grad is not None]
    for parameter in parameters:
        parameter.grad = None
    for loss in losses:
        loss.backward(retain_graph=True)
    assert all(torch.equal(a, p.grad) for a, p in zip(by_rows, parameters, strict=True) if p.grad is not None)


def test_what_nobody_reached_has_no_gradient() -> None:
    parameters, losses = setup()
    rows = filled(parameters, losses)
    rows.apply([1.0, 2.0])
    assert parameters[2].grad is None
    rows.apply([1.0, 2.0, 0.0])
    assert parameters[2].grad is None
    rows.apply([1.0, 2.0, -1.0])
    assert parameters[2].grad is not None


def test_probe_is_an_inner_product_and_leaves_rows_alone() -> None:
    parameters, losses = setup()
    rows = filled(parameters, losses)
    before = rows.gramian(3)
    losses[1].backward()
    dot, square = rows.collect_probe(0)
    torch.testing.assert_close(torch.tensor([dot, square]), before[1, :2])
    assert torch.equal(before, rows.gramian(3))
    assert all(parameter.grad is None for parameter in parameters)
