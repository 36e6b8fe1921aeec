"""Charts as inline SVG: no script, no font, nothing to load. Colours come from the page's style sheet."""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

from chatkit.training.report.gather import Points, smoothed

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 150, 12, 28
COLOURS = 8
"""Classes ``c0`` to ``c7`` that the style sheet gives colours."""


def line_chart(series: Mapping[str, Points], *, label: str) -> str:
    """Lines over steps, each named at its end.

    Args:
        series: Name -> points; empty ones are left out.
        label: What a reader who cannot see it is told.
    """
    drawn = {name: smoothed(points, 120) for name, points in series.items() if points}
    if not drawn:
        return ""
    steps = [step for points in drawn.values() for step, _ in points]
    values = [value for points in drawn.values() for _, value in points]
    x, y = _scale(steps, _LEFT, WIDTH - _RIGHT), _scale(values, HEIGHT - _BOTTOM, _TOP)
    parts = _axes(steps, values, "step")
    ends = _apart([y(points[-1][1]) for points in drawn.values()])
    for i, ((name, points), end) in enumerate(zip(drawn.items(), ends, strict=True)):
        path = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in points)
        parts.append(f'<polyline class="line c{i % COLOURS}" points="{path}"/>')
        if len(points) == 1:
            parts.append(
                f'<circle class="dot c{i % COLOURS}" cx="{x(points[0][0]):.1f}" cy="{y(points[0][1]):.1f}" r="3"/>'
            )
        parts.append(
            f'<text class="t{i % COLOURS}" x="{WIDTH - _RIGHT + 8}" y="{end + 4:.1f}">{html.escape(name)} '
            f"{points[-1][1]:.3g}</text>"
        )
    return _picture(parts, label)


def scatter_chart(
    points: Mapping[str, tuple[float, float]], *, x_name: str, y_name: str, front: Sequence[str], here: str | None
) -> str:
    """Points with names; those of the front joined by a line, one of them ringed.

    Args:
        points: Name -> (x, y), low is good.
        x_name: Horizontal axis.
        y_name: Vertical axis.
        front: Names on the front.
        here: The name to ring.
    """
    xs, ys = [p[0] for p in points.values()], [p[1] for p in points.values()]
    x, y = _scale(xs, _LEFT, WIDTH - _RIGHT), _scale(ys, HEIGHT - _BOTTOM, _TOP)
    parts = _axes(xs, ys, x_name)
    parts.append(f'<text class="axis" x="{_LEFT + 6}" y="{_TOP + 10}">{html.escape(y_name)}</text>')
    path = " ".join(f"{x(points[n][0]):.1f},{y(points[n][1]):.1f}" for n in sorted(front, key=lambda n: points[n][0]))
    parts.append(f'<polyline class="line c0" points="{path}"/>')
    for name, (a, b) in points.items():
        kind = "dot c0" if name in front else "dot off"
        parts.append(
            f'<circle class="{kind}" cx="{x(a):.1f}" cy="{y(b):.1f}" r="4">'
            f"<title>{html.escape(name)}: {a:.3f}, {b:.3f}</title></circle>"
        )
    if here is not None and here in points:
        a, b = points[here]
        parts.append(f'<circle class="ring" cx="{x(a):.1f}" cy="{y(b):.1f}" r="9"/>')
        parts.append(f'<text x="{x(a) + 12:.1f}" y="{y(b) + 4:.1f}">{html.escape(here)}</text>')
    return _picture(parts, f"{y_name} against {x_name}; on the front: {', '.join(front)}")


def _axes(xs: Sequence[float], ys: Sequence[float], x_name: str) -> list[str]:
    bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
    return [
        f'<path class="frame" d="M{_LEFT},{_TOP}V{bottom}H{right}"/>',
        f'<text class="axis end" x="{_LEFT - 6}" y="{bottom}">{min(ys):.4g}</text>',
        f'<text class="axis end" x="{_LEFT - 6}" y="{_TOP + 10}">{max(ys):.4g}</text>',
        f'<text class="axis" x="{_LEFT}" y="{HEIGHT - 10}">{min(xs):.4g}</text>',
        f'<text class="axis end" x="{right}" y="{HEIGHT - 10}">{max(xs):.4g}</text>',
        f'<text class="axis middle" x="{(_LEFT + right) / 2}" y="{HEIGHT - 10}">{html.escape(x_name)}</text>',
    ]


class _Scale:
    def __init__(self, low: float, high: float, start: float, end: float) -> None:
        self._low, self._span, self._start, self._length = low, high - low, start, end - start

    def __call__(self, value: float) -> float:
        share = (value - self._low) / self._span if self._span > 0 else 0.5
        return self._start + self._length * share


def _scale(values: Sequence[float], start: float, end: float) -> _Scale:
    finite = [value for value in values if math.isfinite(value)]
    return _Scale(min(finite), max(finite), start, end)


def _apart(heights: Sequence[float], gap: float = 14) -> list[float]:
    """Heights of labels, moved down where they would cover each other."""
    out, last = [0.0] * len(heights), -math.inf
    for i in sorted(range(len(heights)), key=lambda i: heights[i]):
        last = max(heights[i], last + gap)
        out[i] = last
    return out


def _picture(parts: Sequence[str], label: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(label, quote=True)}">'
        + "".join(parts)
        + "</svg>"
    )
