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

    def show(self, job: IndexJob) -> None:
        """Show how far a run is; one that has ended hides the line."""
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
    filled = round(job.share * BAR)
    count = (
        f"{step.done:,} of {step.total:,} files, {step.passages:,} passages" if step.total else "loading the assistant"
    )
    parts = [
        Content.assemble(("indexing ", "$quiet"), (names, "bold")).truncate(24, ellipsis=True),
        Content.assemble(("━" * filled, "$accent"), ("─" * (BAR - filled), "$faint")),
        Content.styled(count, "$quiet"),
    ]
    if width >= NARROW and step.name:
        parts.append(Content.styled(one_line(step.name), "$quiet").truncate(24, ellipsis=True))
    return Content("  ").join([*parts, Content.from_markup("[@click=stop_indexing]stop[/]")])
