"""A curve in braille: each cell holds two by four dots."""

from __future__ import annotations

import math
from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from chatkit.tui.text import one_line

LEFT = 9  # cells for the scale
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


class Curve(Widget):
    """One curve with its scale.

    Args:
        name: What it shows.
    """

    def __init__(self, name: str) -> None:
        super().__init__()
        self.title = name
        self.points: Sequence[tuple[float, float]] = ()

    def show(self, points: Sequence[tuple[float, float]]) -> None:
        """Show these points, (x, y), x ascending."""
        self.points = points
        self.refresh()

    def render(self) -> Content:
        """Title with the latest value, then the curve."""
        width, rows = self.content_region.width - LEFT, self.content_region.height - 1
        last = f"{self.points[-1][1]:.3f}" if self.points else "not yet"
        lines = [Content.assemble((one_line(self.title), "bold"), "  ", (last, "$accent"))]
        if self.points and width > 2 and rows > 0:
            values = averaged(self.points, width * 2)
            known = [value for value in values if value is not None]
            low, high = min(known), max(known)
            for n, text in enumerate(braille(values, width, rows, low, high)):
                scale = f"{high:.3f}" if n == 0 else f"{low:.3f}" if n == rows - 1 else ""
                lines.append(Content.assemble((scale.rjust(LEFT - 2) + "  ", "$quiet"), (text, "$accent")))
        return Content("\n").join(lines)


def averaged(points: Sequence[tuple[float, float]], columns: int) -> list[float | None]:
    """Mean of the finite values in each of so many equal parts of the x axis; None where there are none."""
    first, last = points[0][0], points[-1][0]
    sums, counts = [0.0] * columns, [0] * columns
    for x, y in points:
        if math.isfinite(y):
            column = min(int((x - first) / max(last - first, 1e-9) * columns), columns - 1)
            sums[column] += y
            counts[column] += 1
    if not any(counts):
        return [0.0] + [None] * (columns - 1)
    return [total / count if count else None for total, count in zip(sums, counts, strict=True)]


def braille(values: Sequence[float | None], width: int, rows: int, low: float, high: float) -> list[str]:
    """The values as rows of braille, the highest on top; gaps take the value before.

    Args:
        values: Two for each cell of the width.
        width: In cells.
        rows: In cells.
        low: At the bottom.
        high: At the top.
    """
    cells = [[0] * width for _ in range(rows)]
    levels, before = rows * 4 - 1, None
    for column, value in enumerate(values):
        before = value if value is not None else before
        if before is None:
            continue
        level = levels - round((before - low) / max(high - low, 1e-12) * levels)
        cells[level // 4][column // 2] |= _DOTS[level % 4][column % 2]
    return ["".join(chr(0x2800 + cell) for cell in row) for row in cells]
