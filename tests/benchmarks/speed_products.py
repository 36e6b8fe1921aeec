"""The products of a generation step one by one: each kernel that torch's wheel has, beside reading the weights.

A vector by a matrix, one thread, the shapes of the steps in ``speed_generation``; what their sum leaves of a whole step
is small operations. N = rows, K = columns
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import torch
from frame import Result, interleaved
from torch import Tensor

from chatkit.nn.quantise import quantise_rows
from chatkit.nn.step import _int8_product, best_precision

SHAPES, SMOKE = ((2048, 1024), (8192, 512), (10_000, 256), (512, 512)), ((32, 16),)
LIMIT = "limit: reading the weights as int8"


def kernels(rows: int, columns: int) -> dict[str, Callable[[], object]]:
    """name -> one product."""
    weight, bias, x = torch.randn(rows, columns) * 0.05, torch.randn(rows), torch.randn(1, columns)
    whole, scale = quantise_rows(weight)
    narrow = [t.bfloat16() for t in (x, weight, bias, scale)]
    block = torch.zeros(rows * columns // 4)
    out: dict[str, Callable[[], object]] = {LIMIT: block.sum}
    if best_precision() == "int8":
        ours = _int8_product(weight, bias)
        out["FBGEMM int8 (chatkit)"] = lambda: ours(x)
        if "onednn" in torch.backends.quantized.supported_engines:
            packed = _onednn(whole, scale, bias)
            out["oneDNN int8"] = lambda: torch.ops.quantized.linear_dynamic(x, packed, False)
    out["_weight_int8pack_mm, bfloat16"] = lambda: torch._weight_int8pack_mm(narrow[0], whole, narrow[3])
    out["bfloat16"] = lambda: torch.nn.functional.linear(narrow[0], narrow[1], narrow[2])
    out["float32"] = lambda: torch.nn.functional.linear(x, weight, bias)
    return out


def _onednn(rows: Tensor, scale: Tensor, bias: Tensor) -> object:
    before = torch.backends.quantized.engine
    torch.backends.quantized.engine = "onednn"
    try:
        zeros = torch.zeros(len(rows), dtype=torch.long)
        quantised = torch._make_per_channel_quantized_tensor(rows, scale.double(), zeros, 0)
        return torch.ops.quantized.linear_prepack(quantised, bias)
    finally:
        torch.backends.quantized.engine = before


@torch.inference_mode()
def run(*, smoke: bool) -> list[Result]:
    """A table for each shape."""
    torch.set_num_threads(1)
    times, rounds = (3, 2) if smoke else (100, 15)
    results = []
    for rows, columns in SMOKE if smoke else SHAPES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the end of quantised tensors is announced
            products = kernels(rows, columns)

            def repeated(product: Callable[[], object]) -> Callable[[], None]:
                def call() -> None:
                    for _ in range(times):
                        product()

                return call

            peers = {name: repeated(product) for name, product in products.items()}
            rates = interleaved(peers, times, rounds=rounds, clock="cpu")
        results.append(Result(f"product of a vector and {rows} x {columns}", "products", "cpu", LIMIT, rates))
    return results
