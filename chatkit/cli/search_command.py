"""``chatkit search``: ranked passages of the indexed documents."""

from __future__ import annotations

import click

from chatkit.cli.options import index_option, json_option, model_option, print_json


@click.command("search")
@click.argument("query")
@click.option("--top-k", type=click.IntRange(1, 1000), default=5, show_default=True, help="Passages to print.")
@index_option
@model_option
@json_option
def command(query: str, top_k: int, index: str | None, model: str | None, as_json: bool) -> int:
    """Rank passages of the indexed documents for QUERY."""
    if not query.strip():
        raise click.UsageError("the query is empty")
    import dataclasses

    from chatkit.runtime.library import Library
    from chatkit.runtime.loading import load

    library = Library(load(model).assistant, index)
    hits = library.search(library.query_vector(query), query, top_k)
    if note := library.note():
        click.echo(f"chatkit: {note}", err=True)
    if as_json:
        print_json({"query": query, "items": [dataclasses.asdict(hit) for hit in hits]})
        return 0
    for number, hit in enumerate(hits, 1):
        click.echo(f"{number}. {hit.score:.3f}  {hit.source}  {hit.heading}")
        click.echo("   " + " ".join(hit.text.split())[:300])
    if not hits:
        click.echo("no passage found")
    return 0
