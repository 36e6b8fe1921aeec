"""A report for the terminal."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.training.report import words
from chatkit.training.report.gather import RunData
from chatkit.training.report.plots import curves, scatter
from chatkit.training.report.tradeoff_words import Section, dial, stands
from chatkit.training.sweep.found import REFERENCE, Row, Study

_WIDTH = 100


def run_text(run: RunData, *, ascii_only: bool = False) -> str:
    """A run: what it was trained on, losses, weights, conflict."""
    lines = [headline(run), ""]
    lines += _titled("Trained on", data_lines(run))
    lines += _titled("On dev at the end", _wrapped(words.final(run.dev)))
    series = run.series
    lines += _titled(
        "Loss over training (nats per target, lower is better)", curves(series["loss"], ascii_only=ascii_only)
    )
    lines += _titled(
        f"Weight of each objective on the shared encoder ({run.weighting})",
        curves(series.get("weight", {}), shared_scale=True, ascii_only=ascii_only),
    )
    cosine = {f"{pair} between": points for pair, points in series.get("cosine", {}).items()}
    floor = {f"{name} with itself": points for name, points in series.get("self", {}).items()}
    lines += _titled(
        "Cosine between gradients (-1 opposed, 0 unrelated, 1 agreed), and of two batches of one objective",
        curves({**cosine, **floor}, shared_scale=True, ascii_only=ascii_only),
    )
    lines += _titled("Do the objectives pull against each other?", _wrapped(words.conflict(run.objectives)))
    for title, said in standing(run):
        lines += _titled(title, _wrapped(said))
    lines += _titled("How noisy are the gradients?", _wrapped(words.noise(run.objectives)))
    return "\n".join(lines).rstrip() + "\n"


def sweep_text(found: Study, *, here: str | None = None, failures: Mapping[str, str] | None = None) -> str:
    """A sweep: the front, what each objective gave up, which methods beat the plain sum.

    Args:
        found: What was found.
        here: The candidate whose place is asked for; the best of all by default.
        failures: Runs that failed.
    """
    at = (found.row(here) if here else None) or found.rows[0]
    lines = [words.sweep_title(found), ""]
    lines += _titled("How far it is", _wrapped(words.coverage(found)))
    lines += _titled("In short", _wrapped(words.in_short(found, at)))
    lines += _titled("Trained on", [f"  {name}: {', '.join(map(str, sets))}" for name, sets in found.data.items()])
    lines += _titled("What this is about", _wrapped([words.WHAT_A_FRONT_IS]))
    lines += _titled(f"All of them, best first (dev loss; metrics on {found.split})", _rows(found))
    for a, b in itertools.pairwise(found.objectives) if len(found.rows) > 1 else ():
        points = {row.name: (row.losses[a].mean, row.losses[b].mean) for row in found.rows}
        front = [row.name for row in found.rows if row.on_front]
        lines += _titled(
            f"The front: {a} against {b} (capitals are on it)",
            scatter(points, x=f"dev loss of {a}", y=f"dev loss of {b}", front=front),
        )
    lines += _titled(f"What each objective gave up in {at.name}", _wrapped(_gave_up(found, at)))
    rate = words.exchange(found, at.name)
    lines += _titled(
        "What the next step along the front costs", _wrapped([*([rate] if rate else []), *words.rates(found)])
    )
    lines += _titled("Can it be kept?", _wrapped(words.constrained(found)))
    lines += _titled("Is there anything to choose?", _wrapped(words.ranges(found)))
    lines += _titled("Does a method beat weights by hand?", _wrapped(comparisons(found)))
    lines += _titled("In one number", _wrapped(in_one_number(found)))
    lines += _titled("Failed", _wrapped([f"{name}: {line}" for name, line in (failures or {}).items()]))
    return "\n".join(lines).rstrip() + "\n"


def compare_text(a: RunData, b: RunData, *, ascii_only: bool = False) -> str:
    """Two runs side by side; one may still be going on."""
    lines = [f"A  {headline(a)}", f"B  {headline(b)}", ""]
    differing = _differing(a.recipe, b.recipe)
    lines += _titled(
        "Configs differ in", [f"  {key}: {_short(x)} | {_short(y)}" for key, x, y in differing] or ["  nothing"]
    )
    body = []
    for head in dict.fromkeys([*a.heads, *b.heads]):
        rows = {"A": a.series["loss"].get(head, []), "B": b.series["loss"].get(head, [])}
        reached = min((points[-1][0] for points in rows.values() if points), default=0)
        # the same step in both: a run that is still going on is not held against one that is done
        same = {name: [point for point in points if point[0] <= reached] for name, points in rows.items()}
        body += [f"  {head}, up to step {reached:.0f}", *curves(same, shared_scale=True, ascii_only=ascii_only)]
        ends = [_last(points) for points in same.values()]
        if all(end is not None for end in ends):
            body.append(f"    mean of the last tenth: A {ends[0]:.3f}, B {ends[1]:.3f}, B - A {ends[1] - ends[0]:+.3f}")  # type: ignore[operator]
    lines += _titled("Training loss (nats per target)", body)
    lines += _titled("On dev at the end", _wrapped(words.finals(a.dev, b.dev)))
    for name, run in (("A", a), ("B", b)):
        lines += _titled(f"Conflict in {name}", _wrapped(words.conflict(run.objectives)))
    note = "Training losses of one run each: a difference may be chance. chatkit sweep with seeds tells."
    return "\n".join([*lines, note]) + "\n"


def comparisons(found: Study) -> list[str]:
    """Each method against the plain sum and its front, in words."""
    lines = [f"{words.comparison(each)}; {words.place(each)}" for each in found.comparisons]
    if lines:
        lines.append(
            "per cent of the metrics, mean over objectives, negative is better; p-values raised by Holm's method"
        )
    return lines


def in_one_number(found: Study) -> list[str]:
    """Hypervolume and knee, in words."""
    lines = [f"volume under the front ({key}): {value:.4f}" for key, value in found.hypervolume.items()]
    if lines:
        best = REFERENCE ** len(found.objectives)
        lines.append(
            f"more is better; {best:.2f} if every objective were as good as alone (0 on the scale; 1 is its loss where "
            f"another has all the weight; bound {REFERENCE})"
        )
    if found.knee:
        lines.append(f"the knee, beyond which little is had for much: {found.knee}")
    return lines


def _gave_up(found: Study, at: Row) -> list[str]:
    lines = [words.gave_up(head, it) for head, it in found.gave_up.get(at.name, {}).items()]
    return lines or [words.unknown_alone(found)]


def _rows(found: Study) -> list[str]:
    width = max(len(row.name) for row in found.rows)
    heads = [*found.objectives]
    header = f"    {'':{width}}  " + "  ".join(f"{head:>26}" for head in heads) + "   change   a step costs"
    lines = [header]
    for row in found.rows:
        cells = []
        for head in heads:
            metric = found.metrics[head][0]
            value = f"{words.spread(row.metrics[head], metric)} {words.metric_name(metric)}"
            cells.append(f"{row.losses[head].mean:.3f}  {value}")
        change = f"{row.delta_m.mean:+.1f} %" if row.delta_m else ""
        star = "*" if row.on_front else " "
        lines.append(
            f"  {star} {row.name:{width}}  "
            + "  ".join(f"{cell:>26}" for cell in cells)
            + f"   {change:6}   {words.cost(row)}"
        )
    seeds = sorted({len(row.seeds) for row in found.rows})
    over = f"± over {'/'.join(map(str, seeds))} seeds" if seeds != [1] else "one seed each"
    lines.append(f"  * on the front; {over}; change: against training alone, + is worse")
    lines.append("    a step costs: CPU time, and memory for gradients that are kept apart")
    return lines


def headline(run: RunData) -> str:
    """How far a run is."""
    done, steps = run.steps
    state = "done" if run.done else "still going on or cut off"
    seed = run.recipe.get("seed", run.training.get("seed", "?"))
    return f"{run.name}: step {done:,} of {steps:,} ({state}), {run.seconds / 60:.1f} min of training, seed {seed}"


def data_lines(run: RunData) -> list[str]:
    """Data sets and records of each head."""
    sets = run.training.get("data") or {
        name: [str(each.get("path", each) if isinstance(each, Mapping) else each) for each in head.get("data", [])]
        for name, head in run.recipe.get("heads", {}).items()
    }
    records = run.training.get("records", {})
    return [
        f"  {name}: {', '.join(map(str, names))}" + (f" ({records[name]:,} records)" if name in records else "")
        for name, names in sets.items()
    ]


def standing(run: RunData) -> list[Section]:
    """Where it stands on a sweep's front and on that of its dial, as far as that was measured."""
    report = {"tradeoff": run.tradeoff, "dial": run.dial}
    return [*stands(report), *dial(report)]


def _differing(a: Mapping[str, Any], b: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any, Any]]:
    out: list[tuple[str, Any, Any]] = []
    for key in sorted({*a, *b}):
        x, y = a.get(key, "-"), b.get(key, "-")
        if isinstance(x, Mapping) and isinstance(y, Mapping):
            out += _differing(x, y, f"{prefix}{key}.")
        elif x != y:
            out.append((f"{prefix}{key}", x, y))
    return out


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _last(points: Sequence[tuple[float, float]]) -> float | None:
    tail = points[-max(len(points) // 10, 1) :]
    return sum(value for _, value in tail) / len(tail) if tail else None


def _titled(title: str, body: Sequence[str]) -> list[str]:
    return [title, *body, ""] if body else []


def _wrapped(sentences: Sequence[str]) -> list[str]:
    return [
        line
        for each in sentences
        for line in textwrap.wrap(each, _WIDTH, initial_indent="  ", subsequent_indent="    ")
    ]
