"""All chats: the latest first, or the messages that hold some words; go on with one, rename it, delete it."""

from __future__ import annotations

import dataclasses
import time
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from chatkit.runtime import clock
from chatkit.training.on_history import models_trained_on
from chatkit.tui.bindings import hints, named
from chatkit.tui.text import one_line
from chatkit.tui.widgets.listing import Listing

if TYPE_CHECKING:
    from chatkit.runtime.records import Found, SessionRecord
    from chatkit.runtime.store import Store

MOST_SESSIONS, MOST_FOUND = 500, 100
_PAUSE = 0.15  # seconds without a key before the words are searched for
_DAY = 24 * 3600.0


KEYS = (
    ("sessions.rename", "F2", "renames"),
    ("sessions.delete", "ctrl+d", "deletes"),
    ("sessions.new", "ctrl+n", "new"),
    ("sessions.leave", "Esc", "closes"),
)


@dataclasses.dataclass(frozen=True)
class Chosen:
    """What the user wants to see.

    Args:
        session: The session; None for a new one.
        message: A message of it to go to; 0 for its end.
    """

    session: int | None
    message: int = 0


class SessionsScreen(ModalScreen[Chosen | None]):
    """The list of chats.

    Args:
        store: The history.
        current: The session that is open, None for a new one.
        words: Search for these at once.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back to the chat", id="sessions.leave", priority=True),
        Binding("down", "into_list", "To the list", show=False),
        Binding("f2", "rename", "Rename the chat", id="sessions.rename"),
        Binding("ctrl+n", "new", "New session", id="sessions.new"),
        Binding("ctrl+d", "delete", "Delete the chat with all its words (twice)", id="sessions.delete", priority=True),
    ]

    def __init__(self, store: Store, current: int | None, words: str = "") -> None:
        super().__init__()
        self._store, self._current = store, current
        self._renaming = 0  # the session whose name is typed
        self._doomed = 0  # the session that a second ctrl+d deletes
        self._words = words

    def compose(self) -> ComposeResult:
        """The words to search for above, the list below."""
        with Vertical(id="sessions"):
            yield Input(self._words, placeholder="Search all chats", id="words", compact=True)
            yield Listing(id="found", compact=True)
            yield Static(id="hint")

    def on_mount(self) -> None:
        """Show all chats."""
        self._fill()
        self.query_one(Input).focus()

    @property
    def selected(self) -> int:
        """The session that is highlighted; 0 for none."""
        option = self.query_one(OptionList).highlighted_option
        return int((option.id or "0:0").split(":")[0]) if option is not None else 0

    # What the user does

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        if not self._renaming:
            self._words = event.value
            self.set_timer(_PAUSE, lambda words=event.value: self._fill() if words == self._words else None)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if self._renaming:
            self._store.rename_session(self._renaming, " ".join(event.value.split()))
            self._end_renaming()
            return
        self._fill()
        found = self.query_one(OptionList)
        if found.highlighted is not None:
            found.action_select()

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        session, _, message = (event.option.id or "").partition(":")
        self.dismiss(Chosen(int(session), int(message)))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        if self._doomed and self.selected != self._doomed:
            self._doomed = 0
            self._hint()

    def action_into_list(self) -> None:
        """Go from the words to the list."""
        self.query_one(OptionList).focus()
        self.query_one(OptionList).action_cursor_down()

    def action_leave(self) -> None:
        """Leave a renaming, else the screen."""
        if self._renaming:
            self._end_renaming()
        else:
            self.dismiss(None)

    def action_new(self) -> None:
        """Begin a new session."""
        self.dismiss(Chosen(None))

    def action_rename(self) -> None:
        """Type a name for the highlighted chat."""
        if self.selected and not self._renaming:
            self._renaming = self.selected
            entry = self.query_one(Input)
            entry.value, entry.placeholder = self._store.session(self._renaming).name, "Name of this chat"
            entry.focus()
            leave = named(self.app, "sessions.leave", "Esc")
            self._hint(f"Enter gives the chat this name, {leave} leaves it as it is")

    def action_delete(self) -> None:
        """Delete the highlighted chat, when asked twice."""
        session = self.selected
        if not session or self._renaming:
            return
        if session == self._current:
            key = named(self.app, "sessions.new", "ctrl+n")
            self._hint(f"This chat is open: begin a new one first ({key})", trouble=True)
        elif session != self._doomed:
            self._doomed = session
            title = one_line(self._store.session(session).title)
            key = named(self.app, "sessions.delete", "ctrl+d")
            self._hint(f"{key} again deletes “{title}” with all its words for good", trouble=True)
        else:
            self._doomed = 0
            self._store.delete_session(session)
            self._fill()
            if models := models_trained_on([session]):
                names = ", ".join(one_line(model.name) for model in models)
                self._hint(f"{names} was trained on this and may repeat it: train it anew", trouble=True)

    # What is shown

    def _end_renaming(self) -> None:
        self._renaming = 0
        entry = self.query_one(Input)
        entry.placeholder = "Search all chats"
        with entry.prevent(Input.Changed):
            entry.value = self._words
        self._fill()

    def _fill(self) -> None:
        found, kept = self.query_one(OptionList), self.selected
        if self._words.strip():
            hits = self._store.search(self._words, MOST_FOUND)
            options = [Option(_found(hit), id=f"{hit.session}:{hit.message}") for hit in hits]
        else:
            records = self._store.sessions(MOST_SESSIONS)
            options = [Option(_session(record, self._current), id=f"{record.id}:0") for record in records]
        found.clear_options()
        found.add_options(options)
        if options:
            ids = [int((option.id or "0").split(":")[0]) for option in options]
            found.highlighted = ids.index(kept) if kept in ids else 0
        self._hint("" if options else "No message holds all of these words" if self._words.strip() else "No chats yet")

    def _hint(self, text: str = "", *, trouble: bool = False) -> None:
        hint = self.query_one("#hint", Static)
        hint.set_class(trouble, "trouble")
        hint.update(Content(text or self._usual_hint()))

    def _usual_hint(self) -> str:
        return f"Enter opens · {hints(self.app, KEYS)}"


def _session(record: SessionRecord, current: int | None) -> Content:
    mark = "●" if record.id == current else " "
    count = f"{record.messages} message" + ("s" if record.messages != 1 else "")
    title = one_line(record.title)
    return Content.assemble(
        (f"{mark} ", "$primary"), (title, "bold"), (f"  {count}, {_when(record.changed)}", "$quiet")
    )


def _found(hit: Found) -> Content:
    who = "you" if hit.speaker == "user" else "chatkit"
    name = f" in {one_line(hit.session_name)}" if hit.session_name else ""
    return Content.assemble(one_line(hit.snippet), (f"  {who}, {_when(hit.created)}{name}", "$quiet"))


def _when(seconds: float) -> str:
    """A time as a list shows it: the hour of today, the day of other days."""
    moment = clock.local(seconds)
    if 0 <= time.time() - seconds < _DAY:
        return moment.strftime("%H:%M")
    return moment.strftime("%Y-%m-%d")
