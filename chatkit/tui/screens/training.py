"""Training beside the chat: live curves, weights and conflicts, time left; stop, resume, load what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from chatkit.errors import ChatkitError
from chatkit.runtime.readings import Gain, summed_up
from chatkit.runtime.training_job import TrainingJob
from chatkit.tui.bindings import key_line
from chatkit.tui.text import one_line
from chatkit.tui.widgets.curve import Curve

LOOK_SECONDS = 0.5
_MARKS = {"running": "$accent", "finished": "$success", "stopped": "$warning", "failed": "$error"}


class TrainingScreen(Screen[str | None]):
    """One run; gives back the folder of the assistant to load, or None.

    Args:
        job: The run.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "leave", "Back to the chat; the run goes on", id="training.leave"),
        Binding("s", "stop", "Stop and save; resume it", id="training.stop"),
        Binding("l", "load", "Load the assistant that came out", id="training.load"),
    ]

    def __init__(self, job: TrainingJob) -> None:
        super().__init__()
        self.job = job
        self._curves: dict[str, Curve] = {}
        self._said = ""

    def compose(self) -> ComposeResult:
        """Where it stands and the keys, the curves, weights and conflicts."""
        yield Static(id="training-state")
        with VerticalScroll(id="curves"):
            yield Static("Reading the data; the curves begin with the first step.", id="no-curves", classes="note")
        yield Static(id="training-objectives")

    async def on_mount(self) -> None:
        """Look now, and then again and again."""
        await self._look()
        self.set_interval(LOOK_SECONDS, self._look)

    async def _look(self) -> None:
        self.job.look()
        for name, points in self.job.losses.items():
            if name not in self._curves:
                await self.query("#no-curves").remove()
                self._curves[name] = Curve(f"{name}: loss, nats")
                await self.query_one("#curves").mount(self._curves[name])
            self._curves[name].show(points)
        self.query_one("#training-state", Static).update(self._state())
        self.query_one("#training-objectives", Static).update(objectives(self.job.readings))

    def _state(self) -> Content:
        job, state = self.job, self.job.state
        left = job.seconds_left if state == "running" else None
        parts = [
            Content.styled("training", "bold"),
            Content(one_line(job.config)),
            Content.styled(state, f"bold {_MARKS[state]}"),
            Content(f"step {job.step:,} of {job.steps:,}" if job.steps else f"step {job.step:,}"),
        ]
        if left is not None:
            parts.append(Content(f"{clock(left)} left"))
        line = Content.styled("  ·  ", "$faint").join(parts)
        if state == "failed" or self._said:
            line += Content.styled(f"\n{one_line(self._said or job.trouble)}", "$warning")
        return line + Content("\n") + self._keys()

    def _keys(self) -> Content:
        running = self.job.state == "running"
        stop = (
            [("training.stop", "s", "stop and save" if running else "resume")] if self.job.state != "finished" else []
        )
        load = [("training.load", "l", "load the assistant")] if self.job.has_assistant and not running else []
        leave = ("training.leave", "Esc", "back to the chat; the run goes on" if running else "back to the chat")
        return key_line(self.app, [*stop, *load, leave])

    async def action_stop(self) -> None:
        """Stop it, or let it go on."""
        self._said = ""
        try:
            if self.job.state == "running":
                self.job.stop()
                self._said = "stopping: it ends its step and saves"
            elif self.job.state != "finished":
                self.job.resume()
        except ChatkitError as error:
            self._said = str(error)
        await self._look()

    def action_load(self) -> None:
        """Give the assistant to the chat."""
        if self.job.has_assistant and self.job.state != "running":
            self.dismiss(str(self.job.folder))

    def action_leave(self) -> None:
        """Back to the chat."""
        self.dismiss(None)


def objectives(rows: Sequence[Mapping[str, str]]) -> Content:
    """What the readings say: weights, a verdict for each pair, the noise floor, what a step does to each objective."""
    if not rows:
        return Content("")
    found, lines = summed_up(rows), []
    if found.weights:
        lines.append(_line("weights", [Content(f"{name} {value:.2f}") for name, value in found.weights.items()]))
    for n, pair in enumerate(found.pairs):
        said = Content.assemble(f"{pair.name}  ", (pair.said, "$warning" if pair.against else "$foreground"))
        lines.append(_line("conflict" if n == 0 else "", [said]))
    if found.floor:
        floor = [Content(f"{name} {value:+.2f}") for name, value in found.floor.items()]
        lines.append(
            _line("noise floor", [*floor, Content.styled("two batches of one objective agree so far", "$quiet")])
        )
    if found.gains:
        lines.append(_line("a step", [*map(_gain, found.gains), Content.styled("predicted, nats", "$quiet")]))
    return Content("\n").join(lines)


def _line(title: str, parts: Sequence[Content]) -> Content:
    return Content.styled(f"{title:<13}", "$quiet") + Content("   ").join(parts)


def _gain(it: Gain) -> Content:
    word = ("gains" if it.change < 0 else "loses") if it.sure else "as before"
    style = "$warning" if it.sure and it.change > 0 else "$foreground"
    return Content.assemble(f"{it.name} ", (f"{it.change:+.4f} ({word})", style))


def clock(seconds: float) -> str:
    """Seconds as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
