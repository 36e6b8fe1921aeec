"""``chatkit augment``: more training text out of what is there."""

from __future__ import annotations

import json
from typing import Any

import click

from chatkit.cli.options import model_option
from chatkit.errors import DataError
from chatkit.paths import user_path

_SHOWN = 5


@click.command("augment")
@click.argument("path")
@click.option("--out", required=True, metavar="PATH", help="JSONL file to write.")
@click.option(
    "--method",
    "methods",
    multiple=True,
    type=click.Choice(["delete", "swap", "typo", "case", "synonym"]),
    help="Repeatable; all but synonym by default. Synonyms are neighbours in the model's own embedding.",
)
@click.option("--rate", type=click.FloatRange(0, 1), default=0.1, show_default=True, help="Share of words touched.")
@click.option("--copies", type=click.IntRange(1, 100), default=1, show_default=True, help="Varied copies of each row.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--translate", metavar="LANG", help="Instead: pairs of each text and its translation (self-training).")
@click.option("--back-translate", metavar="LANG", help="Instead: PATH is in LANG; pairs of a source and each text.")
@click.option("--most", type=click.IntRange(1), default=2000, show_default=True, help="Most texts that are translated.")
@model_option
def command(
    path: str,
    out: str,
    methods: tuple[str, ...],
    rate: float,
    copies: int,
    seed: int,
    translate: str | None,
    back_translate: str | None,
    most: int,
    model: str | None,
) -> int:
    """Write the rows of PATH (a JSONL, CSV, TSV or text file, or a folder's train part), and varied copies of them.

    Subword regularisation, which varies the segmentation and no text, is a key of the config: [heads.NAME.augment].
    """
    if translate or back_translate:
        if (translate and back_translate) or methods:
            raise click.UsageError("--translate, --back-translate and --method exclude each other")
        return _translated(
            path, out, translate or back_translate or "", model, back=back_translate is not None, most=most
        )
    import numpy as np

    from chatkit.checkpoint import write_aside
    from chatkit.generalisation.bodies import read_body
    from chatkit.text import augment

    body = read_body(user_path(path), most=10**9, parts=("train", "dev", "test"))
    neighbours = _neighbours(model) if "synonym" in methods else {}
    rng = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    shown = 0
    for message in body.messages:
        label = {"label": message.label} if message.label else {}
        rows.append({"text": message.text, **label})
        for _ in range(copies):
            text = message.text
            for name in methods or tuple(augment.METHODS):
                if name == "synonym":
                    text = augment.replace_words(text, rate, rng, neighbours)
                else:
                    text = augment.METHODS[name](text, rate, rng)
            if text == message.text or not text.strip():
                continue
            rows.append({"text": text, **label})
            if shown < _SHOWN:
                click.echo(f"- {message.text[:100]}\n+ {text[:100]}")
                shown += 1
    if len(rows) == len(body.messages):
        raise DataError("no text was changed", hint="raise --rate, or name other methods")
    write_aside(user_path(out), "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode("utf-8"))
    click.echo(f"{len(body.messages):,} rows and {len(rows) - len(body.messages):,} varied copies in {out}")
    return 0


def _translated(path: str, out: str, language: str, model: str | None, *, back: bool, most: int) -> int:
    from chatkit.checkpoint import write_aside
    from chatkit.generalisation.bodies import read_body
    from chatkit.generalisation.translated import SOURCE_LANGUAGE, pairs, translation_head
    from chatkit.runtime.loading import load

    assistant = load(model, safe=True).assistant
    translation_head(assistant, SOURCE_LANGUAGE if back else language)  # said before anything is read
    body = read_body(user_path(path), most=most, parts=("train", "dev", "test"))
    rows = pairs(assistant, body.texts, language, back=back)
    for row in rows[:_SHOWN]:
        click.echo(f"src {row['src'][:100]}\ntgt {row['tgt'][:100]}")
    write_aside(user_path(out), "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows).encode("utf-8"))
    click.echo(f"{len(rows):,} pairs of {len(body.messages):,} texts in {out}; the others looked like failures")
    return 0


def _neighbours(model: str | None) -> dict[str, list[str]]:
    from chatkit.generalisation.synonyms import neighbours_of
    from chatkit.runtime.loading import load

    return neighbours_of(load(model).assistant)
