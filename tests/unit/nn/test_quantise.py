"""Per-row int8: half a step of error, nothing else changes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chatkit.nn.quantise import compress, expand, prune, quantise_rows


@given(st.integers(0, 1000), st.integers(1, 5), st.integers(1, 40), st.floats(1e-6, 1e6))
def test_the_error_is_at_most_half_a_scale(seed: int, rows: int, columns: int, size: float) -> None:
    weight = torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed)) * size
    values, scale = quantise_rows(weight)
    assert values.dtype == torch.int8
    assert int(values.abs().max()) <= 127
    error = (values.float() * scale[:, None] - weight).abs()
    assert bool((error <= scale[:, None] * 0.5001).all())
    torch.testing.assert_close(scale, weight.abs().amax(1) / 127)


def test_a_row_of_zeros_stays_zero() -> None:
    values, scale = quantise_rows(torch.zeros(2, 16))
    assert not values.any()
    assert bool((scale > 0).all())


def test_compress_and_expand() -> None:
    tensors = {
        "matrix": torch.randn(4, 32),
        "narrow": torch.randn(4, 3),
        "bias": torch.randn(4, dtype=torch.float64),
        "counts": torch.arange(40).view(2, 20),
        "cube": torch.randn(2, 20, 20),
    }
    packed = compress(tensors)
    assert packed["matrix"].dtype == torch.int8
    assert set(packed) == {*tensors, "matrix.scale"}
    back = expand(packed)
    assert set(back) == set(tensors)
    bound = float(tensors["matrix"].abs().max()) / 250
    torch.testing.assert_close(back["matrix"], tensors["matrix"], rtol=0, atol=bound)
    for name in ("narrow", "cube", "counts"):
        assert torch.equal(back[name], tensors[name])
    assert torch.equal(back["bias"], tensors["bias"].float())


def test_expand_leaves_plain_tensors_alone() -> None:
    tensors = {"w": torch.randn(3, 20), "norm.scale": torch.randn(3), "ids": torch.arange(3)}
    assert all(torch.equal(expand(tensors)[name], tensor) for name, tensor in tensors.items())


@pytest.mark.parametrize("int8", [True, False])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.97, 1.0])
def test_zeros_are_left_out_and_come_back(int8: bool, share: float) -> None:
    torch.manual_seed(0)
    matrix = torch.randn(13, 37)
    prune(matrix, share)
    assert int((matrix == 0).sum()) == round(share * matrix.numel())
    stored = compress({"a.weight": matrix}, int8=int8)
    back = expand(stored)
    assert list(back) == ["a.weight"]
    torch.testing.assert_close(back["a.weight"], matrix, atol=0.02 if int8 else 0, rtol=0)
    size = stored["a.weight"].numel() + sum(t.nbytes for n, t in stored.items() if n.endswith(".mask"))
    assert size < matrix.numel() if share > 0.2 else size == matrix.numel()


def test_pruning_takes_the_smallest() -> None:
    matrix = torch.tensor([[3.0, -0.1, 2.0], [0.2, -5.0, 0.0]])
    prune(matrix, 0.5)
    assert matrix.tolist() == [[3.0, 0.0, 2.0], [0.0, -5.0, 0.0]]
