"""Adapters: merged weights are what the formula says, gradients are those of autograd, the middle is untouched."""

from __future__ import annotations

import math

import pytest
import torch
from torch.func import functional_call

from chatkit.nn.adapters import Adapters, coefficients_of, copy_base, put_back
from chatkit.nn.encoder import EncoderConfig, make_encoder
from chatkit.nn.vocabulary import Backbone

IDS = torch.arange(12).reshape(3, 4)


@pytest.fixture(params=[1, 2], ids=["one layer", "two layers"])
def backbone(request: pytest.FixtureRequest) -> Backbone:
    torch.manual_seed(1)
    config = EncoderConfig(embedding=6, hidden=8, layers=request.param, dropout=0.0, tie=request.param == 1)
    return Backbone(make_encoder(config, 20))


@pytest.fixture
def adapters(backbone: Backbone) -> Adapters:
    found = Adapters(backbone, 3, rank=2, alpha=1.5)
    with torch.no_grad():
        for parameter in found.parameters():
            parameter.normal_()
    return found


def formula(adapters: Adapters, base: dict[str, torch.Tensor], c: torch.Tensor) -> dict[str, torch.Tensor]:
    """W(c) and b(c) written down with autograd, one objective after the other."""
    out = {}
    for name in adapters.names:
        key = name.replace(".", "--")
        out[name] = base[name]
        for k in range(adapters.count):
            if key in adapters.shift:
                out[name] = out[name] + c[k] * adapters.shift[key][k]
            else:
                product = adapters.up[key][k] @ adapters.down[key][k]
                out[name] = out[name] + c[k] * adapters.alpha / adapters.rank * product
    return out


def loss(backbone: Backbone, weights: dict[str, torch.Tensor] | None = None) -> torch.Tensor:
    if weights is None:
        states, _ = backbone.encoder(IDS)
        return backbone.softmax(states).log_softmax(-1)[..., 3].square().mean()

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = backbone

        def forward(self) -> torch.Tensor:
            return loss(self.inner)

    return functional_call(Whole(), {f"inner.{name}": weight for name, weight in weights.items()}, ())


def test_all_but_the_tables_of_the_vocabulary_are_adapted(backbone: Backbone, adapters: Adapters) -> None:
    left = {name for name, _ in backbone.named_parameters()} - set(adapters.names)
    assert left == ({"encoder.embedding.weight"} if backbone.softmax.untied is None else left)
    assert all("embedding" in name or "untied" in name for name in left)


def test_merged_weights_are_those_of_the_formula_and_the_middle_comes_back(
    backbone: Backbone, adapters: Adapters
) -> None:
    before = {name: p.detach().clone() for name, p in backbone.named_parameters()}
    base, c = copy_base(backbone), torch.tensor([0.6, -0.1, -0.5])
    adapters.merge(backbone, base, c)
    for name, weight in formula(adapters, base, c).items():
        assert torch.allclose(dict(backbone.named_parameters())[name], weight, atol=1e-5)
    adapters.merge(backbone, base, torch.zeros(3))
    assert all(torch.equal(p, before[name]) for name, p in backbone.named_parameters())
    adapters.merge(backbone, base, c)
    put_back(backbone, base)
    assert all(torch.equal(p, before[name]) for name, p in backbone.named_parameters())


def test_new_adapters_change_nothing(backbone: Backbone) -> None:
    before = copy_base(backbone)
    Adapters(backbone, 2, rank=4).merge(backbone, copy_base(backbone), torch.tensor([0.5, -0.5]))
    assert all(torch.equal(before[name], copy_base(backbone)[name]) for name in before)


def test_gradients_by_the_chain_rule_are_those_of_autograd(backbone: Backbone, adapters: Adapters) -> None:
    base, c = copy_base(backbone), torch.tensor([0.6, -0.1, -0.5])
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in base.items()}
    loss(backbone, formula(adapters, leaves, c)).backward()
    wanted = {name: p.grad.clone() for name, p in adapters.named_parameters() if p.grad is not None}
    adapters.zero_grad(set_to_none=True)
    adapters.merge(backbone, base, c)
    loss(backbone).backward()
    put_back(backbone, base)
    adapters.pull_back(backbone, c)
    assert len(wanted) == len(list(adapters.parameters()))
    for name, parameter in adapters.named_parameters():
        assert parameter.grad is not None
        assert torch.allclose(parameter.grad, wanted[name], rtol=1e-4, atol=1e-6), name
    for name, parameter in backbone.named_parameters():
        if name in leaves:
            assert torch.allclose(parameter.grad, leaves[name].grad, rtol=1e-4, atol=1e-6)  # type: ignore[arg-type]


def test_coefficients_are_shares_less_those_of_home() -> None:
    found = coefficients_of({"b": 0.7, "a": 0.3, "c": 0.0}, {"a": 1.0, "b": 0.0, "c": 0.0})
    assert found.tolist() == pytest.approx([-0.7, 0.7, 0.0])
    found = coefficients_of({"b": 0.7, "a": 0.3, "c": 0.0}, dict.fromkeys("abc", 1 / 3))
    assert found.tolist() == pytest.approx([0.3 - 1 / 3, 0.7 - 1 / 3, -1 / 3])
    assert math.isclose(float(found.sum()), 0, abs_tol=1e-6)
