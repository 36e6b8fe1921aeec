"""Slash commands: what there is, and which one a line of text means. ``doing`` and the line mode do them."""

from __future__ import annotations

import dataclasses
import difflib
import re
from collections.abc import Sequence
from typing import Any

_OPTIONAL = re.compile(r"\[[^\]]*\]")


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

    @property
    def needs_more(self) -> bool:
        """Whether it does nothing alone."""
        return bool(_OPTIONAL.sub("", self.usage).strip())

    @property
    def line(self) -> str:
        """The command with what may follow it."""
        return f"/{self.name} {self.usage}".strip()


COMMANDS = (
    Command("help", "", "show the keys and commands"),
    Command("new", "", "start a new session; this one stays in the history"),
    Command("sessions", "[WORDS]", "list or search all chats; go on with one, rename, delete"),
    Command("rename", "NAME", "give this session a name"),
    Command("incognito", "", "start a session of which nothing is written"),
    Command("sentiment", "TEXT", "ask for the mood of a text alone"),
    Command("search", "WORDS", "rank passages of the indexed documents"),
    Command("index", "[PATH | stop]", "read documents of yours, to be ranked; alone: list them"),
    Command("documents", "", "the documents that were read: add, read again, remove, open"),
    Command("translate", "[LANGUAGE] TEXT", "translate a text, such as /translate fr I have a dog"),
    Command("write", "TEXT", "continue a text, outside the conversation"),
    Command("retry", "", "give another reply to the last prompt; the one before is kept"),
    Command("edit", "", "say the last prompt anew; the old one is kept", plain=False),
    Command("copy", "[code N]", "copy the last reply, or one code block of it", plain=False),
    Command("heads", "[on|off NAME]", "list the heads, or switch one on or off"),
    Command("live", "[on|off]", "read along while you type, or not", plain=False),
    Command("dial", "[NAME=F | off]", "weigh objectives of the reply; alone: show the sliders"),
    Command("learn", "[on|cache|weights|off|forget]", "let replies learn from this session, in memory alone; or not"),
    Command("why", "", "show the replies that the last one was chosen from"),
    Command("tradeoff", "", "what this assistant's objectives gave up for each other"),
    Command("shift", "", "how this session differs from the training text"),
    Command(
        "adapt",
        "[session | PATH]",
        "let the assistant read this session or a text; alone: show how it goes",
        plain=False,
    ),
    Command("train", "[CONFIG]", "train an assistant beside the chat; alone: show the last run", plain=False),
    Command("model", "[DIR]", "load another assistant; alone: the shipped one", plain=False),
    Command("clear", "", "clear the screen; the session stays", plain=False),
    Command("theme", "", "change between dark and light", plain=False),
    Command("quit", "", "end chatkit"),
)
UNFAMILIAR = (
    "The last messages are unlike what this assistant was trained on: its answers and percentages are worth less here."
)
SHIFT_NOTHING = "Nothing was said in this session yet."
UNFAMILIAR_BELOW = 0.5  # as chatkit.confidence.familiarity, which the first frame does not import
HEAD_COMMANDS = {"sentiment": "sentiment", "search": "retrieval", "translate": "translation", "write": "generation"}
_UNUSABLE = ("broken", "stale", "duplicate", "incompatible")
_COMMAND = re.compile(r"/([a-z]+)(?:\s+(.*))?", re.DOTALL)
_AT = re.compile(r"@([A-Za-z_]\w*)\s+(.*\S.*)", re.DOTALL)
_LANGUAGE = re.compile(r"(?:to\s+)?([a-z]{2})\s+(.*\S.*)", re.DOTALL)


@dataclasses.dataclass(frozen=True)
class Direct:
    """A request to one head, beside the conversation.

    Args:
        head: Its name.
        text: What it is asked about.
        options: Of the head, such as ``language``.
    """

    head: str
    text: str
    options: dict[str, Any] = dataclasses.field(default_factory=dict)


def parse(text: str) -> tuple[str, str] | None:
    """Name and arguments of a command; None where the text is no command, such as a path ("/etc/hosts")."""
    match = _COMMAND.fullmatch(text.strip())
    return (match[1], (match[2] or "").strip()) if match else None


def direct(text: str, heads: Sequence[dict[str, Any]]) -> Direct | str | None:
    """The request to one head that a line means.

    Args:
        text: The line: ``@name …``, or one of the commands in ``HEAD_COMMANDS``.
        heads: The heads, as the engine listed them.
    Returns:
        The request; what is wrong with it; or None where the line is something else, such as "@ noon we met".
    """
    names = {str(head.get("name")) for head in heads}
    if at := _AT.fullmatch(text.strip()):
        if at[1] in names:
            return Direct(at[1], at[2].strip())
        near = difflib.get_close_matches(at[1], names, n=1)
        return f"There is no head {at[1]}; did you mean @{near[0]}?" if near else None
    command = parse(text)
    if command is None or command[0] not in HEAD_COMMANDS:
        return None
    name, rest = command
    head = HEAD_COMMANDS[name]
    if not rest or (name == "translate" and rest.removeprefix("to ").strip() in languages(heads)):
        usage = next(known.line for known in COMMANDS if known.name == name)
        return f"Say what about: {usage}"
    if heads and head not in names:
        return f"There is no head {head}; there are: {', '.join(sorted(names))}."
    options: dict[str, Any] = {}
    if name == "translate" and (language := _LANGUAGE.fullmatch(rest)) and language[1] in languages(heads):
        options, rest = {"language": language[1]}, language[2].strip()
    elif name == "write":
        options = {"continue": True}
    return Direct(head, rest, options)


def languages(heads: Sequence[dict[str, Any]]) -> list[str]:
    """Languages that are learned: so that "it is raining" is not taken for Italian where there is none."""
    name = HEAD_COMMANDS["translate"]
    return [str(label) for head in heads if head.get("name") == name for label in head.get("labels") or ()]


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


def remark(heads: Sequence[dict[str, Any]], name: str) -> str:
    """What is to be said with each answer of a head: that it knows nothing but its own examples."""
    why = next((str(head.get("why") or "") for head in heads if head.get("name") == name), "")
    return why if why.startswith("untrained") else ""


def unusable(heads: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Of each head that cannot be asked as it should be, what is to be said once: its weights do not fit, say."""
    bad = [head for head in heads if head.get("state") in _UNUSABLE]
    return {str(head.get("name")): f"head {head.get('name')} is {head['state']}: {head.get('why', '')}" for head in bad}


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
