"""All keys of the app by group, as they are bound now: for the help, the palette and the key file.

A key can be bound anew where its binding has an ``id``; every binding that the help shows has one.
"""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len
from textual.binding import Binding
from textual.content import Content

if TYPE_CHECKING:
    from textual.app import App
    from textual.dom import DOMNode


@dataclasses.dataclass(frozen=True)
class Group:
    """Keys that belong together.

    Args:
        title: As the help calls them.
        module: Where the class stands; imported only when it is asked for.
        name: The class that they are bound in.
        on_chat: Whether the keys of the chat work beside them.
        types: Whether letters are typed there, so that none can be a key.
    """

    title: str
    module: str
    name: str
    on_chat: bool = True
    types: bool = False

    @property
    def owner(self) -> type[DOMNode]:
        """The class."""
        found: type[DOMNode] = getattr(importlib.import_module(f"chatkit.tui.{self.module}"), self.name)
        return found

    @property
    def bindings(self) -> list[Binding]:
        """Its bindings, one for each key."""
        return list(Binding.make_bindings(self.owner.BINDINGS))


GROUPS = (
    Group("Prompt", "widgets.prompt", "Prompt", types=True),
    Group("Chat", "screens.chat", "ChatScreen", types=True),
    Group("A turn, once you are there", "widgets.turn", "TurnView"),
    Group("Dial", "widgets.slider", "Slider"),
    Group("Passages", "widgets.cards", "RankingCard"),
    Group("How familiar a message is", "widgets.meter", "FamiliarityMeter"),
    Group("A document", "screens.document", "DocumentScreen", on_chat=False),
    Group("All chats", "screens.sessions", "SessionsScreen", on_chat=False, types=True),
    Group("The documents", "screens.documents", "DocumentsScreen", on_chat=False, types=True),
    Group("Training", "screens.training", "TrainingScreen", on_chat=False),
    Group("Adapting", "screens.adapting", "AdaptingScreen", on_chat=False),
    Group("App", "app", "ChatkitApp", types=True),
)
EVERYWHERE, CHAT = ("App",), ("Chat", "App")


def keys_by_action(app: App[Any], group: Group) -> dict[str, list[str]]:
    """What can be done in a group, and with which keys: as they are bound now, the way the terminal names them."""
    found: dict[str, list[str]] = {}
    done: set[str] = set()
    for binding in group.bindings:
        if not binding.description or binding.id in done:
            continue
        keys = app._keymap.get(binding.id or "")
        bound = [binding] if keys is None else [dataclasses.replace(binding, key=key) for key in keys.split(",")]
        found.setdefault(binding.description, []).extend(app.get_key_display(key) for key in bound)
        if keys is not None:
            done.add(binding.id or "")
    return found


def named(app: App[Any], binding: str, usual: str) -> str:
    """The key of a binding, for a hint on the screen.

    Args:
        app: The app.
        binding: Its id.
        usual: What the hint calls the key as long as the user has not bound another one.
    """
    keys = app._keymap.get(binding)
    return usual if keys is None else app.get_key_display(Binding(keys.split(",")[0], ""))


def hints(app: App[Any], keys: Iterable[tuple[str, str, str]], width: int = 0) -> str:
    """The foot of a screen: each key and what it does.

    Args:
        app: The app.
        keys: Id of a binding, what its key is called as long as the user has not bound another one, what it does.
        width: Of the line, in cells; where there is no room for all, the first ones and the last one stay.
    """
    parts = [f"{named(app, binding, usual)} {what}" for binding, usual, what in keys]
    while width and len(parts) > 1 and cell_len(" · ".join(parts)) > width:
        del parts[-2]
    return " · ".join(parts)


def key_line(app: App[Any], keys: Iterable[tuple[str, str, str]]) -> Content:
    """The same with the keys in colour."""
    parts = [
        Content.assemble((named(app, binding, usual), "$accent"), (f" {what}", "$quiet"))
        for binding, usual, what in keys
    ]
    return Content("   ").join(parts)
