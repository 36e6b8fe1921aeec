"""A document opened at a passage: a window of its lines, where the passage stands, what has become of the file.

However large the file is, no more than a window of it is kept. Where the file is gone, or no longer holds the passage,
that is said in words and the passage is shown as it was indexed.
"""

from __future__ import annotations

import bisect
import dataclasses
import itertools
import re
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from chatkit.errors import ChatkitError
from chatkit.head.answer import Hit
from chatkit.runtime.document_lines import Line, lines_from, must_be_file

BEFORE, AFTER = 600, 1400  # lines of a window around its place
CHARACTERS = 300_000  # of a window, on either side
_BACK = {".pdf": 3, ".jsonl": 200}  # pages and rows that are read before the place; of text BEFORE lines
Span = tuple[int, int, int]  # line of the window; from and to which character of it
Cancelled = Callable[[], bool]


@dataclasses.dataclass(frozen=True)
class Window:
    """A part of a document.

    Args:
        lines: Its lines.
        at: The line that was asked for, as a place in ``lines``.
        above: Whether the document goes on above it.
        below: Whether it goes on below it.
    """

    lines: Sequence[Line]
    at: int
    above: bool
    below: bool


@dataclasses.dataclass(frozen=True)
class Opened:
    """A document at a passage.

    Args:
        window: The part of it around the passage; of the passage alone where the file cannot be read.
        marks: Where the passage stands in the window.
        note: What is to be said of the file; "" where it is as it was indexed.
        is_file: Whether the lines are those of the file.
    """

    window: Window
    marks: Sequence[Span]
    note: str = ""
    is_file: bool = True


def open_at(hit: Hit, indexed: tuple[int, int] | None = None, cancelled: Cancelled = lambda: False) -> Opened:
    """Open the document of a passage at it.

    Args:
        hit: The passage.
        indexed: Size and time of change (ns) that the file had when it was indexed; None where that is not known.
        cancelled: Asked now and then; the passage alone is given once it is true.
    """
    if not hit.path:
        return _alone(hit, "It is not known which file this passage comes from; it is shown as it was found.")
    path = Path(hit.path)
    try:
        state = must_be_file(path)
        changed = indexed is not None and indexed != (state.st_size, state.st_mtime_ns)
        window = window_at(path, hit.line or 1)
        if not hit.text:
            return Opened(window, [], "This file was changed since it was indexed." if changed else "")
        marks = _marks(window, hit)
        if not marks and (place := _place_now(path, hit.text, cancelled)):
            window = window_at(path, *place)
            marks = _marks(window, dataclasses.replace(hit, line=place[0]))
    except ChatkitError as error:
        reason = f"{path} is gone." if not path.exists() else f"{error.message}."
        return _alone(hit, f"{reason} The passage is shown as it was indexed.")
    if not marks:
        return _alone(hit, "This file was changed: it holds the passage no more. It is shown as it was indexed.")
    note = "This file was changed since it was indexed; the passage still stands in it." if changed else ""
    return Opened(window, marks, note)


def window_at(path: Path, number: int | None, skip: int = 0) -> Window:
    """The lines around a place.

    Args:
        path: The file.
        number: Line, page or row; None for the end of the document.
        skip: So many lines with that number stand above the place.

    Raises:
        ChatkitError: If the file cannot be read as a document.
    """
    back = _BACK.get(path.suffix.lower(), BEFORE)
    first = max(number - back, 1) if number is not None else 1
    before: deque[Line] = deque(maxlen=BEFORE)
    size, dropped = 0, first > 1
    source = lines_from(path, first)
    rest: Iterator[Line] = iter(())
    for line in source:
        skip -= line.number == number
        if number is not None and (line.number > number or skip < 0):
            rest = itertools.chain([line], source)
            break
        if len(before) == BEFORE:
            size -= len(before[0].text)
            dropped = True
        before.append(line)
        size += len(line.text)
        while size > CHARACTERS and len(before) > 1:
            size -= len(before.popleft().text)
            dropped = True
    after, size = list[Line](), 0
    for line in rest:
        if len(after) == AFTER or size > CHARACTERS:
            return Window([*before, *after], len(before), dropped, True)
        after.append(line)
        size += len(line.text)
    return Window([*before, *after], min(len(before), max(len(before) + len(after) - 1, 0)), dropped, False)


def find(lines: Sequence[Line], words: str) -> list[Span]:
    """Where words stand in the lines, in any case."""
    wanted = _pattern(words)
    return [(n, m.start(), m.end()) for n, line in enumerate(lines) for m in wanted.finditer(line.text) if m.group()]


def number_of(path: Path, words: str, window: Window, step: int, cancelled: Cancelled = lambda: False) -> int | None:
    """Where words stand next outside of a window: the line, page or row; None where they do not.

    Args:
        path: The file.
        words: What is searched for, in any case.
        window: The part of it that was searched already.
        step: 1 goes on below the window and then from the start of the file, -1 above it and then from the end.
        cancelled: Asked at each line; None is given once it is true.

    Raises:
        ChatkitError: If the file cannot be read.
    """
    wanted = _pattern(words)
    if step > 0:
        found = _first(path, wanted, window.lines[-1].number + 1, cancelled) if window.below else None
        return found or (_first(path, wanted, 1, cancelled) if window.above else None)
    found = _last(path, wanted, window.lines[0].number, cancelled) if window.above else None
    return found or (_last(path, wanted, None, cancelled) if window.below else None)


def marks_in(window: Window, opened: Opened) -> list[Span]:
    """The marks of a passage in another window of its file."""
    if not opened.is_file or not opened.marks:
        return []
    first = opened.marks[0][0]
    line = opened.window.lines[first]
    at = next((n for n, other in enumerate(window.lines) if other == line), None)
    moved = [(n - first + at, start, end) for n, start, end in opened.marks] if at is not None else []
    return [span for span in moved if span[0] < len(window.lines)]


def _first(path: Path, wanted: re.Pattern[str], start: int, cancelled: Cancelled) -> int | None:
    for line in lines_from(path, start):
        if cancelled():
            return None
        if wanted.search(line.text):
            return line.number
    return None


def _last(path: Path, wanted: re.Pattern[str], before: int | None, cancelled: Cancelled) -> int | None:
    found = None
    for line in lines_from(path):
        if cancelled() or (before is not None and line.number >= before):
            break
        if wanted.search(line.text):
            found = line.number
    return found


def _marks(window: Window, hit: Hit) -> list[Span]:
    """Where the passage stands in the window: at the place that is nearest to its line."""
    starts, flat = _flat(window.lines)
    found: list[tuple[int, int]] = []  # how far away, offset
    at = flat.find(hit.text) if hit.text else -1
    while at >= 0:
        number = window.lines[bisect.bisect_right(starts, at) - 1].number
        found.append((abs(number - hit.line), at))
        at = flat.find(hit.text, at + 1)
    if not found:
        return []
    start = min(found)[1]
    end = start + len(hit.text)
    covered = range(bisect.bisect_right(starts, start) - 1, bisect.bisect_left(starts, end))
    spans = ((n, max(start - starts[n], 0), min(end - starts[n], len(window.lines[n].text))) for n in covered)
    return [span for span in spans if span[1] < span[2]]


def _place_now(path: Path, text: str, cancelled: Cancelled) -> tuple[int, int] | None:
    """Where a text stands now: the number of its first line, and which of the lines with that number it is."""
    held: deque[tuple[Line, int]] = deque()
    size = number = piece = 0
    for line in lines_from(path):
        if cancelled():
            return None
        piece = piece + 1 if line.number == number else 0
        number = line.number
        held.append((line, piece))
        size += len(line.text) + 1
        while size - len(held[0][0].text) - len(line.text) - 2 >= len(text) and len(held) > 1:
            size -= len(held.popleft()[0].text) + 1
        starts, flat = _flat([other for other, _ in held])
        if (at := flat.find(text)) >= 0:
            found, which = held[bisect.bisect_right(starts, at) - 1]
            return found.number, which
    return None


def _flat(lines: Sequence[Line]) -> tuple[list[int], str]:
    """The lines as one text, and where in it each of them starts."""
    starts, size = list[int](), 0
    for n, line in enumerate(lines):
        size += n > 0 and not line.goes_on
        starts.append(size)
        size += len(line.text)
    return starts, "".join(("" if n == 0 or line.goes_on else "\n") + line.text for n, line in enumerate(lines))


def _alone(hit: Hit, note: str) -> Opened:
    lines = [Line(hit.line or 0, text) for text in hit.text.split("\n")]
    marks = [(n, 0, len(line.text)) for n, line in enumerate(lines)]
    return Opened(Window(lines, 0, above=False, below=False), marks, note, is_file=False)


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(re.escape(words), re.IGNORECASE)
