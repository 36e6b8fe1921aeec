"""``chatkit ask``: one message, answered on stdout."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import click

from chatkit.cli.options import dial_option, index_option, json_option, model_option, print_json
from chatkit.errors import ChatkitError
from chatkit.paths import user_path

_MOST_LEARNED = 32  # texts


@click.command("ask")
@click.argument("text", required=False)
@model_option
@index_option
@click.option("--head", "heads", multiple=True, metavar="HEAD", help="Only this head, by name or file; repeatable.")
@json_option
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of the reply; drawn by default.")
@click.option("--max-tokens", type=click.IntRange(1, 100_000), help="Most pieces of the reply.")
@click.option("--temperature", type=click.FloatRange(0), help="0 takes the most probable piece each time.")
@click.option("--coverage", type=click.FloatRange(0, 1, min_open=True, max_open=True), help="Of sets of labels: 0.9.")
@dial_option
@click.option("--learn", metavar="PATH", help="Let the reply learn from this text first; nothing of it is kept.")
@click.option("--replay", metavar="FILE", help="Make the replies of an exported chat again, and compare them.")
def command(
    text: str | None,
    model: str | None,
    index: str | None,
    heads: tuple[str, ...],
    as_json: bool,
    seed: int | None,
    max_tokens: int | None,
    temperature: float | None,
    coverage: float | None,
    dial: dict[str, float],
    learn: str | None,
    replay: str | None,
) -> int:
    """Answer TEXT, or what stands on stdin, with all heads."""
    if replay is not None:
        return _replay(Path(replay), model, index, heads, as_json=as_json)
    text = _message(text)
    if temperature is not None and not math.isfinite(temperature):
        raise click.BadParameter("must be a number", param_hint="--temperature")
    import torch

    from chatkit.head.answer import Answer
    from chatkit.registry import Registry
    from chatkit.runtime.api import Chat
    from chatkit.runtime.showing import worth_showing

    torch.set_num_threads(1)  # one-token steps: a second thread costs more than it brings

    files = [head for head in heads if head.endswith(".py") or "/" in head]
    registry = Registry(files)
    names = [registry.load(head).name if head in files else head for head in heads]
    chat = Chat(model, heads=heads, index=index)
    options: dict[str, Any] = {
        "max_tokens": max_tokens,
        "temperature": temperature,
        "coverage": coverage,
        "dial": dial or None,
    }
    given = {key: value for key, value in options.items() if value is not None}
    history = [] if learn is None else _to_learn(user_path(learn))
    if history:
        given["learn"] = {"how": "both", "turns": len(history) + 1}
    reply = chat.ask(text, heads=names or None, seed=seed, history=history, **given)
    if as_json:
        print_json(reply.as_json())
    else:
        for item in reply.answers:
            blocks = worth_showing(item.answer.blocks, text, by_name=bool(names))
            if blocks:
                click.echo(f"{item.head}: {Answer(*blocks).plain}")
    if reply.learned:
        use = "in use" if reply.learned["in_force"] else "not in use"
        print(f"chatkit: learned from {learn}, {use}: {reply.learned['why']}", file=sys.stderr)
    for choice in reply.choices.values():
        for objective, why in choice.get("missing", {}).items():
            print(f"chatkit: {objective} was not weighed: {why}", file=sys.stderr)
    for failure in reply.failures:
        place = f" at {failure['place']}" if failure["place"] else ""
        print(f"chatkit: {failure['message']}{place}", file=sys.stderr)
    for state in chat.heads:
        if state.state in ("broken", "stale", "unconfirmed", "duplicate", "incompatible"):
            print(f"chatkit: head {state.name} is {state.state}: {state.why}", file=sys.stderr)
        elif state.why.startswith("untrained") and state.name in {item.head for item in reply.answers}:
            print(f"chatkit: head {state.name} is {state.why}", file=sys.stderr)
    return 1 if reply.failures and not reply.answers else 0


def _to_learn(path: Path) -> list[dict[str, str]]:
    """Texts of a file or folder as messages that the user has said before."""
    from chatkit.generalisation.bodies import read_body

    texts = [text for text in read_body(path, most=10**6, parts=("train", "dev", "test")).texts if text.strip()]
    if len(texts) > _MOST_LEARNED:
        print(f"chatkit: the first {_MOST_LEARNED} of {len(texts):,} texts are learned from", file=sys.stderr)
    return [{"speaker": "user", "text": text} for text in texts[:_MOST_LEARNED]]


def _replay(file: Path, model: str | None, index: str | None, heads: tuple[str, ...], *, as_json: bool) -> int:
    """Make each reply of an exported chat again; 1 if one differs."""
    from chatkit.runtime.exchange import read_session
    from chatkit.runtime.replay import replies

    said = replies(read_session(file))
    import torch

    from chatkit.runtime.api import Chat

    torch.set_num_threads(1)
    chat = Chat(model, heads=heads, index=index)
    rows = []
    for item in said:
        if item.lineage != chat.assistant.lineage:
            raise ChatkitError(
                f"{file}: was said by another assistant ({item.lineage[:8]}, this one is {chat.assistant.lineage[:8]})",
                hint="name the one that said it with --model DIR",
            )
        reply = chat.ask(item.text, history=item.history, heads=[item.head], seed=item.seed, **item.options)
        rows.append({"text": item.text, "said": item.reply, "again": reply.reply, "same": item.equals(reply.reply)})
        if not as_json:
            click.echo(f"{'same   ' if rows[-1]['same'] else 'differs'}  {reply.reply}")
    if as_json:
        print_json({"replies": rows})
    return 0 if all(row["same"] for row in rows) else 1


def _message(text: str | None) -> str:
    if text is None and sys.stdin is not None and not sys.stdin.isatty():
        text = sys.stdin.buffer.read().decode("utf-8", errors="replace").removesuffix("\n")
    if not text or not text.strip():
        raise ChatkitError("no text to answer", hint="chatkit ask TEXT, or pipe it in")
    return text
