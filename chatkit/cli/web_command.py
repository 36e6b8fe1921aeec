"""``chatkit web``: the app in a browser of this machine."""

from __future__ import annotations

import os
import sys

import click

from chatkit import paths, sealed
from chatkit.cli.options import index_option, model_option


@click.command("web")
@model_option
@index_option
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True, help="Port to listen on.")
@click.option("--safe", is_flag=True, help="Load first-party heads only.")
@click.option("--incognito", is_flag=True, help="Write nothing of these chats.")
def command(model: str | None, index: str | None, host: str, port: int, safe: bool, incognito: bool) -> int:
    """Serve the chat to a browser; each tab is an app of its own on the same history."""
    from chatkit.tui import web

    if not web.is_loopback(host):
        print(f"chatkit: at {host} whoever reaches this machine can read your chats", file=sys.stderr)
    sealed.unlock(paths.history_file())
    os.environ.update(sealed.environment(paths.history_file()))  # of the app of each tab, which takes it out of there
    arguments = [*(("--model", model) if model else ()), *(("--index", index) if index else ())]
    arguments += ["--safe"] * safe + ["--incognito"] * incognito
    web.serve(host, port, arguments)
    return 0
