"""How far indexing is: one line above the prompt while it runs; a click on its end stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from chatkit.tui.text import one_line

if TYPE_CHECKING:
    from chatkit.runtime.index_job import IndexJob

BAR = 16  # cells
NARROW = 70  # below this width the file is left out


class IndexBar(Static):
    """The line; hidden while nothing is read."""

    class StopAsked(Message):
        """The user has clicked on stop."""

    def on_mount(self) -> None:
        """Nothing is read yet."""
        self.display = False
        self._job: IndexJob | None = None

    def on_resize(self) -> None:
        """The same for another width."""
        if self._job is not None:
            self.show(self._job)

    def show(self, job: IndexJob) -> None:
        """Show how far a run is; one that has ended hides the line."""
        self._job = job
        self.display = job.state == "running"
        if self.display:
            self.update(progress(job, self.app.size.width))

    def action_stop_indexing(self) -> None:
        """Ask for the end of the run."""
        self.post_message(self.StopAsked())


def progress(job: IndexJob, width: int) -> Content:
    """A run as a line with a bar."""
    step = job.step
    names = one_line(", ".join(place.name or str(place) for place in job.places))
    narrow = width < NARROW
    cells = BAR // 4 if narrow else BAR
    filled = round(job.share * cells)
    count = (
        f"{step.done:,} of {step.total:,} files" + ("" if narrow else f", {step.passages:,} passages")
        if step.total
        else "loading"
    )
    parts = [
        Content.assemble(("" if narrow else "indexing ", "$quiet"), (names, "bold")).truncate(
            12 if narrow else 24, ellipsis=True
        ),
        Content.assemble(("━" * filled, "$accent"), ("─" * (cells - filled), "$faint")),
        Content.styled(count, "$quiet"),
    ]
    if not narrow and step.name:
        parts.append(Content.styled(one_line(step.name), "$quiet").truncate(24, ellipsis=True))
    return Content("  ").join([*parts, Content.from_markup("[@click=stop_indexing]stop[/]")])
