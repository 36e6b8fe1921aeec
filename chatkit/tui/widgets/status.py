"""The status line: model, heads, what the engine does, and the speed of the last reply."""

from __future__ import annotations

from typing import Any

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from chatkit.tui.bindings import named
from chatkit.tui.text import one_line

STATES = {
    "off": ("○", "$quiet", "starting"),
    "loading": ("◌", "$warning", "loading"),
    "ready": ("●", "$success", "ready"),
    "answering": ("●", "$accent", "answering"),
    "restarting": ("◌", "$warning", "restarting"),
    "dead": ("✗", "$error", "not running"),
}
HEAD_MARKS = {"ok": "", "disabled": " off"}


class StatusLine(Widget):
    """One line; what matters least goes first where it is narrow."""

    engine: reactive[str] = reactive("off")
    model: reactive[str] = reactive("")
    heads: reactive[list[dict[str, Any]]] = reactive(list)
    waiting: reactive[int] = reactive(0)
    speed: reactive[float] = reactive(0.0)
    saved: reactive[bool] = reactive(True)
    dial: reactive[str] = reactive("")
    learn: reactive[str] = reactive("")

    def render(self) -> Content:
        """The line for the width there is."""
        width = self.content_region.width
        mark, colour, word = STATES.get(self.engine, STATES["off"])
        left = [Content.assemble((f"{mark} ", colour), word)]
        right = [Content.styled(f"{named(self.app, 'chat.help', 'F1')} help", "$quiet")]
        if not self.saved:
            right.insert(0, Content.styled("not saved", "bold $warning"))
        if self.dial:
            left.append(Content.styled(one_line(self.dial), "$accent"))
        if self.learn:
            left.append(Content.styled("learning from this session", "$warning"))
        if self.waiting:
            left.append(Content(f"{self.waiting} queued"))
        optional = [Content(one_line(self.model))] if self.model else []
        optional += [self._heads(short=False)] if self.heads else []
        speed = Content.styled(f"{self.speed:,.0f} tokens/s", "$quiet") if self.speed else None
        for shape in (
            (left + optional, [speed, *right] if speed else right),
            (left + optional, right),
            (left + optional[:1] + ([self._heads(short=True)] if self.heads else []), right),
            (left, right),
        ):
            line = self._spread(shape[0], shape[1], width)
            if line is not None:
                return line
        return Content("  ").join(left).truncate(max(width, 1), ellipsis=True)

    def _spread(self, left: list[Content], right: list[Content], width: int) -> Content | None:
        between = Content.styled("  ", "$quiet")
        start, end = between.join(left), between.join(right)
        gap = width - start.cell_length - end.cell_length
        return start + Content(" " * gap) + end if gap >= 2 else None

    def _heads(self, *, short: bool) -> Content:
        here = [head for head in self.heads if head.get("state") != "not loaded"]  # /heads lists those too
        if short:
            on = sum(head.get("state") == "ok" for head in here)
            return Content.styled(f"{on} of {len(here)} heads", "$quiet")
        parts = []
        for head in here:
            state = str(head.get("state", ""))
            mark = HEAD_MARKS.get(state, f" {state}")
            colour = "$quiet" if state == "ok" else "$warning"
            parts.append(Content.styled(one_line(str(head.get("name", "?"))) + mark, colour))
        return Content.styled(" · ", "$quiet").join(parts)
