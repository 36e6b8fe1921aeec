"""A report as one HTML file that loads nothing: text, tables and charts in it."""

from __future__ import annotations

import html
import itertools
from collections.abc import Mapping, Sequence
from importlib import resources

from chatkit.training.report import words
from chatkit.training.report.gather import RunData
from chatkit.training.report.svg import line_chart, scatter_chart
from chatkit.training.report.text import compare_text, comparisons, data_lines, headline, in_one_number, standing
from chatkit.training.sweep.found import Row, Study


def run_page(run: RunData, found: Study | None = None, *, here: str | None = None) -> str:
    """The page of a run, and where ``found`` is given, its place in that sweep."""
    series = run.series
    cosine = {f"{pair} between": points for pair, points in series.get("cosine", {}).items()}
    floor = {f"{name} with itself": points for name, points in series.get("self", {}).items()}
    body = [
        _section("Trained on", _list(data_lines(run))),
        _section("On dev at the end", _list(words.final(run.dev))),
        _section(
            "Loss over training",
            _p("Nats per target; lower is better. Losses of different heads cannot be compared with each other.")
            + line_chart(series["loss"], label="loss of each head over the steps"),
        ),
        _section(
            "Weights",
            _p(f"How much each objective counts on the shared encoder ({run.weighting}).")
            + line_chart(series.get("weight", {}), label="weight of each objective over the steps"),
        ),
        _section(
            "Do the objectives pull against each other?",
            _list(words.conflict(run.objectives))
            + _p(
                "Cosine between gradients: -1 opposed, 0 unrelated, 1 agreed. Beside it that of two batches of one "
                "objective: where this is near 0, batches are mostly noise and no conflict could be seen."
            )
            + line_chart({**cosine, **floor}, label="cosines between gradients over the steps"),
        ),
        *(_section(title, f"<pre>{html.escape(chr(10).join(lines))}</pre>") for title, lines in standing(run)),
        _section("How noisy are the gradients?", _list(words.noise(run.objectives))),
    ]
    return _page(run.name, headline(run), [*body, *(_sweep_sections(found, here) if found else [])])


def sweep_page(found: Study, *, here: str | None = None, failures: Mapping[str, str] | None = None) -> str:
    """The page of a sweep; ``here`` is the candidate whose place is asked for."""
    subtitle = words.sweep_title(found)
    failed = _section("Failed", _list([f"{name}: {line}" for name, line in (failures or {}).items()]))
    return _page("Sweep", subtitle, [*_sweep_sections(found, here), failed])


def _sweep_sections(found: Study, here: str | None) -> list[str]:
    at = (found.row(here) if here else None) or found.rows[0]
    heads, front = list(found.objectives), [row.name for row in found.rows if row.on_front]
    charts = "".join(
        scatter_chart(
            {row.name: (row.losses[a].mean, row.losses[b].mean) for row in found.rows},
            x_name=f"dev loss of {a}",
            y_name=f"dev loss of {b}",
            front=front,
            here=at.name,
        )
        for a, b in itertools.pairwise(heads)
    )
    rate = words.exchange(found, at.name)
    gave = [words.gave_up(head, it) for head, it in found.gave_up.get(at.name, {}).items()]
    gave = gave or [words.unknown_alone(found)]
    return [
        _section("How far it is", _list(words.coverage(found))),
        _section("In short", _list(words.in_short(found, at))),
        _section("What this is about", _p(words.WHAT_A_FRONT_IS)),
        _section("The front", _p(f"Lower left is better; {at.name} is ringed.") + charts),
        _section(f"What each objective gave up in {at.name}", _list(gave)),
        _section("What the next step along the front costs", _list([*([rate] if rate else []), *words.rates(found)])),
        _section("Can it be kept?", _list(words.constrained(found))),
        _section("All of them", _table(found)),
        _section("Is there anything to choose?", _list(words.ranges(found))),
        _section("Does a method beat weights by hand?", _list(comparisons(found))),
        _section("In one number", _list(in_one_number(found))),
        _section("Trained on", _list([f"{name}: {', '.join(map(str, sets))}" for name, sets in found.data.items()])),
    ]


def compare_page(a: RunData, b: RunData) -> str:
    """The page of two runs side by side."""
    charts = []
    for head in dict.fromkeys([*a.heads, *b.heads]):
        both = {f"A {a.name}": a.series["loss"].get(head, []), f"B {b.name}": b.series["loss"].get(head, [])}
        charts.append(f"<h3>{html.escape(head)}</h3>" + line_chart(both, label=f"loss of {head} in both runs"))
    text = f"<pre>{html.escape(compare_text(a, b))}</pre>"
    return _page(f"{a.name} and {b.name}", "Two runs", [_section("Training loss", "".join(charts)), text])


def _table(found: Study) -> str:
    heads = found.objectives
    titles = [
        "",
        *(t for h in heads for t in (f"{h}: dev loss", _metric_title(found, h))),
        "against alone",
        "a step costs",
    ]
    rows = [f"<tr>{''.join(f'<th>{html.escape(title)}</th>' for title in titles)}</tr>"]
    rows += [
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in _cells(found, row))}</tr>" for row in found.rows
    ]
    note = f"* on the front. Metrics on {found.split}, ± standard deviation over seeds; against alone: + is worse; "
    note += "a step costs: CPU time, and memory for gradients that are kept apart."
    return f'<div class="wide"><table>{"".join(rows)}</table></div>{_p(note)}'


def _metric_title(found: Study, head: str) -> str:
    name, better = found.metrics[head]
    return f"{head}: {words.metric_name(name)} ({better} is better)"


def _cells(found: Study, row: Row) -> list[str]:
    cells = [f"{'* ' if row.on_front else ''}{row.name}"]
    for head in found.objectives:
        cells += [words.spread(row.losses[head], "loss"), words.spread(row.metrics[head], found.metrics[head][0])]
    return [*cells, f"{row.delta_m.mean:+.1f} %" if row.delta_m else "", words.cost(row)]


def _section(title: str, content: str) -> str:
    return f"<section><h2>{html.escape(title)}</h2>{content}</section>" if content else ""


def _p(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def _list(lines: Sequence[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.escape(line.strip())}</li>' for line in lines)}</ul>" if lines else ""


def _page(title: str, subtitle: str, body: Sequence[str]) -> str:
    style = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    head = (
        f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{html.escape(title)}</title>'
    )
    top = f"<h1>{html.escape(title)}</h1><p>{html.escape(subtitle)}</p>"
    body_tag = f"<body>{top}{''.join(body)}</body>"
    return f'<!doctype html>\n<html lang="en"><head>{head}<style>{style}</style></head>{body_tag}</html>\n'
