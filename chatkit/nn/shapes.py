"""Modules of which only the shapes are wanted: no memory for their weights, and none of torch's compiler.

Drawing the first weights of a module on the meta device makes torch import its compiler and a computer algebra system,
about 80 MB and a second, for numbers that nobody sees.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

_DRAWS = ("normal_", "uniform_")


class _NoFirstWeights(TorchFunctionMode):
    """Leaves weights as they are where a module would draw them."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        if getattr(func, "__module__", "") == "torch.nn.init" or getattr(func, "__name__", "") in _DRAWS:
            return args[0] if args else kwargs["tensor"]
        return func(*args, **kwargs)


@contextlib.contextmanager
def shapes_only() -> Iterator[None]:
    """Within it, modules are made without memory for their weights."""
    with torch.device("meta"), _NoFirstWeights():
        yield
