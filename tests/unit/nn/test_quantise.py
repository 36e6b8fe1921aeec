"""Per-row int8: half a step of error, nothing else changes."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chatkit.nn.quantise import compress, expand, misfits, prune, quantise_rows


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


def test_stored_shapes_are_told_from_wrong_ones_by_the_header_alone() -> None:
    matrix = torch.randn(6, 32)
    prune(matrix, 0.5)
    tensors = {"a": matrix, "b": torch.randn(5), "c": torch.randn(3, 40)}
    wanted = {name: tensor.shape for name, tensor in tensors.items()}
    for int8 in (True, False):
        stored = compress(tensors, int8=int8)
        given = {name: tuple(tensor.shape) for name, tensor in stored.items()}
        assert "a.mask" in given
        assert misfits(wanted, given) == []
        for change in ({"a.mask": (3,)}, {"a": (500,)}, {"a.shape": (3,)}, {"b": (6,)}, {"d": (1,)}):
            assert misfits(wanted, {**given, **change}) == [next(iter(change)).split(".")[0]]
        assert misfits(wanted, {name: shape for name, shape in given.items() if name != "b"}) == ["b"]


def test_a_mask_that_disagrees_is_refused_before_its_matrix_is_made() -> None:
    matrix = torch.randn(6, 32)
    prune(matrix, 0.5)
    stored = compress({"a": matrix})
    for name, wrong in (("a.shape", torch.tensor([2**20, 2**20])), ("a.mask", torch.full((24,), 255).byte())):
        with pytest.raises(ValueError, match="disagree"):
            expand({**stored, name: wrong})
