"""What the prompt offers while something is typed: commands, heads, languages, files, and prompts of the past."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from chatkit.paths import user_path
from chatkit.tui.commands import COMMANDS, Command, languages
from chatkit.tui.text import one_line

MOST = 200  # offered at once
MOST_ENTRIES = 2000  # looked at in a folder


@dataclasses.dataclass(frozen=True)
class Choice:
    """One thing that is offered.

    Args:
        text: What the whole prompt becomes when it is taken.
        label: How it is shown.
        hint: A few words beside it.
        complete: Whether the text can be sent as it is; else something has to follow.
    """

    text: str
    label: str
    hint: str = ""
    complete: bool = False


def choices(text: str, heads: Sequence[dict[str, Any]]) -> list[Choice]:
    """What fits the text, best first; nothing for text that is no command.

    Args:
        text: What stands in the prompt.
        heads: The heads, as the engine listed them.
    """
    if "\n" in text or not text or text[0] not in "/@":
        return []
    start, space, arguments = text.partition(" ")
    if text[0] == "@":
        return [] if space else _heads(text, "@", heads)
    if not space:
        return _commands(start[1:])
    command = next((known for known in COMMANDS if known.name == start[1:]), None)
    offered = _arguments(command, arguments.lstrip(), heads) if command else []
    return [] if [choice.text for choice in offered] == [text] else offered


def past(words: str, prompts: Sequence[str]) -> list[Choice]:
    """Prompts of the past that hold all the words, latest first, each once.

    Args:
        words: What is looked for, in any case; "" finds all.
        prompts: Prompts, oldest first.
    """
    wanted = words.casefold().split()
    found: dict[str, None] = {}
    for prompt in reversed(prompts):
        if len(found) == MOST:
            break
        if prompt not in found and all(word in prompt.casefold() for word in wanted):
            found[prompt] = None
    return [Choice(prompt, one_line(prompt), complete=True) for prompt in found]


def _commands(name: str) -> list[Choice]:
    starts = [c for c in COMMANDS if c.name.startswith(name)]
    holds = [c for c in COMMANDS if name in c.name and c not in starts]
    return [_offer(command) for command in starts + holds]


def _offer(command: Command) -> Choice:
    start = f"/{command.name}" + (" " if command.usage else "")
    return Choice(start, command.line, command.help, not command.needs_more)


def _arguments(command: Command, arguments: str, heads: Sequence[dict[str, Any]]) -> list[Choice]:
    start = f"/{command.name} "
    if command.name == "heads":
        switch, space, _ = arguments.partition(" ")
        if space and switch in ("on", "off"):
            return _heads(start + arguments, f"{start}{switch} ", heads)
        return [Choice(f"{start}{s} ", s, f"switch a head {s}") for s in ("on", "off") if s.startswith(arguments)]
    if command.name == "live":
        return [Choice(f"{start}{s}", s, complete=True) for s in ("on", "off") if s.startswith(arguments)]
    if command.name == "translate" and " " not in arguments:
        known = languages(heads)
        return [Choice(f"{start}{code} ", code, "language") for code in known if code.startswith(arguments)]
    if "PATH" in command.usage or "CONFIG" in command.usage or "DIR" in command.usage:
        found = [Choice(start + path, path, hint, done) for path, hint, done in paths(arguments)]
        if "CONFIG" not in command.usage and arguments and os.path.exists(user_path(arguments)):
            this = Choice(start + arguments, arguments, "this one", complete=True)  # Enter takes it as it is
            found = [this, *(choice for choice in found if choice.text != this.text)]
        return found
    return []


def _heads(text: str, start: str, heads: Sequence[dict[str, Any]]) -> list[Choice]:
    """Names of heads that go on as the text does after ``start``."""
    begun, ask = text[len(start) :], start == "@"
    found = [(str(head.get("name")), str(head.get("state", ""))) for head in heads]
    return [
        Choice(f"{start}{name}" + (" " if ask else ""), start.lstrip("/") + name if ask else name, state, not ask)
        for name, state in found
        if name.startswith(begun) and state not in ("broken", "duplicate")
    ]


def paths(begun: str) -> list[tuple[str, str, bool]]:
    """Files and folders whose path begins so: path, what it is, and whether it is a file; folders first."""
    folder, name = os.path.split(begun)
    place = user_path(folder) if folder else Path()
    entries: list[tuple[str, str, bool]] = []
    for entry in _entries(place):
        if not entry.name.startswith(name) or (entry.name.startswith(".") and not name.startswith(".")):
            continue
        try:
            is_folder = entry.is_dir()
        except OSError:
            continue
        path = os.path.join(folder, entry.name)
        entries.append((path + os.sep, "folder", False) if is_folder else (path, "", True))
    return sorted(entries, key=lambda found: (found[2], found[0]))[:MOST]


def _entries(folder: Path) -> Iterable[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as found:
            return [entry for entry, _ in zip(found, range(MOST_ENTRIES), strict=False)]
    except OSError:
        return []
