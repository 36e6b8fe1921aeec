"""``chatkit sessions``: the history of all chats, from the shell."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chatkit.cli.options import json_option, print_json
from chatkit.errors import StorageError
from chatkit.runtime import clock

if TYPE_CHECKING:
    from chatkit.runtime.store import Store


@click.group("sessions")
def command() -> None:
    """List, search, export, encrypt and delete chats."""


@command.command("list")
@json_option
def list_sessions(as_json: bool) -> int:
    """List all chats, the latest first."""
    records = _store().sessions(limit=1_000_000)
    if as_json:
        keys = ("id", "name", "title", "created", "changed", "messages")
        print_json({"sessions": [{key: getattr(record, key) for key in keys} for record in records]})
        return 0
    for record in records:
        click.echo(f"{record.id:5}  {_day(record.changed)}  {record.messages:5} messages  {_one_line(record.title)}")
    if not records:
        click.echo("no chats yet; begin one with: chatkit")
    return 0


@command.command("show")
@click.argument("session", metavar="ID", type=int)
def show(session: int) -> int:
    """Print a chat as Markdown."""
    from chatkit.runtime.exchange import export_markdown

    _print(export_markdown(_store(), session))
    return 0


@command.command("search")
@click.argument("words", metavar="WORDS...", nargs=-1, required=True)
@click.option("--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="At most so many.")
@json_option
def search(words: tuple[str, ...], limit: int, as_json: bool) -> int:
    """Find the messages of all chats that hold every word, in any script, the latest first."""
    found = _store().search(" ".join(words), limit)
    if as_json:
        keys = ("session", "session_name", "message", "speaker", "snippet", "created")
        print_json({"messages": [{key: getattr(item, key) for key in keys} for item in found]})
        return 0
    for item in found:
        who = "you" if item.speaker == "user" else "chatkit"
        click.echo(f"{item.session:5}  {_day(item.created)}  {who:7}  {_one_line(item.snippet)}")
    if not found:
        print("chatkit: no message holds all of these words", file=sys.stderr)
    return 0


@command.command("rename")
@click.argument("session", metavar="ID", type=int)
@click.argument("name")
def rename(session: int, name: str) -> int:
    """Give a chat a name; an empty one takes it away."""
    _store().rename_session(session, " ".join(name.split()))
    return 0


@command.command("export")
@click.argument("session", metavar="ID", type=int)
@click.option("--format", "kind", type=click.Choice(["md", "json"]), default="md", show_default=True)
@click.option("--out", metavar="FILE", type=click.Path(path_type=Path), help="Write it here instead of printing it.")
def export(session: int, kind: str, out: Path | None) -> int:
    """Write a chat as Markdown, or as JSON with seeds and fingerprints, that import and ask --replay read."""
    from chatkit.runtime.exchange import export_json, export_markdown

    store = _store()
    if kind == "md":
        text = export_markdown(store, session)
    else:
        text = json.dumps(export_json(store, session), indent=1, ensure_ascii=True, allow_nan=False)
    if out is None:
        _print(text)
        return 0
    from chatkit.checkpoint import write_aside

    write_aside(out, (text.rstrip("\n") + "\n").encode("utf-8", "surrogatepass"))
    print(f"wrote {out}", file=sys.stderr)
    return 0


@command.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def import_file(file: Path, as_json: bool) -> int:
    """Add a chat that was exported as JSON."""
    from chatkit.runtime.exchange import import_session, read_session

    data = read_session(file)
    session = import_session(_store(), data)
    if as_json:
        print_json({"session": session, "messages": len(data["messages"])})
    else:
        click.echo(f"session {session}, {len(data['messages'])} messages; go on with: chatkit --session {session}")
    return 0


@command.command("delete")
@click.argument("sessions", metavar="ID...", type=int, nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(sessions: tuple[int, ...], yes: bool) -> int:
    """Delete chats with all their words: they are gone from the file too. Models trained on them are named."""
    from chatkit.training.on_history import models_trained_on

    store = _store()
    records = [store.session(session) for session in dict.fromkeys(sessions)]  # all are there, or none is deleted
    if not yes and sys.stdin.isatty():
        for record in records:
            click.echo(f"{record.id:5}  {record.messages:5} messages  {_one_line(record.title)}", err=True)
        click.confirm("Delete for good?", abort=True, err=True)
    for record in records:
        store.delete_session(record.id)
    for model in models_trained_on([record.id for record in records]):
        click.echo(f"{model} was trained on what you deleted: it may still repeat it, so train it anew", err=True)
    return 0


@command.command("encrypt")
def encrypt() -> int:
    """Encrypt the history of all chats under a passphrase, or under another one; asks for it on the terminal.

    Without the passphrase nobody can read the history again, you included. Where there is no terminal, it is the first
    line of the file that CHATKIT_PASSPHRASE_FILE names, or CHATKIT_PASSPHRASE.
    """
    from chatkit import paths, sealed
    from chatkit.cli.passphrase import new_passphrase
    from chatkit.runtime.sealing import seal

    path = paths.history_file()
    sealed.cipher(path)
    changed = sealed.is_encrypted(path)
    sealed.unlock(path)
    seal(path, new_passphrase(path, changed=changed))
    click.echo(f"{path} is encrypted" + (" under the new passphrase" if changed else ""))
    print("chatkit: exports, indexed documents, trained models and backups are not", file=sys.stderr)
    return 0


@command.command("decrypt")
def decrypt() -> int:
    """Write the history of all chats without encryption again; asks for its passphrase."""
    from chatkit import paths, sealed
    from chatkit.runtime.sealing import seal

    path = paths.history_file()
    if not sealed.is_encrypted(path):
        raise StorageError(f"{path} is not encrypted")
    seal(path, "")
    click.echo(f"{path} is not encrypted any more")
    return 0


def _store() -> Store:
    from chatkit.runtime.store import Store

    return Store()


def _day(seconds: float) -> str:
    return clock.shown(seconds)


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _print(text: Any) -> None:
    click.echo(str(text).encode("utf-8", "backslashreplace").decode("utf-8"))
