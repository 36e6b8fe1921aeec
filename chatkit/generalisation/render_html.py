"""A shift report as one HTML page that loads nothing from anywhere; its figures are drawn as inline SVG."""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.generalisation.render_text import text_report

_STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}li{margin:.3rem 0}
table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left}td.n{text-align:right}
pre{background:#f4f4f4;padding:1rem;overflow:auto;font-size:.8rem}text{font:12px system-ui,sans-serif;fill:#222}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#111}pre{background:#1c1c1c}text{fill:#ddd}}
"""
_COLOURS = {"reference": "#4e79a7", "target": "#e15759", "predicted": "#f1a340"}


def html_report(report: Mapping[str, Any]) -> str:
    """The page."""
    title = f"{report['target']['name']} against {report['reference']['name']}"
    said = "".join(f"<li>{html.escape(sentence)}</li>" for sentence in report["verdict"])
    parts = [f"<h1>{html.escape(title)}</h1><ul>{said}</ul>"]
    if report["familiarity"] is not None:
        shares = {side: report["familiarity"][side]["histogram"] for side in ("reference", "target")}
        parts.append(f"<h2>Familiarity of the messages</h2>{_histogram(shares)}")
    for name, head in report["heads"].items():
        rows = _accuracies(head)
        if rows:
            parts.append(f"<h2>Accuracy of {html.escape(name)}</h2>{_bars(rows)}")
    parts.append(f"<h2>All figures</h2><pre>{html.escape(text_report(report))}</pre>")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style></head><body>{''.join(parts)}</body></html>\n"
    )


def _accuracies(head: Mapping[str, Any]) -> list[tuple[str, str, float, float, float]]:
    """Rows of the chart: name, colour, value, low, high."""
    rows = []
    for side, found in head.get("true", {}).items():
        a = found["accuracy"]
        rows.append((side, _COLOURS[side], a["mean"], a["low"], a["high"]))
    for found in head.get("predicted", ()):
        value, error = found["accuracy"], found["error"] or 0.0
        rows.append((f"predicted: {found['method']}", _COLOURS["predicted"], value, value - error, value + error))
    return rows


def _bars(rows: Sequence[tuple[str, str, float, float, float]]) -> str:
    lines = []
    for i, (name, colour, value, low, high) in enumerate(rows):
        y = 10 + 28 * i
        ends = [270 + 300 * min(max(x, 0.0), 1.0) for x in (low, high)]
        lines.append(
            f'<text x="0" y="{y + 13}">{html.escape(name)}</text>'
            f'<rect x="270" y="{y}" width="{300 * value:.1f}" height="18" fill="{colour}"/>'
            f'<line x1="{ends[0]:.1f}" x2="{ends[1]:.1f}" y1="{y + 9}" y2="{y + 9}" stroke="#888" stroke-width="2"/>'
            f'<text x="578" y="{y + 13}">{value:.1%}</text>'
        )
    return f'<svg role="img" width="650" height="{20 + 28 * len(rows)}">{"".join(lines)}</svg>'


def _histogram(shares: Mapping[str, Sequence[float]]) -> str:
    most = max((max(part, default=0.0) for part in shares.values()), default=0.0) or 1.0
    marks = []
    for k, (side, part) in enumerate(shares.items()):
        for i, share in enumerate(part):
            height = 120 * share / most
            x = 20 + i * 56 + k * 24
            marks.append(
                f'<rect x="{x}" y="{130 - height:.1f}" width="22" height="{height:.1f}" fill="{_COLOURS[side]}"/>'
            )
        marks.append(f'<rect x="{20 + 120 * k}" y="165" width="12" height="12" fill="{_COLOURS[side]}"/>')
        marks.append(f'<text x="{38 + 120 * k}" y="176">{side}</text>')
    step = 100 // max(len(next(iter(shares.values()), ())), 1)
    ticks = "".join(
        f'<text x="{20 + i * 56}" y="148">{i * step} %</text>' for i in range(len(next(iter(shares.values()))))
    )
    return f'<svg role="img" width="600" height="190">{"".join(marks)}{ticks}</svg>'
