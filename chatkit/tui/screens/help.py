"""Help: the keys as they are bound, and the slash commands."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from chatkit.tui.bindings import GROUPS, Group, keys_by_action
from chatkit.tui.commands import COMMANDS

KEY_COLUMN = 26
KEYS_FILE = "keys.toml in chatkit's folder gives keys of your own: docs/keys.md."


class HelpScreen(ModalScreen[None]):
    """Help, made from the bindings as they are now: it cannot be out of date."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q,enter", "dismiss", "Close", show=False)]

    def compose(self) -> ComposeResult:
        """One list of keys for each group, then the commands."""
        with VerticalScroll(id="help"):
            for group in GROUPS:
                yield Static(self._keys(group), classes="section")
            yield Static(self._commands(), classes="section")
            yield Static(Content.styled(f"Esc closes this. {KEYS_FILE}", "$quiet"), classes="section")

    def _keys(self, group: Group) -> Content:
        lines = [self._line(", ".join(keys), what) for what, keys in keys_by_action(self.app, group).items()]
        return Content("\n").join([Content.styled(group.title, "bold $accent"), *lines])

    def _commands(self) -> Content:
        lines = [Content.styled("Commands", "bold $accent")]
        lines += [self._line(f"/{c.name} {c.usage}".strip(), c.help) for c in COMMANDS]
        return Content("\n").join(lines)

    def _line(self, key: str, what: str) -> Content:
        column = KEY_COLUMN if self.app.size.width >= 60 else 0
        return Content.assemble((key.ljust(column), "bold"), " " if column else "  ", what)
