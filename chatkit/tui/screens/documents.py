"""The user's documents: which places were read, what has become of them; add, read again, remove, open."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from chatkit.errors import ChatkitError
from chatkit.runtime import clock
from chatkit.tui.bindings import hints, named
from chatkit.tui.completing import paths
from chatkit.tui.indexing import Indexer, place_of
from chatkit.tui.text import below_home, one_line
from chatkit.tui.widgets.index_bar import progress
from chatkit.tui.widgets.listing import Listing

if TYPE_CHECKING:
    from chatkit.runtime.sources import Source

MOST_FILES = 2000  # of a place that are listed
LOOK_SECONDS = 0.3
KEYS = (
    ("documents.read", "ctrl+r", "reads again"),
    ("documents.remove", "ctrl+d", "removes"),
    ("documents.stop", "ctrl+s", "stops"),
    ("documents.leave", "Esc", "closes"),
)
ADD = "Add a file or folder: its path, then Enter"


class DocumentsScreen(ModalScreen[None]):
    """The list of places, and the files of one of them.

    Args:
        indexer: Reads them.
        index: File of the index; None for the user's own.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back to the places; to the chat", id="documents.leave", priority=True),
        Binding("down", "into_list", "To the list", show=False),
        Binding("ctrl+r", "read", "Read the place again: only what has changed", id="documents.read"),
        Binding("ctrl+d", "remove", "Take the place out of the index (twice)", id="documents.remove", priority=True),
        Binding("ctrl+s", "stop", "Stop indexing; what was read stays", id="documents.stop"),
    ]

    def __init__(self, indexer: Indexer, index: Path | None = None) -> None:
        super().__init__()
        self._indexer, self._index = indexer, index
        self._sources: Sequence[Source] = ()
        self._open: Path | None = None  # the place whose files are listed
        self._doomed: Path | None = None  # what a second ctrl+d removes
        self._was_running = False

    def compose(self) -> ComposeResult:
        """The path to add above, the list below."""
        with Vertical(id="documents"):
            yield Input(placeholder=ADD, id="place", compact=True, suggester=_Paths())
            yield Listing(id="sources", compact=True)
            yield Static(id="documents-progress")
            yield Static(id="documents-hint")

    async def on_mount(self) -> None:
        """Show the places, and then how far a run is."""
        self.query_one(Input).focus()
        self.query_one("#documents-progress").display = False
        self._hint("Looking at the documents")
        self.run_worker(self._look(), group="look", exclusive=True)
        self.set_interval(LOOK_SECONDS, self._follow)

    @property
    def selected(self) -> Source | None:
        """The place that is highlighted, or whose files are listed."""
        option = self.query_one(OptionList).highlighted_option
        path = self._open or (Path(option.id) if option is not None and option.id else None)
        return next((source for source in self._sources if source.path == path), None)

    # What the user does

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if event.value.strip():
            if self._start([place_of(event.value)]):
                event.input.value = ""
        else:
            self.query_one(OptionList).focus()

    @on(OptionList.OptionSelected)
    def _chosen(self, event: OptionList.OptionSelected) -> None:
        if self._open is None:
            self._open = Path(event.option.id or "")
            self._fill()
        elif event.option.id:
            self._show_file(Path(event.option.id))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self) -> None:
        if self._doomed is not None and (self.selected is None or self.selected.path != self._doomed):
            self._doomed = None
            self._hint()

    def action_into_list(self) -> None:
        """Go from the path to the list."""
        self.query_one(OptionList).focus()

    def action_leave(self) -> None:
        """From the files back to the places; from these to the chat."""
        if self._open is None:
            self.dismiss(None)
        else:
            came, self._open = self._open, None
            self._fill(came)

    def action_read(self) -> None:
        """Read the place again."""
        if source := self.selected:
            self._start([source.path])

    def action_stop(self) -> None:
        """Stop the run."""
        if not self._indexer.stop():
            self._hint("Nothing is being indexed")

    def action_remove(self) -> None:
        """Take a place out of the index, when asked twice."""
        if (source := self.selected) is None:
            return
        if self._indexer.running:
            self._hint(
                f"Something is being indexed; stop it first ({named(self.app, 'documents.stop', 'ctrl+s')})",
                trouble=True,
            )
        elif self._doomed != source.path:
            self._doomed = source.path
            count = f"{len(source.files):,} files, {source.passages:,} passages"
            key = named(self.app, "documents.remove", "ctrl+d")
            self._hint(f"{key} again takes {one_line(str(source.path))} ({count}) out of the index", trouble=True)
        else:
            self._doomed = self._open = None
            self.run_worker(self._remove(source.path), group="look", exclusive=True)

    # What it does

    def _start(self, places: Sequence[Path]) -> bool:
        try:
            self._indexer.start(places)
        except ChatkitError as error:
            self._hint(str(error), trouble=True)
            return False
        self._follow()
        return True

    def _follow(self) -> None:
        """Show how far the run is; look at the documents anew when it has ended."""
        job, bar = self._indexer.job, self.query_one("#documents-progress", Static)
        running = self._indexer.running
        bar.display = running
        if job is not None and running:
            bar.update(progress(job, self.size.width))
        elif job is not None and self._was_running:
            self._hint(job.outcome, trouble=job.state == "failed")
            self.run_worker(self._look(job.outcome, trouble=job.state == "failed"), group="look", exclusive=True)
        self._was_running = running

    async def _look(self, said: str = "", *, trouble: bool = False) -> None:
        from chatkit.runtime.sources import listed

        try:
            self._sources = await asyncio.to_thread(listed, self._index)
        except ChatkitError as error:
            self._hint(str(error), trouble=True)
            return
        self._fill()
        self._hint(said, trouble=trouble)

    async def _remove(self, place: Path) -> None:
        from chatkit.runtime.sources import removed

        try:
            count = await asyncio.to_thread(removed, place, self._index)
        except ChatkitError as error:
            self._hint(str(error), trouble=True)
            return
        await self._look(f"{count:,} files of {one_line(str(place))} are out of the index; the files themselves stay")

    def _show_file(self, path: Path) -> None:
        from chatkit.head.answer import Hit
        from chatkit.tui.screens.document import DocumentScreen

        self.app.push_screen(DocumentScreen(Hit("", 0.0, path.name, path=str(path), line=1), self._index))

    # What is shown

    def _fill(self, at: Path | None = None) -> None:
        found = self.query_one(OptionList)
        option = found.highlighted_option
        kept = str(at) if at is not None else option.id if option is not None else None
        place = next((source for source in self._sources if source.path == self._open), None)
        options = _files(place) if place is not None else [_place(source) for source in self._sources]
        self._open = place.path if place is not None else None
        found.clear_options()
        found.add_options(options)
        if options:
            ids = [option.id for option in options]
            found.highlighted = ids.index(kept) if kept in ids else 0
        self._hint()

    def _hint(self, text: str = "", *, trouble: bool = False) -> None:
        hint = self.query_one("#documents-hint", Static)
        hint.set_class(trouble, "trouble")
        hint.update(Content(text or self._usual_hint()))

    def _usual_hint(self) -> str:
        keys: Sequence[tuple[str, str, str]]
        if not self._sources:
            first, keys = "Nothing is indexed yet: type the path of a file or folder of yours above", KEYS[-1:]
        elif self._open:
            first, keys = "Enter opens", (("documents.leave", "Esc", "back to the places"),)
        else:
            first, keys = "Enter lists its files", KEYS
        return f"{first} · {hints(self.app, keys)}"


class _Paths(Suggester):
    """Completes a path; → takes it."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The first path that begins so."""
        return next((path for path, _, _ in paths(value)), None) if value else None


def _place(source: Source) -> Option:
    count = f"{len(source.files):,} file" + ("s" if len(source.files) != 1 else "")
    passages = f"{source.passages:,} passage" + ("s" if source.passages != 1 else "")
    told = f"  {count}, {passages}, {_when(source.read)}"
    changes = f"  {source.changes}" if source.changes else ""
    line = Content.assemble((one_line(below_home(source.path)), "bold"), (told, "$quiet"), (changes, "$warning"))
    return Option(line, id=str(source.path))


def _files(source: Source) -> list[Option]:
    options = []
    for entry, state in source.files[:MOST_FILES]:
        count = f"  {entry.passages:,} passage" + ("s" if entry.passages != 1 else "")
        other = f"  {state}" if state != "as read" else ""
        line = Content.assemble((one_line(entry.name), "bold"), (count, "$quiet"), (other, "$warning"))
        options.append(Option(line, id=str(entry.path)))
    if (left := len(source.files) - MOST_FILES) > 0:
        options.append(Option(Content.styled(f"and {left:,} more", "$quiet"), disabled=True))
    return options


def _when(seconds: float | None) -> str:
    return f"read {clock.shown(seconds)}" if seconds else "not read yet"
