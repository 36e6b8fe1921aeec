"""What the command palette offers: every slash command, every action of the screen that is open, and the app's own."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.screen import Screen

from chatkit.tui.bindings import GROUPS, Group, keys_by_action
from chatkit.tui.commands import COMMANDS, Command
from chatkit.tui.screens.chat import ChatScreen
from chatkit.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from textual.app import App

_LEFT_OUT = frozenset({"command_palette"})  # it is open


def entries(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """The entries of the palette.

    Args:
        app: The app.
        screen: The screen that is open below the palette.
    """
    if isinstance(screen, ChatScreen):
        for command in COMMANDS:
            yield SystemCommand(f"/{command.name}", command.help, functools.partial(_do, screen, command))
    for group in GROUPS:
        if group.owner in (type(screen), type(app)):
            yield from _actions(app, screen, group)
    yield SystemCommand("Screenshot", "save the screen as an SVG picture", app.deliver_screenshot)


def _actions(app: App[Any], screen: Screen[Any], group: Group) -> Iterator[SystemCommand]:
    node = app if group.owner is type(app) else screen
    keys = keys_by_action(app, group)
    actions = {binding.description: binding.action for binding in group.bindings if binding.description}
    for description, action in actions.items():
        if action not in _LEFT_OUT:
            on = ", ".join(keys[description])
            yield SystemCommand(description, f"key: {on}", functools.partial(node.run_action, action))


async def _do(screen: ChatScreen, command: Command) -> None:
    """Do a command; put it into the prompt where something has to follow."""
    if command.needs_more:
        prompt = screen.query_one(Prompt)
        prompt.fill(f"/{command.name} ")
        prompt.focus()
    else:
        await screen.doing.do(command.name, "")
