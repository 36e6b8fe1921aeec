"""The meter of familiarity: how like the training text a message is; Enter or a click says why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive

from chatkit.tui.commands import UNFAMILIAR_BELOW
from chatkit.tui.text import one_line
from chatkit.tui.widgets.cards import Card

SIZE = 12


class FamiliarityMeter(Card, can_focus=True):
    """One line: a bar and a percentage; a sentence below it on demand.

    Args:
        familiarity: 0 to 1.
        trust: ``why`` in a sentence and the ``nearest`` training domain, see ``runtime.events``.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space", "explain", "Say why", id="meter.explain")]
    explained: reactive[bool] = reactive(False, layout=True)

    def __init__(self, familiarity: float, trust: Mapping[str, Any]) -> None:
        super().__init__("familiarity")
        self.familiarity, self.why = familiarity, one_line(str(trust.get("why") or ""))

    def lines(self, width: int) -> list[Content]:
        """The meter, and the sentence when it was asked for."""
        size = min(SIZE, max(width - 6, 4))
        halves = round(min(max(self.familiarity, 0), 1) * size * 2)
        filled = "━" * (halves // 2) + ("╸" if halves % 2 else "")
        colour = "$warning" if self.familiarity < UNFAMILIAR_BELOW else "$quiet"
        number = f" {self.familiarity:.0%}"
        mark = ("  ?" if not self.explained and self.why else "", "bold $accent" if self.has_focus else "$quiet")
        bar = Content.assemble((filled, colour), ("─" * (size - len(filled)), "$faint"), (number, colour), mark)
        if not self.explained:
            return [bar]
        return [bar, *(Content.styled(str(line), "$quiet") for line in Content(self.why).wrap(max(width, 8)))]

    def action_explain(self) -> None:
        """Show the sentence, or hide it again."""
        self.explained = bool(self.why) and not self.explained

    def on_click(self) -> None:
        """Show the sentence, or hide it again."""
        self.action_explain()


def meters_of(familiarity: Any, trust: Any) -> list[FamiliarityMeter]:
    """The meter for the facts of a turn; none where familiarity was not measured."""
    if not isinstance(familiarity, int | float):
        return []
    return [FamiliarityMeter(float(familiarity), trust if isinstance(trust, Mapping) else {})]
