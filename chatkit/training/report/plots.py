"""Plots made of characters, fit for any terminal, and for a screen reader: the figures stand beside them."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

from chatkit.training.report.gather import Points, smoothed

_BLOCKS = "▁▂▃▄▅▆▇█"
_ASCII = "_.-=+*%#"


def sparkline(points: Points, *, low: float, high: float, width: int = 40, ascii_only: bool = False) -> str:
    """A series as one row of bars between ``low`` and ``high``."""
    bars = _ASCII if ascii_only else _BLOCKS
    span = high - low
    out = ""
    for _, value in smoothed(points, width):
        share = (value - low) / span if span > 0 else 0.5
        out += bars[min(max(int(share * len(bars)), 0), len(bars) - 1)]
    return out


def curves(series: Mapping[str, Points], *, shared_scale: bool = False, ascii_only: bool = False) -> list[str]:
    """A row each: name, first value, bars, last value. An empty series is left out.

    Args:
        series: Name -> points.
        shared_scale: All rows from the lowest to the highest value of all; else each from its own.
        ascii_only: Only ASCII characters.
    """
    smooth = {name: smoothed(points, 40) for name, points in series.items() if points}
    if not smooth:
        return []
    everything = [value for points in smooth.values() for _, value in points]
    width = max(len(name) for name in smooth)
    lines = []
    for name, points in smooth.items():
        values = everything if shared_scale else [value for _, value in points]
        bars = sparkline(points, low=min(values), high=max(values), ascii_only=ascii_only)
        lines.append(f"  {name:{width}}  {points[0][1]:8.3f}  {bars:40}  {points[-1][1]:8.3f}")
    return lines


def scatter(
    points: Mapping[str, tuple[float, float]],
    *,
    x: str,
    y: str,
    front: Sequence[str],
    width: int = 56,
    height: int = 14,
) -> list[str]:
    """Points as letters on a grid, low values at the lower left; those of the front as capitals.

    Args:
        points: Name -> (x, y).
        x: Name of the horizontal axis.
        y: Name of the vertical one.
        front: Names on the front.
        width: Columns.
        height: Rows.
    """
    letters = dict(zip(points, string.ascii_lowercase * 4, strict=False))
    xs, ys = [p[0] for p in points.values()], [p[1] for p in points.values()]
    grid = [[" "] * width for _ in range(height)]
    # the front last: a capital covers a small letter
    for name in sorted(points, key=lambda each: each in front):
        column = _cell(points[name][0], min(xs), max(xs), width)
        row = height - 1 - _cell(points[name][1], min(ys), max(ys), height)
        grid[row][column] = letters[name].upper() if name in front else letters[name]
    lines = [f"  {y} (up is worse)", f"  {max(ys):9.3f} +{''.join(grid[0])}"]
    lines += [f"  {'':9} |{''.join(row)}" for row in grid[1:-1]]
    lines += [f"  {min(ys):9.3f} +{''.join(grid[-1])}", f"  {'':9} +{'-' * width}"]
    lines.append(f"  {'':10} {min(xs):<.3f}{max(xs):>{width - 6}.3f}")
    lines.append(f"  {'':10} {x} (right is worse)")
    lines += [f"    {letters[n].upper() if n in front else letters[n]}  {n}" for n in points]
    return [line.rstrip() for line in lines]


def _cell(value: float, low: float, high: float, count: int) -> int:
    return round((value - low) / (high - low) * (count - 1)) if high > low else 0
