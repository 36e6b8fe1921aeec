"""A document at a passage: scrolls, searches, says what has become of the file; Escape goes back to the chat."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input, Static

from chatkit.errors import ChatkitError
from chatkit.runtime import viewing
from chatkit.runtime.viewing import Opened, Span, Window
from chatkit.tui.bindings import hints, named
from chatkit.tui.text import below_home, one_line
from chatkit.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from chatkit.head.answer import Hit

KEYS = (
    ("document.search", "/", "searches"),
    ("document.next", "n", "next"),
    ("document.before", "N", "before"),
    ("document.passage", "p", "passage"),
    ("document.copy", "c", "copies it"),
    ("document.leave", "Esc", "back"),
)
_T = TypeVar("_T")


class DocumentScreen(Screen[None]):
    """One document.

    Args:
        hit: The passage at which it is opened.
        index: File of the index, which knows how the document was when it was read; None for the user's own.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Leave the search; back to the chat", id="document.leave"),
        Binding("slash,ctrl+f", "search", "Search in the document", id="document.search"),
        Binding("n", "step(1)", "Next place", id="document.next"),
        Binding("N", "step(-1)", "Place before", id="document.before"),
        Binding("p", "passage", "Back to the passage", id="document.passage"),
        Binding("f", "file", "The file as it is now, where the passage is gone from it", id="document.file"),
        Binding("c", "copy", "Copy the passage", id="document.copy"),
        Binding("home", "start", "Start of the document", id="document.start"),
        Binding("end", "end", "End of the document", id="document.end"),
    ]

    def __init__(self, hit: Hit, index: Path | None = None) -> None:
        super().__init__()
        self._hit, self._index = hit, index
        self._opened: Opened | None = None
        self._window: Window | None = None
        self._words = ""
        self._found: list[Span] = []
        self._at = -1  # which of these the user is at
        self._left = threading.Event()  # what reads the file in a thread looks at it
        self._busy = False
        self._hinted = ""

    def compose(self) -> ComposeResult:
        """Where it is above, the lines, and below them the words to search for and the keys."""
        yield Static(id="document-title")
        yield Static(id="document-note")
        yield Lines(id="lines")
        yield Input(placeholder="Search in this document", id="document-words", compact=True)
        yield Static(id="document-hint")

    def on_mount(self) -> None:
        """Open it, without holding up the screen."""
        self.query_one("#document-words").display = False
        self.query_one("#document-note").display = False
        self._title("opening")
        self.set_focus(self.query_one(Lines))
        self.run_worker(self._open())

    def on_resize(self) -> None:
        """Name the keys that have room."""
        if not self._hinted:
            self.call_after_refresh(self._hint)

    def on_unmount(self) -> None:
        """End what still reads the file."""
        self._left.set()

    # Where the user is

    async def _open(self) -> None:
        found = await self._read(lambda: _opened(self._hit, self._index, self._left.is_set))
        if found is not None:
            self._hit, self._opened = found
            self._show_passage()

    def _show_passage(self) -> None:
        if (opened := self._opened) is None:
            return
        numbered = opened.is_file or bool(self._hit.line)
        self._show(opened.window, passage=opened.marks, numbered=numbered)
        self._say(opened.note)
        line, character, _ = opened.marks[0] if opened.marks else (opened.window.at, 0, 0)
        self.call_after_refresh(self.query_one(Lines).go_to, line, character)

    def _show(self, window: Window, passage: Sequence[Span] = (), *, numbered: bool = True) -> None:
        self._window = window
        self.query_one(Lines).show(window.lines, passage, numbered=numbered)
        self._title()
        self._mark()

    def _mark(self) -> None:
        """Mark the places of the window that hold the words."""
        self._found = viewing.find(self._window.lines, self._words) if self._window and self._words else []
        self._at = min(self._at, len(self._found) - 1)
        self.query_one(Lines).mark(self._found, self._found[self._at] if self._at >= 0 else None)

    async def _go(self, read: Callable[[], Window], *, share: float = 0.3) -> bool:
        """Show another window; whether there is one."""
        window = await self._read(read)
        if window is None:
            return False
        self._show(window, viewing.marks_in(window, self._opened) if self._opened is not None else ())
        self.query_one(Lines).go_to(window.at, share=share)
        return True

    @property
    def _is_file(self) -> bool:
        """Whether what is shown are lines of the file."""
        return self._window is not None and (
            self._opened is None or self._opened.is_file or self._window is not self._opened.window
        )

    async def on_lines_end_reached(self, message: Lines.EndReached) -> None:
        """Read on."""
        window, path = self._window, Path(self._hit.path)
        if window is None or not self._is_file or not (window.below if message.below else window.above):
            return
        number = window.lines[-1 if message.below else 0].number
        await self._go(lambda: viewing.window_at(path, number), share=0.9 if message.below else 0.1)

    # Search

    def action_search(self) -> None:
        """Type words to search for."""
        entry = self.query_one("#document-words", Input)
        entry.display = True
        self.set_focus(entry)  # at once: the next key is meant for it
        entry.action_end()

    @on(Input.Changed, "#document-words")
    def _typed(self, event: Input.Changed) -> None:
        self._words, self._at = event.value, -1
        self._mark()
        self._hint(self._count())

    @on(Input.Submitted, "#document-words")
    async def _entered(self) -> None:
        self.set_focus(self.query_one(Lines))
        if self._words:
            await self.action_step(1)
        else:
            self._end_search()

    async def action_step(self, step: int) -> None:
        """Go to the next place that holds the words, or the one before, wherever in the file it is."""
        if not self._words or self._window is None:
            self.action_search()
            return
        top = self.query_one(Lines).top
        if self._at < 0:  # from what is on the screen on
            below = [n for n, span in enumerate(self._found) if span[0] >= top]
            at = (below[0] if below else len(self._found)) - (step < 0)
        else:
            at = self._at + step
        if 0 <= at < len(self._found):
            self._to(at)
        else:
            await self._step_beyond(step)

    def _to(self, at: int) -> None:
        self._at = at
        lines = self.query_one(Lines)
        lines.mark(self._found, self._found[at])
        lines.go_to(*self._found[at][:2])
        self._hint(self._count())

    async def _step_beyond(self, step: int) -> None:
        """Go on in the part of the file that is not shown, then from its other end."""
        path, words, window = Path(self._hit.path), self._words, self._window
        assert window is not None
        if self._is_file and (window.above or window.below):
            number = await self._read(lambda: viewing.number_of(path, words, window, step, self._left.is_set))
            if number and await self._go(lambda: viewing.window_at(path, number)):
                lines = self._window.lines if self._window is not None else ()
                here = [n for n, span in enumerate(self._found) if lines[span[0]].number == number]
                if here:
                    self._to(here[0] if step > 0 else here[-1])
                return
        if self._found:
            self._to(0 if step > 0 else len(self._found) - 1)
        else:
            self._hint("Nowhere in this document", trouble=True)

    def _end_search(self) -> None:
        self._words, self._at = "", -1
        entry = self.query_one("#document-words", Input)
        with entry.prevent(Input.Changed):
            entry.value = ""
        entry.display = False
        self.set_focus(self.query_one(Lines))
        self._mark()
        self._hint()

    # Further keys

    def action_leave(self) -> None:
        """End the search, else leave."""
        if self.query_one("#document-words").display:
            self._end_search()
        else:
            self.dismiss(None)

    def action_passage(self) -> None:
        """Go back to the passage."""
        self._show_passage()

    async def action_file(self) -> None:
        """Show the file as it is now."""
        if self._opened is None or self._opened.is_file or not self._hit.path:
            return
        path, line = Path(self._hit.path), self._hit.line or 1
        if await self._go(lambda: viewing.window_at(path, line)):
            self._say("This is the file as it is now; p shows the passage as it was indexed.")

    def action_copy(self) -> None:
        """Copy the passage."""
        self.app.copy_to_clipboard(self._hit.text)
        self._hint("The passage is in the clipboard")

    async def action_start(self) -> None:
        """Go to the start of the document."""
        if self._window is not None and self._window.above and self._is_file:
            await self._go(lambda: viewing.window_at(Path(self._hit.path), 1), share=0)
        self.query_one(Lines).scroll_home(animate=False)

    async def action_end(self) -> None:
        """Go to the end of the document."""
        if self._window is not None and self._window.below and self._is_file:
            await self._go(lambda: viewing.window_at(Path(self._hit.path), None), share=1)
        self.query_one(Lines).scroll_end(animate=False)

    # What is shown

    async def _read(self, read: Callable[[], _T]) -> _T | None:
        """Read something of the file in a thread; None, said in words, where that fails or another read runs."""
        if self._busy:
            return None
        self._busy = True
        reading = self.set_timer(
            0.3, lambda: self._hint(f"Reading the file; {named(self.app, 'document.leave', 'Esc')} leaves it")
        )
        try:
            return await asyncio.to_thread(read)
        except ChatkitError as error:
            self._say(f"{error.message}.")
            return None
        finally:
            reading.stop()
            self._busy = False
            if not self._left.is_set():
                self._hint(self._count())

    def _count(self) -> str:
        if not self._words:
            return ""
        many = f"{len(self._found):,} place" + ("s" if len(self._found) != 1 else "")
        here = f"{self._at + 1:,} of {many}" if self._at >= 0 else many
        part = " in the part that is shown" if self._window and (self._window.above or self._window.below) else ""
        keys = (
            ("document.next", "n", "next"),
            ("document.before", "N", "before"),
            ("document.leave", "Esc", "ends the search"),
        )
        return f"{here}{part} · Enter, {hints(self.app, keys)}"

    def _title(self, doing: str = "") -> None:
        hit = self._hit
        heading = f"  {one_line(hit.heading)}" if hit.heading else ""
        place = f"  {one_line(self.path_shown())}" if hit.path else ""
        title = Content.assemble((one_line(hit.source), "bold $accent"), (heading, "bold"), (place, "$quiet"))
        self.query_one("#document-title", Static).update(
            title + Content.styled(f"  {doing}", "$quiet") if doing else title
        )

    def path_shown(self) -> str:
        """The file as it is named on the screen: below the home folder from there."""
        return below_home(self._hit.path)

    def _say(self, note: str) -> None:
        static = self.query_one("#document-note", Static)
        more = " f shows the file as it is now." if note and self._can_show_file() else ""
        static.update(Content(one_line(note) + more))
        static.display = bool(note)

    def _can_show_file(self) -> bool:
        opened = self._opened
        shown = opened is not None and not opened.is_file and self._window is opened.window
        return shown and bool(self._hit.path) and Path(self._hit.path).is_file()

    def _hint(self, text: str = "", *, trouble: bool = False) -> None:
        hint = self.query_one("#document-hint", Static)
        hint.set_class(trouble, "trouble")
        self._hinted = text
        hint.update(Content(text or hints(self.app, KEYS, hint.size.width)))


def _opened(hit: Hit, index: Path | None, cancelled: viewing.Cancelled) -> tuple[Hit, Opened]:
    """The document, with what the index knows of it."""
    from chatkit.runtime.sources import known_state, placed

    hit = hit if hit.path else placed(hit, index)
    return hit, viewing.open_at(hit, known_state(hit.path, index), cancelled)
