"""What an assistant's objectives gave up for each other, said from its ``report.json``. Plain Python: the app shows it.

K = objectives
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Section = tuple[str, list[str]]

GAVE_UP = "What each objective gave up against being trained alone"
UNKNOWN = (
    "Not known: this assistant was never held against models that were trained for one thing alone.",
    "chatkit sweep CONFIG --out SWEEP trains its heads alone and in many weightings;",
    "chatkit train CONFIG --set objectives.sweep=SWEEP --out DIR then trains one that knows: /model DIR loads it.",
)
NO_CONFLICT = "Nothing was measured: it was trained with one head, or with objectives.conflict_every = 0."
HERE = "this assistant"


def sections(report: Mapping[str, Any]) -> list[Section]:
    """Titles and lines: what was given up, where it stands, what the next step costs, conflict, the dial.

    Args:
        report: ``report.json`` of an assistant; whatever it lacks is said to be unknown, and how to get it.
    """
    conflict = ("Do the objectives pull against each other?", _conflict(report.get("objectives") or {}))
    out = stands(report) or [(GAVE_UP, list(UNKNOWN))]
    return [*out, conflict, *dial(report)]


def stands(report: Mapping[str, Any]) -> list[Section]:
    """What each objective gave up and where the assistant stands; nothing where it was held against no sweep."""
    found = report.get("tradeoff") or {}
    if not found:
        return []
    return [
        (GAVE_UP, _gave_up(found)),
        ("Where this assistant stands", [found["standing"]["said"], *table(found)]),
        ("What a step from here would change", list(found["exchange"])),
    ]


def dial(report: Mapping[str, Any]) -> list[Section]:
    """Whether there is a dial between trained objectives, and how surely it is followed."""
    found = report.get("dial") or {}
    lines = [str(found["why"])] if found.get("why") else []
    if found.get("offered"):
        order = ", ".join(f"{name} {value:+.2f}" for name, value in found.get("order", {}).items())
        lines.append(f"how surely it is followed (Spearman, 1 is perfect): {order}; /dial moves it")
    return [("The dial between trained objectives", lines)] if lines else []


def table(found: Mapping[str, Any]) -> list[str]:
    """The front as rows, this assistant in its place among them; by the first objective, best first."""
    heads, shown = found["objectives"], found["shown"]
    rows = [(str(point["name"]), point) for point in found["front"]] + [(HERE, found["here"])]
    rows.sort(key=lambda row: float(row[1]["losses"][heads[0]]))
    titles = [f"{head} {_metric(shown[head][0])}" for head in heads]
    width = max(len(name) for name, _ in rows) + 2
    lines = ["".ljust(width) + "  ".join(title.rjust(len(title)) for title in titles)]
    for name, point in rows:
        cells = [_figure(point["metrics"][head]).rjust(len(title)) for head, title in zip(heads, titles, strict=True)]
        lines.append(("> " if name == HERE else "  ") + name.ljust(width - 2) + "  ".join(cells))
    ways = ", ".join(f"{head}: {shown[head][1]} is better" for head in heads)
    where = f"{found['runs']} runs of the sweep {found['sweep']}"
    return [*lines, f"metrics on {found['split']} ({ways}); the front is that of {where}"]


def _gave_up(found: Mapping[str, Any]) -> list[str]:
    said = [str(row["said"]) for row in found["gave_up"].values()]
    return said or ["Not known: the sweep trained no objective alone (sweep.single)."]


def _conflict(objectives: Mapping[str, Any]) -> list[str]:
    """Verdicts, each beside the noise floor: how far two batches of one objective agree."""
    pairs, own = objectives.get("pairs") or {}, objectives.get("objectives") or {}
    if not pairs:
        return [NO_CONFLICT]
    lines = [f"{key.replace('/', ' and ')}: {row['verdict']}" for key, row in pairs.items()]
    lines += [
        f"{key.replace('/', ' and ')} on the same texts: cosine {row['shared_cosine']:+.3f}"
        for key, row in pairs.items()
        if row.get("shared_cosine") is not None
    ]
    floor = [f"{name} {row['self_cosine']:+.2f}" for name, row in own.items() if row.get("self_cosine") is not None]
    if floor:
        lines.append(
            f"noise floor, the cosine between two batches of one objective: {', '.join(floor)} "
            "(near 0: batches are mostly noise, and no conflict could be seen)"
        )
    return lines


def _metric(name: str) -> str:
    return {"word_perplexity": "perplexity", "macro_f1": "macro-F1", "dense_mrr@10": "MRR@10"}.get(name, name)


def _figure(value: float) -> str:
    if abs(value) >= 1e5:
        return f"{value:.3g}"
    return f"{value:.1f}" if abs(value) >= 100 else f"{value:.3f}"
