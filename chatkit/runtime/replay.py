"""Make a reply of an exported session again, and say whether it is the same.

The reply of a chat depends on the turns before it, the seed, the weights and what was weighed; all of them stand in
the export. The arithmetic is the same on the same kind of processor.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from chatkit.errors import DataError
from chatkit.runtime import context
from chatkit.runtime.exchange import branch


@dataclasses.dataclass(frozen=True)
class Said:
    """A reply as it was given.

    Args:
        text: The prompt.
        history: Turns before it.
        head: The head that replied.
        reply: What it said.
        seed: Its seed.
        lineage: Fingerprint of the model.
        options: What was set for it, such as ``dial``.
        whole: False if it was stopped, so that only its beginning can be compared.
    """

    text: str
    history: Sequence[Mapping[str, str]]
    head: str
    reply: str
    seed: int
    lineage: str
    options: Mapping[str, Any]
    whole: bool

    def equals(self, again: str) -> bool:
        """Whether a reply is the one that was given."""
        return again == self.reply if self.whole else again.startswith(self.reply)


def replies(data: Mapping[str, Any]) -> list[Said]:
    """The replies on the shown branch of an exported session, oldest first.

    Args:
        data: What ``exchange.read_session`` gave.
    Raises:
        DataError: If there is none that can be made again.
    """
    out, shown = [], branch(data)
    for at in range(1, len(shown)):
        prompt, reply = shown[at - 1], shown[at]
        head = next((a["head"] for a in reply["answers"] if a["text"] and a["state"] != "failed"), "")
        asked = prompt["speaker"] == "user" and reply["speaker"] == "assistant"
        if asked and head and reply["text"] and reply["seed"] is not None:
            before = [] if prompt["facts"].get("aside") else _history(shown[: at - 1], reply["facts"].get("seen"))
            options = {**_options(reply["facts"], head), "now": prompt["created"]}
            whole = reply["state"] == "done"
            said = (head, reply["text"], reply["seed"], reply["lineage"], options, whole)
            out.append(Said(prompt["text"], before, *said))
    if not out:
        raise DataError("the session holds no reply with a seed: nothing to replay")
    return out


def _history(messages: Sequence[Mapping[str, Any]], seen: object) -> list[dict[str, str]]:
    if not isinstance(seen, int):
        seen = context.seen(context.size_of(m["text"]) for m in messages)
    return context.turns(messages[max(len(messages) - seen, 0) :])


def _options(facts: Mapping[str, Any], head: str) -> dict[str, Any]:
    """What was set for a reply, and what it was chosen by, whatever the head would choose by today."""
    options = dict(facts.get("options") or {})
    choice = (facts.get("choices") or {}).get(head)
    if choice:
        weighed = {name: each["weight"] for name, each in choice.get("objectives", {}).items()}
        options["dial"] = {**weighed, **(options.get("dial") or {})}
    elif not options.get("dial"):
        options["candidates"] = 1
    return options
