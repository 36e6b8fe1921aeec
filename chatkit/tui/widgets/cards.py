"""Cards: a compact widget for each kind of block, the name of its head in the margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.cells import cell_len, set_cell_size
from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget
from textual.widgets import Static

from chatkit.head.answer import Bars, Block, Hit, Ranking, Table
from chatkit.tui.messages import PassageOpened
from chatkit.tui.text import cut, one_line, shown

MARGIN = 12  # cells for the head's name
NARROW = 60  # below this width the name stands above the lines
HITS_SHOWN = 3
LABELS_SHOWN = 6


class Card(Widget):
    """A card: lines of content beside the name of a head.

    Args:
        head: Name of the head.
    """

    def __init__(self, head: str) -> None:
        super().__init__()
        self.head = head

    def lines(self, width: int) -> list[Content]:
        """The card's lines for a width in cells, without the margin."""
        raise NotImplementedError

    def render(self) -> Content:
        """All lines, the name beside the first one."""
        return self._laid_out(self.content_region.width or self.app.size.width)

    def get_content_height(self, container: object, viewport: object, width: int) -> int:
        """Height in cells for a width."""
        return max(len(self._laid_out(width).plain.split("\n")), 1)

    def on_resize(self) -> None:
        """Lay the lines out anew."""
        self.refresh()

    def _laid_out(self, width: int) -> Content:
        name = one_line(self.head)
        if width < NARROW:
            above = [Content.styled(name, "$quiet")] if name else []
            return Content("\n").join([*above, *self.lines(width)])
        margin = MARGIN
        label = set_cell_size(name if cell_len(name) < margin else name[: margin - 2] + "…", margin)
        found = self.lines(width - margin) or [Content("")]
        beside = [Content.styled(label, "$quiet")] + [Content(" " * margin)] * (len(found) - 1)
        return Content("\n").join([left + right for left, right in zip(beside, found, strict=True)])


class BarsCard(Card):
    """Probabilities of labels as bars: on one line where they fit, else one line each.

    Args:
        head: Name of the head.
        bars: What it answered.
    """

    def __init__(self, head: str, bars: Bars) -> None:
        super().__init__(head)
        self.bars = bars

    def lines(self, width: int) -> list[Content]:
        """The bars, and below them what is not sure about them."""
        remark = ("not sure: " if not self.bars.sure else "") + self.bars.set_in_words
        clear = self.bars.sure and self.bars.guaranteed and len(self.bars.labels) < 2
        said = [] if clear else Content.styled(one_line(remark), "$quiet").wrap(max(width, 8))
        return [*self._bars(width), *said]

    def _bars(self, width: int) -> list[Content]:
        ranked = sorted(self.bars.probabilities.items(), key=lambda item: -item[1])
        most, left = ranked[:LABELS_SHOWN], len(ranked) - LABELS_SHOWN
        texts = sum(cell_len(one_line(label)) + len(" 100%") + 4 for label, _ in most)
        room = (width - texts) // max(len(most), 1)
        if room >= 4 and left <= 0:
            size = min(room, 16)
            return [Content("   ").join([self._bar(label, share, 0, size) for label, share in most])]
        brief = Content("  ").join([self._bar(label, share, 0, 0) for label, share in most])
        if brief.cell_length <= width and left <= 0:
            return [brief]
        column = min(max((cell_len(one_line(label)) for label, _ in most), default=0), max(width // 2, 4))
        size = max(min(width - column - 7, 24), 3)
        lines = [self._bar(label, share, column, size) for label, share in most]
        return lines if left <= 0 else [*lines, Content.styled(f"and {left} more", "$quiet")]

    def _bar(self, label: str, share: float, column: int, size: int) -> Content:
        name = one_line(label)
        halves = round(min(max(share, 0), 1) * size * 2)
        filled = "━" * (halves // 2) + ("╸" if halves % 2 else "")
        chosen = label == self.bars.label
        return Content.assemble(
            (set_cell_size(name, column) if column else name, "bold" if chosen else "$quiet"),
            " " if size else "",
            (filled, "$accent" if chosen else "$quiet"),
            ("─" * (size - len(filled)), "$faint"),
            (f" {share:>4.0%}" if column else f" {share:.0%}", "bold" if chosen else "$quiet"),
        )


class RankingCard(Card, can_focus=True):
    """Ranked passages, one line each; Enter or a click opens the document at one.

    Args:
        head: Name of the head.
        ranking: What it answered.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Passage above", show=False),
        Binding("down", "move(1)", "Passage below", show=False),
        Binding("enter", "open", "Open the document at the passage", id="ranking.open"),
        Binding("space", "unfold", "Unfold the passage, or fold it up", id="ranking.unfold"),
    ]
    at: reactive[int] = reactive(0)
    all_shown: reactive[bool] = reactive(False, layout=True)

    def __init__(self, head: str, ranking: Ranking) -> None:
        super().__init__(head)
        self.hits: Sequence[Hit] = ranking.items
        self._open: set[int] = set()
        self._owners: list[int] = []  # which passage each line belongs to

    def lines(self, width: int) -> list[Content]:
        """A line for each passage, and the text of those that are open."""
        if not self.hits:
            return [Content.styled("no passage found", "$quiet")]
        shown_hits = self.hits if self.all_shown else self.hits[:HITS_SHOWN]
        source = min(max(cell_len(one_line(hit.source)) for hit in shown_hits), max(width // 3, 8))
        lines: list[Content] = []
        self._owners = []
        for number, hit in enumerate(shown_hits):
            lines.append(self._summary(number, hit, width, source))
            if number in self._open:
                lines += self._whole(hit, width)
            self._owners += [number] * (len(lines) - len(self._owners))
        if left := len(self.hits) - len(shown_hits):
            style = "bold $accent" if self.has_focus and self.at == len(shown_hits) else "$quiet"
            lines.append(Content.styled(f"   {left} more", style))
            self._owners.append(len(shown_hits))
        return lines

    def _summary(self, number: int, hit: Hit, width: int, source: int) -> Content:
        score = f" {hit.score:.2f}" if width >= NARROW else ""
        here = self.has_focus and number == self.at
        start = Content.assemble(
            (f"{number + 1:>2} ", "bold $accent" if here else "$quiet"),
            (set_cell_size(_fit(one_line(hit.source), source), source), "$accent"),
            "  ",
        )
        heading = one_line(hit.heading)
        text = Content.assemble((heading, "bold"), "  " if heading else "", (one_line(hit.text), "$quiet"))
        room = max(width - start.cell_length - len(score), 1)
        text = text.truncate(room, ellipsis=True, pad=True)
        return Content("").join([start, text, Content.styled(score, "$quiet")])

    def _whole(self, hit: Hit, width: int) -> list[Content]:
        text, left = cut(hit.text)
        wrapped = Content(shown(text)).wrap(max(width - 3, 8))
        more = [Content.styled(f"   and {left:,} characters more", "$quiet")] if left else []
        return [Content("   ") + line for line in wrapped] + more

    def action_move(self, step: int) -> None:
        """Go to the passage above or below."""
        last = len(self.hits) - 1 if self.all_shown else min(len(self.hits) - 1, HITS_SHOWN)
        self.at = min(max(self.at + step, 0), max(last, 0))

    def action_open(self) -> None:
        """Open the document at the passage; on the last line show all passages."""
        if not self._is_more():
            self.post_message(PassageOpened(self.hits[self.at]))

    def action_unfold(self) -> None:
        """Unfold the passage, or fold it up again; on the last line show all passages."""
        if not self._is_more():
            self._open ^= {self.at}
            self.refresh(layout=True)

    def _is_more(self) -> bool:
        """Whether there is no passage here: then all are shown."""
        if not self.all_shown and self.at == HITS_SHOWN:
            self.all_shown = True
            return True
        return not self.hits

    def on_click(self, event: events.Click) -> None:
        """Open what was clicked."""
        if 0 <= event.y < len(self._owners):
            self.at = self._owners[event.y]
            self.action_open()


class TableCard(Card):
    """A table, its columns as wide as their cells.

    Args:
        head: Name of the head.
        table: What it answered.
    """

    def __init__(self, head: str, table: Table) -> None:
        super().__init__(head)
        self.table = table

    def lines(self, width: int) -> list[Content]:
        """Header, rule and rows; columns shrink together where they do not fit."""
        rows = [[one_line(cell) for cell in row] for row in [self.table.header, *self.table.rows]]
        widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
        limit = max((width - 2 * len(widths)) // max(len(widths), 1), 4)
        if sum(widths) + 2 * len(widths) > width:
            widths = [min(size, limit) for size in widths]
        head, *body = ["  ".join(_pad(c, w) for c, w in zip(row, widths, strict=True)).rstrip() for row in rows]
        rule = Content.styled("─" * min(sum(widths) + 2 * (len(widths) - 1), width), "$faint")
        return [Content.styled(head, "bold"), rule, *map(Content, body)]


class TextCard(Card):
    """Text of a head that is not the reply, such as a translation.

    Args:
        head: Name of the head.
        text: What it answered.
    """

    def __init__(self, head: str, text: str) -> None:
        super().__init__(head)
        self.text = text

    def lines(self, width: int) -> list[Content]:
        """The text, wrapped."""
        text, left = cut(self.text)
        lines = Content(shown(text)).wrap(max(width, 8))
        return lines + ([Content.styled(f"and {left:,} characters more", "$quiet")] if left else [])


class FailureCard(Static):
    """A head that failed: which, what, where, and what is done about it.

    Args:
        head: Name of the head; "" for the engine as a whole.
        message: What went wrong.
        place: ``file:line``, or "".
        disabled: Whether it is now off for the session.
    """

    def __init__(self, head: str, message: str, place: str = "", *, disabled: bool = False) -> None:
        where = f"  {one_line(place)}" if place else ""
        off = f"\noff for this session after three failures; /heads on {head} tries again" if disabled else ""
        name = f"✗ {one_line(head)}".rstrip() + "  "
        super().__init__(Content.assemble((name, "bold $error"), one_line(message), (where, "$quiet"), (off, "$quiet")))


class RemarkCard(Card):
    """What is to be said of a head, below its answer.

    Args:
        head: Name of the head; "" below a card that names it.
        remark: What is said.
    """

    def __init__(self, head: str, remark: str) -> None:
        super().__init__(head)
        self.remark = remark

    def lines(self, width: int) -> list[Content]:
        """The remark, wrapped and quiet."""
        return list(Content.styled(one_line(self.remark), "$quiet").wrap(max(width, 8)))


def cards_of(head: str, blocks: Sequence[Block], remark: str = "") -> list[Card]:
    """The cards for an answer: the first names the head."""
    cards = [_card_of("" if i else head, block) for i, block in enumerate(blocks)]
    return [*cards, RemarkCard("" if cards else head, remark)] if remark else cards


def _card_of(head: str, block: Block) -> Card:
    if isinstance(block, Bars):
        return BarsCard(head, block)
    if isinstance(block, Ranking):
        return RankingCard(head, block)
    if isinstance(block, Table):
        return TableCard(head, block)
    return TextCard(head, block.text)


def _fit(text: str, width: int) -> str:
    """Cut from the left: the end of a path tells more."""
    if cell_len(text) <= width:
        return text
    while text and cell_len(text) > width - 1:
        text = text[1:]
    return "…" + text


def _pad(text: str, width: int) -> str:
    return set_cell_size(text if cell_len(text) <= width else text[: max(width - 1, 1)] + "…", width)
