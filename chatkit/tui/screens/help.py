"""Help: the keys as they are bound, and the slash commands."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.dom import DOMNode
from textual.screen import ModalScreen
from textual.widgets import Static

from chatkit.tui.commands import COMMANDS

KEY_COLUMN = 26


class HelpScreen(ModalScreen[None]):
    """Help, made from the bindings: it cannot be out of date.

    Args:
        sections: Title of each group of keys, and whose bindings it lists.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f1,q,enter", "dismiss", "Close", show=False)]

    def __init__(self, sections: Iterable[tuple[str, type[DOMNode]]]) -> None:
        super().__init__()
        self._sections = list(sections)

    def compose(self) -> ComposeResult:
        """One list of keys for each section, then the commands."""
        with VerticalScroll(id="help"):
            for title, owner in self._sections:
                yield Static(self._keys(title, owner), classes="section")
            yield Static(self._commands(), classes="section")
            yield Static(Content.styled("Esc closes this", "$quiet"), classes="section")

    def _keys(self, title: str, owner: type[DOMNode]) -> Content:
        keys: dict[str, list[str]] = {}
        for binding in Binding.make_bindings(owner.BINDINGS):
            keys.setdefault(binding.description, []).append(self.app.get_key_display(binding))
        lines = [self._line(", ".join(names), what) for what, names in keys.items()]
        return Content("\n").join([Content.styled(title, "bold $accent"), *lines])

    def _commands(self) -> Content:
        lines = [Content.styled("Commands", "bold $accent")]
        lines += [self._line(f"/{c.name} {c.usage}".strip(), c.help) for c in COMMANDS]
        return Content("\n").join(lines)

    def _line(self, key: str, what: str) -> Content:
        column = KEY_COLUMN if self.app.size.width >= 60 else 0
        return Content.assemble((key.ljust(column), "bold"), " " if column else "  ", what)
