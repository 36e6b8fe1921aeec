"""``chatkit adapt``: let an assistant read a new domain's text; what that gains there, and what it costs elsewhere."""

from __future__ import annotations

import click

from chatkit.cli.options import json_option, model_option, print_json
from chatkit.paths import user_path


@click.command("adapt")
@model_option
@click.option("--on", metavar="PATH", help="Text of the new domain, without labels: a file or folder.")
@click.option("--session", type=int, metavar="ID", help="Instead of it, what you said in a chat session.")
@click.option("--out", required=True, metavar="DIR", help="Folder of the adapted assistant.")
@click.option(
    "--keep", multiple=True, metavar="PATH", help="Text of the old domain; by default what the model remembers."
)
@click.option("--minutes", type=click.FloatRange(0, min_open=True), default=5.0, show_default=True)
@click.option(
    "--bound", type=click.FloatRange(0), default=0.02, show_default=True, help="Rise of the old loss allowed."
)
@json_option
def command(
    model: str | None,
    on: str | None,
    session: int | None,
    out: str,
    keep: tuple[str, ...],
    minutes: float,
    bound: float,
    as_json: bool,
) -> int:
    """Go on training the language model on unlabelled text, the old domain's loss watched and bounded."""
    if (on is None) == (session is None):
        raise click.UsageError("say what to read: --on PATH, or --session ID")
    import torch

    from chatkit.generalisation.adapt import AdaptConfig
    from chatkit.generalisation.adapt_model import adapt_model
    from chatkit.nn.parallel import threads
    from chatkit.runtime.shift_bodies import history_body
    from chatkit.training.on_history import remember
    from chatkit.training.progress import Progress

    torch.set_num_threads(threads())
    progress = Progress()
    config = AdaptConfig(minutes=minutes, bound=bound)
    kept = [user_path(path) for path in keep]
    text = user_path(on) if on is not None else history_body(session)
    target = user_path(out)
    found = adapt_model(model, text, target, config, keep=kept, say=progress.note)
    remember(target, [session] if session is not None else [])  # so that deleting it can name the model
    if as_json:
        print_json(found)
        return 0
    for side, name in (("target", "new domain"), ("old", "old domain")):
        row = found["language_model"][side]
        click.echo(f"{name}: {row['before']:.3f} -> {row['after']:.3f} bits per byte ({row['change']:+.1%})")
    for name, metrics in found["heads"].items():
        for metric, change in metrics.items():
            click.echo(f"{name} {metric}: {change['text']}")
    if found["untested"]:
        click.echo(f"not measured, no dev data at hand: {', '.join(found['untested'])}")
    click.echo(
        f"adapted assistant in {found['out']} (lineage {found['lineage'][:8]}); indexes and heads made for the old"
    )
    click.echo(f"one are stale there. Talk to it with: chatkit --model {found['out']}")
    return 0
