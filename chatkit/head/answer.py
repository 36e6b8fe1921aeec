"""What a head says: an ``Answer`` out of a few fixed blocks, plain data with a plain-text rendering.

Answers cross the pipe between the engine process and the app, so a block holds nothing but strings, numbers,
lists and dicts. The app draws each block as a card; ``ask`` prints it as JSON or text.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal


def _check_number(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{where} must be a finite number, got {value!r}")


def _check_text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{where} must be a str, got {type(value).__name__}")


@dataclasses.dataclass(frozen=True)
class Text:
    """A run of plain text, such as a reply or a translation."""

    kind: ClassVar[str] = "text"
    text: str

    def check(self) -> None:
        """Raise TypeError or ValueError unless the block holds what it declares."""
        _check_text(self.text, "Text.text")

    def plain(self) -> str:
        """The block as lines of plain text."""
        return self.text

    def fields(self) -> dict[str, Any]:
        """The block as JSON fields."""
        return {"text": self.text}


@dataclasses.dataclass(frozen=True)
class Markdown(Text):
    """Text that the app renders as Markdown."""

    kind: ClassVar[str] = "markdown"


@dataclasses.dataclass(frozen=True)
class Bars:
    """Probabilities of labels.

    Args:
        probabilities: label -> probability, 0 to 1.
        label: The label decided for; the most probable one by default.
        labels: Set by the host: labels of which one is right with the probability ``coverage``.
        coverage: Set by the host with ``labels``; None where nothing was fitted.
        guaranteed: Set by the host: whether that promise holds for this text.
        sure: Set by the host: False where "not sure" is the better answer.
        why: Set by the host: why it is not sure, or promises nothing.
    """

    kind: ClassVar[str] = "bars"
    probabilities: Mapping[str, float]
    label: str = ""
    labels: Sequence[str] = ()
    coverage: float | None = None
    guaranteed: bool = True
    sure: bool = True
    why: str = ""

    def __post_init__(self) -> None:
        if not self.label and self.probabilities:
            best = max(self.probabilities, key=lambda name: self.probabilities[name])
            object.__setattr__(self, "label", best)

    def check(self) -> None:
        """Raise TypeError or ValueError unless the block holds what it declares."""
        _check_text(self.label, "Bars.label")
        _check_text(self.why, "Bars.why")
        for name, value in self.probabilities.items():
            _check_text(name, "a label of Bars")
            _check_number(value, f"Bars.probabilities[{name!r}]")
            if not -1e-6 <= value <= 1 + 1e-6:
                raise ValueError(f"Bars.probabilities[{name!r}] must lie between 0 and 1, got {value}")

    def plain(self) -> str:
        """The block as lines of plain text."""
        shares = ", ".join(f"{name} {value:.0%}" for name, value in self.probabilities.items())
        said = f"{self.label} ({shares})" if self.sure else f"not sure, perhaps {self.label} ({shares})"
        return f"{said}; {self.set_in_words}" if self.set_in_words else said

    @property
    def set_in_words(self) -> str:
        """The set, such as "positive or neutral, 90 %", and why it may not be trusted; "" where there is none."""
        if self.coverage is None:
            return ""
        promise = f"{' or '.join(self.labels)}, {self.coverage:.0%}" if self.guaranteed else ""
        return "; ".join(filter(None, (promise, self.why)))

    def fields(self) -> dict[str, Any]:
        """The block as JSON fields."""
        out: dict[str, Any] = {
            "label": self.label,
            "probabilities": {k: float(v) for k, v in self.probabilities.items()},
        }
        if self.coverage is not None:
            out |= {"set": list(self.labels), "coverage": self.coverage, "guaranteed": self.guaranteed}
            out |= {"sure": self.sure, "why": self.why}
        return out


@dataclasses.dataclass(frozen=True)
class Hit:
    """One ranked passage.

    Args:
        text: The passage.
        score: Fused score; higher is better, comparable within one ranking only.
        source: Where it stands, such as ``guide.md:12`` (file and first line).
        heading: Title or heading above the passage.
        path: The file, absolute; "" where there is none.
        line: Its first line there, from 1 (of a PDF the page, of JSONL the row); 0 where that is not known.
        coverage: Share of the query's words that stand in it, each weighted by how rare it is, 0 to 1.
        matched: How many different words of the query stand in it.
    """

    text: str
    score: float
    source: str
    heading: str = ""
    path: str = ""
    line: int = 0
    coverage: float = 0.0
    matched: int = 0


@dataclasses.dataclass(frozen=True)
class Ranking:
    """Ranked passages, best first."""

    kind: ClassVar[str] = "ranking"
    items: Sequence[Hit]

    def check(self) -> None:
        """Raise TypeError or ValueError unless the block holds what it declares."""
        for i, hit in enumerate(self.items):
            _check_text(hit.text, f"Ranking.items[{i}].text")
            _check_text(hit.source, f"Ranking.items[{i}].source")
            _check_text(hit.heading, f"Ranking.items[{i}].heading")
            _check_text(hit.path, f"Ranking.items[{i}].path")
            _check_number(hit.line, f"Ranking.items[{i}].line")
            _check_number(hit.score, f"Ranking.items[{i}].score")

    def plain(self) -> str:
        """The block as lines of plain text."""
        if not self.items:
            return "no passage found"
        return "\n".join(f"{i}. [{hit.source}] {hit.text}" for i, hit in enumerate(self.items, 1))

    def fields(self) -> dict[str, Any]:
        """The block as JSON fields."""
        return {"items": [{**dataclasses.asdict(hit), "score": float(hit.score)} for hit in self.items]}


@dataclasses.dataclass(frozen=True)
class Table:
    """Rows of cells under a header."""

    kind: ClassVar[str] = "table"
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def check(self) -> None:
        """Raise TypeError or ValueError unless the block holds what it declares."""
        for row in [self.header, *self.rows]:
            if len(row) != len(self.header):
                raise ValueError(f"a row of Table has {len(row)} cells where its header has {len(self.header)}")
            for cell in row:
                _check_text(cell, "a cell of Table")

    def plain(self) -> str:
        """The block as lines of plain text."""
        return "\n".join("\t".join(row) for row in [self.header, *self.rows])

    def fields(self) -> dict[str, Any]:
        """The block as JSON fields."""
        return {"header": list(self.header), "rows": [list(row) for row in self.rows]}


Block = Text | Markdown | Bars | Ranking | Table
BLOCKS: dict[str, type[Block]] = {block.kind: block for block in (Text, Markdown, Bars, Ranking, Table)}


class Answer:
    """What a head says of one example: one or more blocks.

    Args:
        *blocks: Blocks in the order in which they are shown; a str stands for ``Text``.
    """

    def __init__(self, *blocks: Block | str) -> None:
        self.blocks: tuple[Block, ...] = tuple(Text(b) if isinstance(b, str) else b for b in blocks)

    def __repr__(self) -> str:
        return f"Answer({', '.join(map(repr, self.blocks))})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Answer) and self.as_json() == other.as_json()

    __hash__ = None  # type: ignore[assignment]  # blocks may hold lists

    def check(self) -> None:
        """Check every block.

        Raises:
            TypeError, ValueError: If a block is none of the known kinds or holds what it must not.
        """
        if not self.blocks:
            raise ValueError("an Answer needs at least one block")
        for block in self.blocks:
            if BLOCKS.get(getattr(block, "kind", "")) is not type(block):
                raise TypeError(f"an Answer holds blocks (Text, Bars, ...), got {type(block).__name__}")
            block.check()

    @property
    def type(self) -> str:
        """Kind of the first block."""
        return self.blocks[0].kind

    @property
    def plain(self) -> str:
        """The answer as plain text, one block after the other."""
        return "\n".join(block.plain() for block in self.blocks)

    def as_json(self) -> dict[str, Any]:
        """Fields of the first block on top, under ``type``; all of them under ``blocks`` where there are several."""
        out: dict[str, Any] = {"type": self.type, **self.blocks[0].fields()}
        if len(self.blocks) > 1:
            out["blocks"] = [{"type": block.kind, **block.fields()} for block in self.blocks]
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Answer:
        """Rebuild an answer from ``as_json``.

        Raises:
            ValueError: If a block is of no known kind or lacks a field.
        """
        return cls(*(block_from_json(item) for item in data.get("blocks", [data])))


def block_from_json(data: Mapping[str, Any]) -> Block:
    """Rebuild one block from its JSON fields.

    Raises:
        ValueError: If it is of no known kind or lacks a field.
    """
    kind = data.get("type")
    try:
        if kind == "bars":
            fitted = [data[key] for key in ("set", "coverage", "guaranteed", "sure", "why")] if "set" in data else []
            return Bars(dict(data["probabilities"]), data["label"], *fitted)
        if kind == "ranking":
            return Ranking([_hit(item) for item in data["items"]])
        if kind == "table":
            return Table(list(data["header"]), [list(row) for row in data["rows"]])
        if kind in ("text", "markdown"):
            return BLOCKS[kind](data["text"])  # type: ignore[call-arg]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"block of kind {kind!r} is malformed: {error!r}") from error
    raise ValueError(f"no block of kind {kind!r}; known: {', '.join(sorted(BLOCKS))}")


def _hit(item: Mapping[str, Any]) -> Hit:
    known = {field.name: item[field.name] for field in dataclasses.fields(Hit) if field.name in item}
    return Hit(**known)  # text, score and source must be there


@dataclasses.dataclass(frozen=True)
class Metric:
    """One figure of a head.

    Args:
        value: The figure; fractions are 0 to 1.
        better: Which way is better.
    """

    value: float
    better: Literal["higher", "lower"]
