"""Options that several commands share."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


def model_option(function: F) -> F:
    """``--model DIR``."""
    return click.option("--model", metavar="DIR", help="Model folder; the shipped assistant by default.")(function)


def json_option(function: F) -> F:
    """``--json``."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")(function)


def index_option(function: F) -> F:
    """``--index FILE``."""
    return click.option("--index", metavar="FILE", help="Index database; your own by default.")(function)


def dial_option(function: F) -> F:
    """``--dial NAME=F``, repeatable; a dict of numbers."""
    text = "Weigh an objective, such as warmth=1 or relevance=-0.5; repeatable."
    option = click.option("--dial", multiple=True, metavar="NAME=F", callback=_dial, help=text)
    return option(function)


def _dial(ctx: click.Context, param: click.Parameter, pairs: tuple[str, ...]) -> dict[str, float]:
    out = {}
    for pair in pairs:
        name, equals, number = pair.partition("=")
        try:
            out[name.strip()] = float(number)
        except ValueError:
            raise click.BadParameter(f"{pair}: not of the form NAME=NUMBER") from None
        if not equals or not name.strip():
            raise click.BadParameter(f"{pair}: not of the form NAME=NUMBER")
    return out


def print_json(data: Any) -> None:
    """One JSON object on stdout, whatever stdout can encode."""
    readable = (getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "") == "utf8"
    text = json.dumps(data, ensure_ascii=not readable, allow_nan=False)
    # A lone surrogate (bytes of the command line that are no text) is the one thing that UTF-8 cannot hold.
    click.echo(text.encode("utf-8", "backslashreplace").decode("utf-8"))
