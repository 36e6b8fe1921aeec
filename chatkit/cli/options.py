"""Options that several commands share."""

from __future__ import annotations

import json
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


def print_json(data: Any) -> None:
    """One JSON object on stdout."""
    click.echo(json.dumps(data, ensure_ascii=False, allow_nan=False))
