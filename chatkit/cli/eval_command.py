"""``chatkit eval``: metrics of each head."""

from __future__ import annotations

from typing import Any, Literal

import click

from chatkit.cli.options import json_option, model_option, print_json


@click.command("eval")
@model_option
@click.option("--head", metavar="HEAD", help="Only this head.")
@click.option("--data", metavar="PATH", help="Data file or folder; needs --head. By default the run's own data.")
@click.option("--split", type=click.Choice(["dev", "test"]), default="dev", show_default=True)
@json_option
def command(model: str | None, head: str | None, data: str | None, split: Literal["dev", "test"], as_json: bool) -> int:
    """Measure the heads of an assistant on the dev (or test) part of data."""
    if data and not head:
        raise click.UsageError("--data needs --head")
    from chatkit.data.records import Problems
    from chatkit.runtime.evaluation import evaluate_model

    problems = Problems()
    figures = evaluate_model(model, head=head, data=data, split=split, problems=problems)
    if problems.count:
        click.echo(f"chatkit: {problems}", err=True)
    if as_json:
        print_json(figures)
        return 0
    for name, rows in figures["heads"].items():
        for row in rows if isinstance(rows, list) else [rows]:
            click.echo(f"{name}  {row['data']}  {row['split']}  {row['examples']:,} examples")
            click.echo(_table({k: v for k, v in row.items() if k not in ("data", "split", "examples")}))
    return 0


def _table(metrics: dict[str, Any]) -> str:
    """Metrics, those of the fusion beside BM25 and the vectors alone."""
    plain = {k: v for k, v in metrics.items() if not k.startswith(("bm25_", "dense_"))}
    lines = []
    for name, value in plain.items():
        line = f"  {name:16} {value:10.4f}"
        for prefix in ("bm25_", "dense_"):
            if prefix + name in metrics:
                line += f"   {prefix.rstrip('_')} alone {metrics[prefix + name]:.4f}"
        lines.append(line)
    return "\n".join(lines)
