"""The line below a turn: what can be done with it, and which version of it is shown."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.message import Message
from textual.style import Style
from textual.widgets import Static

from chatkit.tui.bindings import named

ACTIONS = (("edit", "e", "edit"), ("retry", "r", "another reply"), ("copy", "c", "copy"), ("code", "y", "copy code"))


class TurnBar(Static):
    """Actions and versions of a turn; each part can be clicked."""

    class Asked(Message):
        """The user asks for an action on the turn above.

        Args:
            bar: The line below the turn.
            action: "edit", "retry", "copy", "code"; "reply" or "prompt" for another version.
            message: The message to show, for another version.
        """

        def __init__(self, bar: TurnBar, action: str, message: int = 0) -> None:
            super().__init__()
            self.bar = bar
            self.action = action
            self.message = message

    def __init__(self) -> None:
        super().__init__(classes="bar")
        self._versions: dict[str, tuple[int, Sequence[int]]] = {}

    def show(self, prompt: int, prompts: Sequence[int], reply: int, replies: Sequence[int], *, code: bool) -> None:
        """Show what there is of a turn.

        Args:
            prompt: Number of its prompt.
            prompts: All versions of the prompt.
            reply: Number of its reply.
            replies: All versions of the reply.
            code: Whether the reply holds a code block.
        """
        self._versions = {"prompt": (prompt, prompts), "reply": (reply, replies)}
        several = [self._version(kind, here, others) for kind, (here, others) in self._versions.items()]
        known = [part for part in several if part is not None]
        self.set_class(bool(known), "several")
        parts = known + [
            Content.assemble(
                (named(self.app, f"turn.{action}", key), _link(f"ask('{action}')", "$accent")),
                (f" {what}", _link(f"ask('{action}')")),
            )
            for action, key, what in ACTIONS
            if action != "code" or code
        ]
        self.update(Content.styled("  ·  ", "$faint").join(parts))

    def other(self, kind: str, step: int) -> int:
        """Number of the version before or after; 0 where there is none."""
        here, versions = self._versions.get(kind, (0, ()))
        at = list(versions).index(here) + step if here in versions else -1
        return versions[at] if 0 <= at < len(versions) else 0

    def action_ask(self, action: str) -> None:
        """Ask for an action."""
        self.post_message(self.Asked(self, action))

    def action_version(self, kind: str, step: int) -> None:
        """Ask for the version before or after."""
        if other := self.other(kind, step):
            self.post_message(self.Asked(self, kind, other))

    def _version(self, kind: str, here: int, versions: Sequence[int]) -> Content | None:
        if len(versions) < 2 or here not in versions:
            return None
        at = list(versions).index(here)
        return Content.assemble(
            (f"{kind} ", "$quiet"),
            ("‹ ", _link(f"version('{kind}', -1)", "$accent" if at else "$faint")),
            (f"{at + 1} of {len(versions)}", "$foreground"),
            (" ›", _link(f"version('{kind}', 1)", "$accent" if at + 1 < len(versions) else "$faint")),
        )


def _link(action: str, colour: str = "$quiet") -> Style:
    return Style.parse(f"{colour} not underline") + Style.from_meta({"@click": action})
