"""Whether two outputs of a head are the same, up to the rounding of sums in another order."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

TOLERANCE = 2e-4
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?")


def difference(a: Any, b: Any, where: str = "") -> str:
    """The first difference of two pieces of plain data, in words; "" if they are the same.

    Numbers may differ by rounding, and so may numbers that are written out in a text.
    """
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            return f"{where or 'keys'}: {', '.join(map(str, a))} against {', '.join(map(str, b))}"
        return _first(difference(a[key], b[key], f"{where}.{key}" if where else str(key)) for key in a)
    if isinstance(a, list | tuple) and isinstance(b, list | tuple):
        if len(a) != len(b):
            return f"{where}: {len(a)} items against {len(b)}"
        return _first(difference(x, y, f"{where}[{i}]") for i, (x, y) in enumerate(zip(a, b, strict=True)))
    if isinstance(a, float | int) and isinstance(b, float | int):
        return "" if _close(float(a), float(b)) else f"{where}: {a:.6g} against {b:.6g}"
    if isinstance(a, str) and isinstance(b, str) and a != b:
        numbers = _NUMBER.findall(a), _NUMBER.findall(b)
        same = _NUMBER.sub("#", a) == _NUMBER.sub("#", b) and len(numbers[0]) == len(numbers[1])
        close = same and all(_close(float(x), float(y), 2e-3) for x, y in zip(*numbers, strict=True))
        return "" if close else f"{where}: {a[:60]!r} against {b[:60]!r}"
    return "" if a == b else f"{where}: {a!r} against {b!r}"


def differing_rows(a: Sequence[Any], b: Sequence[Any]) -> str:
    """``difference`` of two lists of outputs, one an example."""
    return difference(list(a), list(b), "example ")


def _close(a: float, b: float, tolerance: float = TOLERANCE) -> bool:
    if math.isnan(a) or math.isnan(b):
        return False
    return a == b or abs(a - b) <= tolerance * max(1.0, abs(a), abs(b))


def _first(found: Any) -> str:
    return next((text for text in found if text), "")
