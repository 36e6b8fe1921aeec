"""``chatkit shift``: how what an assistant is used on differs from what it was trained on, and what that costs."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chatkit.cli.options import json_option, model_option, print_json
from chatkit.errors import DataError, StorageError
from chatkit.paths import user_path

if TYPE_CHECKING:
    from chatkit.assistant import Assistant
    from chatkit.generalisation.bodies import Body

LABELS = "shift-labels.jsonl"


@click.command("shift")
@model_option
@click.option("--reference", metavar="PATH", help="What it was trained on; by default what the model remembers.")
@click.option("--target", metavar="PATH", help="What it is used on: a file or folder.")
@click.option("--session", type=int, metavar="ID", help="What you said in this session, in place of --target.")
@click.option("--history", is_flag=True, help="What you said in all sessions, in place of --target.")
@click.option("--head", metavar="HEAD", help="Only this head, by name or file.")
@click.option("--labelled", multiple=True, metavar="PATH", help="Another labelled set to predict from; repeatable.")
@click.option("--label", type=click.IntRange(1, 1000), metavar="N", help="Pick the N messages to label, and ask.")
@json_option
@click.option("--html", metavar="FILE", help="Also write the report as one HTML page.")
def command(
    model: str | None,
    reference: str | None,
    target: str | None,
    session: int | None,
    history: bool,
    head: str | None,
    labelled: tuple[str, ...],
    label: int | None,
    as_json: bool,
    html: str | None,
) -> int:
    """Compare two bodies of text, and say what the difference costs each head."""
    if sum((target is not None, session is not None, history)) != 1:
        raise click.UsageError("name one of --target PATH, --session ID and --history")
    from chatkit.checkpoint import write_aside
    from chatkit.generalisation.bodies import read_body
    from chatkit.generalisation.render_html import html_report
    from chatkit.generalisation.render_text import text_report
    from chatkit.generalisation.report import shift_report
    from chatkit.runtime.loading import load
    from chatkit.runtime.shift_bodies import history_body, reference_body

    theirs = read_body(user_path(target)) if target is not None else history_body(session)
    more = [read_body(user_path(path)) for path in labelled]
    loaded = load(model, [head] if head else [])
    assistant = loaded.assistant
    ours = read_body(user_path(reference)) if reference else reference_body(model, assistant)
    name = _name(assistant, head)
    report = shift_report(assistant, ours, theirs, heads=name, labelled=more, label=label or 0)
    if label and not as_json and sys.stdin.isatty():
        _ask(report, theirs, assistant)
    if html:
        write_aside(user_path(html), html_report(report).encode("utf-8"))
    if as_json:
        print_json(report)
    else:
        click.echo(text_report(report))
        if html:
            click.echo(f"\nwritten to {html}")
    return 0


def _name(assistant: Assistant, head: str | None) -> list[str] | None:
    if head is None:
        return None
    if head.endswith(".py"):
        from chatkit.registry import Registry

        return [Registry([head]).load(head).name]
    if head not in assistant.heads:
        raise DataError(f"no head {head}", hint=f"loaded: {', '.join(sorted(assistant.heads))}")
    return [head]


def _ask(report: dict[str, Any], target: Body, assistant: Assistant) -> None:
    """Ask for the labels of the picked messages, keep them in a file, and say what they tell."""
    from chatkit.generalisation.report import label_estimate

    for name, found in report["heads"].items():
        texts, labels = found.get("to_label", []), found.get("labels", [])
        given, known = list[str](), _kept()
        for number, text in enumerate(texts, 1):
            click.echo(f"\n{number} of {len(texts)}: {' '.join(text.split())}", err=True)
            if known.get(text) in labels:
                given.append(known[text])
                click.echo(f"{name}: {known[text]}, as {LABELS} has it", err=True)
                continue
            chosen = _label(f"{name} ({'/'.join(labels)}; empty to stop)", labels)
            if chosen is None:
                break
            given.append(chosen)
        if not given:
            continue
        _keep([{"text": text, "label": label} for text, label in zip(texts, given, strict=False)])
        estimate = label_estimate(report, name, target, assistant, given)
        report["verdict"].append(
            f"By your {len(given)} labels {name} is right on {estimate}; they are kept in {LABELS}."
        )


def _label(prompt: str, labels: Sequence[str]) -> str | None:
    """The label that the user means, by as many letters as tell it apart; None to stop. Asked until it is one."""
    while True:
        try:
            answer = click.prompt(prompt, default="", show_default=False, err=True).strip().lower()
        except click.Abort:  # what was said so far is kept
            click.echo(err=True)
            return None
        if not answer:
            return None
        meant = [label for label in labels if label.lower() == answer]
        meant = meant or [label for label in labels if label.lower().startswith(answer)]
        if len(meant) == 1:
            return meant[0]
        click.echo(f"{answer} is {' or '.join(meant) or 'none of them'}", err=True)


def _kept() -> dict[str, str]:
    """Text -> label of the file that keeps them."""
    rows = map(_row, _lines())
    return {r["text"]: r["label"] for r in rows if isinstance(r.get("text"), str) and isinstance(r.get("label"), str)}


def _keep(rows: Sequence[Mapping[str, str]]) -> None:
    """Add labels to the file that keeps them; a text that was labelled before has the new one."""
    from chatkit.checkpoint import write_aside

    texts = {row["text"] for row in rows}
    kept = [line for line in _lines() if line.strip() and _row(line).get("text") not in texts]
    lines = [*kept, *(json.dumps(row, ensure_ascii=False) for row in rows)]
    write_aside(Path(LABELS), ("\n".join(lines) + "\n").encode("utf-8", "surrogateescape"))


def _lines() -> list[str]:
    """Lines of the file that keeps labels; what is no UTF-8 in it comes out as it went in."""
    try:
        return Path(LABELS).read_text(encoding="utf-8", errors="surrogateescape").split("\n")
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageError(f"{LABELS}: cannot be read: {error.strerror}", hint="move it, or label elsewhere") from None


def _row(line: str) -> dict[str, Any]:
    """A line of the file; {} where it is no such line."""
    with contextlib.suppress(ValueError):
        row = json.loads(line)
        return row if isinstance(row, dict) else {}
    return {}
