"""Slash commands: what there is, and which one a line of text means. The screens do them."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Sequence
from typing import Any


@dataclasses.dataclass(frozen=True)
class Command:
    """One slash command.

    Args:
        name: Without the slash.
        usage: What may follow it, or "".
        help: What it does, in a few words.
        plain: Whether the line mode has it too.
    """

    name: str
    usage: str
    help: str
    plain: bool = True


COMMANDS = (
    Command("help", "", "show the keys and commands"),
    Command("new", "", "start a new session; this one stays in the history"),
    Command("heads", "[on|off NAME]", "list the heads, or switch one on or off"),
    Command("dial", "[NAME=F | off]", "weigh objectives of the reply; alone: show the sliders"),
    Command("why", "", "show the replies that the last one was chosen from"),
    Command("clear", "", "clear the screen; the session stays", plain=False),
    Command("theme", "", "change between dark and light", plain=False),
    Command("quit", "", "end chatkit"),
)
UNFAMILIAR = (
    "The last messages are unlike what this assistant was trained on: its answers and percentages are worth less here."
)
UNFAMILIAR_BELOW = 0.5  # as chatkit.confidence.familiarity, which the first frame does not import
_COMMAND = re.compile(r"/([a-z]+)(?:\s+(.*))?", re.DOTALL)


def parse(text: str) -> tuple[str, str] | None:
    """Name and arguments of a command; None where the text is no command, such as a path ("/etc/hosts")."""
    match = _COMMAND.fullmatch(text.strip())
    return (match[1], (match[2] or "").strip()) if match else None


def unknown(name: str) -> str:
    """The line for a command that does not exist."""
    near = difflib.get_close_matches(name, [command.name for command in COMMANDS], n=1)
    if near:
        return f"There is no command /{name}; did you mean /{near[0]}? /help lists them."
    return f"There is no command /{name}; /help lists them."


def reloaded(event: dict[str, Any]) -> str:
    """The line for a head whose file was saved (the event ``reloaded``)."""
    head, message, place = (str(event.get(key) or "") for key in ("head", "message", "place"))
    if event.get("ok"):
        return f"{head} was saved and is loaded anew" + (f": {message}" if message else "")
    at = f" at {place}" if place else ""
    return f"{head} was saved but cannot be loaded; the one before goes on: {message}{at}"


def heads_table(heads: Sequence[dict[str, Any]]) -> list[tuple[str, str, str]]:
    """Name, state and reason of each head, as the engine listed them."""
    return [
        (
            str(head.get("name", "?")),
            str(head.get("state", "")),
            str(head.get("why") or head.get("origin") or ""),
        )
        for head in heads
    ]


def heads_change(arguments: str, heads: Sequence[dict[str, Any]]) -> tuple[bool, str] | str:
    """What ``/heads on|off NAME`` asks for: whether to switch on, and the name; or what is wrong with it."""
    action, _, name = arguments.partition(" ")
    name = name.strip()
    if action not in ("on", "off") or not name:
        return "Write /heads, /heads on NAME or /heads off NAME."
    names = [head.get("name") for head in heads]
    if name not in names:
        return f"There is no head {name}; there are: {', '.join(map(str, names)) or 'none yet'}."
    return action == "on", name
