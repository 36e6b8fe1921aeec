"""``chatkit [chat]``: the app, or the line mode where there is no full-screen terminal."""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

import click

from chatkit import paths, sealed
from chatkit.cli.options import index_option, model_option
from chatkit.errors import HeadError


@click.command("chat")
@model_option
@index_option
@click.option("--continue", "resume", is_flag=True, help="Go on with the last session.")
@click.option("--session", type=int, metavar="ID", help="Go on with this session.")
@click.option("--head", "heads", multiple=True, metavar="HEAD", help="Add a head, by file or name; repeatable.")
@click.option("--safe", is_flag=True, help="Load first-party heads only.")
@click.option("--incognito", is_flag=True, help="Write nothing of this chat.")
@click.option("--plain", is_flag=True, help="Line mode, for screen readers and pipes.")
def command(
    model: str | None,
    index: str | None,
    resume: bool,
    session: int | None,
    heads: tuple[str, ...],
    safe: bool,
    incognito: bool,
    plain: bool,
) -> int:
    """Open the chat."""
    from chatkit.tui import plain as line_mode

    for head in heads:  # said before the screen is taken
        if head.endswith(".py") and not paths.user_path(head).is_file():
            raise HeadError(f"{head}: no such file", head=head, hint="give the path of a head's .py file")
    sealed.unlock(paths.history_file())  # likewise asked for now
    plain = plain or line_mode.wanted()
    _ask_about_new_heads(heads, safe=safe, terminal=sys.stdin.isatty())
    if incognito and (resume or session is not None):
        raise click.UsageError("--incognito begins a chat: leave out --continue and --session")
    given: dict[str, Any] = {
        "model": model,
        "heads": list(heads),
        "safe": safe,
        "session": session,
        "resume": resume,
        "index": index,
    }
    given["incognito"] = incognito
    front = importlib.import_module("chatkit.tui.plain" if plain else "chatkit.tui.app")
    return int(front.run(**given))


def _ask_about_new_heads(heads: tuple[str, ...], *, safe: bool, terminal: bool) -> None:
    """A drop-in file that was never seen is code that would run with the user's rights: ask once."""
    if safe or not terminal:
        return
    from chatkit.registry import Registry

    def confirm(path: os.PathLike[str]) -> bool:
        return click.confirm(f"{path} is a head that was never loaded here. Run its code?", err=True)

    Registry(heads, confirm=confirm).ask_about_new()
