"""Tables of whole numbers on disk: smaller, and the same when they are read."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chatkit.nn.quantise import compress, expand, misfits
from chatkit.packing import PACKED, pack, unpacked

KINDS = [torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64]


@given(st.sampled_from(KINDS), st.integers(0, 100), st.integers(1, 90), st.integers(1, 200), st.integers(1, 120))
def test_what_is_packed_comes_back(kind: torch.dtype, seed: int, rows: int, columns: int, most: int) -> None:
    table = torch.randint(0, most, (rows, columns), generator=torch.Generator().manual_seed(seed)).to(kind)
    back = unpacked(pack("table", table))
    assert set(back) == {"table"}
    assert back["table"].dtype == kind
    assert torch.equal(back["table"], table)


def test_a_table_of_few_values_gets_small_and_noise_stays() -> None:
    packed = pack("counts", torch.arange(20_000) // 500)
    assert packed["counts"].numel() < 2_000
    assert packed["counts" + PACKED].shape == (0, 20_000)
    noise = torch.randint(-128, 128, (9_000,), dtype=torch.int8)
    assert set(pack("noise", noise)) == {"noise"}
    assert set(pack("trained", torch.zeros(9_000))) == {"trained"}


def test_shapes_are_known_from_the_header_alone() -> None:
    stored = compress({"counts": (torch.arange(30_000) // 900).view(100, 300), "bias": torch.zeros(3)})
    shapes = {name: tuple(tensor.shape) for name, tensor in stored.items()}
    assert misfits({"counts": (100, 300), "bias": (3,)}, shapes) == []
    assert misfits({"counts": (100, 301), "bias": (3,)}, shapes) == ["counts"]
    assert expand(stored)["counts"].shape == (100, 300)


@pytest.mark.parametrize("spoil", ["cut", "longer", "other"])
def test_a_damaged_table_is_told_of(spoil: str) -> None:
    packed = pack("counts", torch.arange(20_000) // 500)
    if spoil == "cut":
        packed["counts"] = packed["counts"][:40]
    elif spoil == "longer":
        packed["counts" + PACKED] = torch.empty((0, 10), dtype=torch.int64)
    else:
        packed["counts"] = torch.zeros_like(packed["counts"])
    with pytest.raises(ValueError, match="compressed table"):
        unpacked(packed)
