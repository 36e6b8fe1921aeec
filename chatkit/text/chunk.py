"""Splits long texts into passages at paragraph and sentence borders, with overlap, and says where each is.

A sentence ends at . ! ? … before white space, at the full stops of Chinese, Japanese and Hindi, at a blank
line and at a list item. A sentence that is too long by itself is cut at a space, or anywhere where there is
none.
"""

from __future__ import annotations

import dataclasses
import re
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple

MAX_WORDS = 120
MAX_CHARS = 1000
OVERLAP_WORDS = 20

_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\U00020000-\U0003ffff"
_TOKEN = re.compile(rf"(?P<unspaced>[{_UNSPACED}])|[^\s{_UNSPACED}]+")
_BORDER = re.compile(
    r"(?P<paragraph>\n[ \t\r]*\n\s*)"
    r"|\n(?=[ \t]*(?:[-*+•]|\d{1,3}[.)])[ \t])"
    r"|(?<=[.!?…])[\"'”’)\]]*\s+"
    r"|(?<=[。！？।॥])[」』”’）]*\s*"
)


@dataclasses.dataclass(frozen=True)
class Passage:
    """A part of a text.

    Args:
        text: The part, without white space at its ends.
        start: Offset of its first character in the text.
        end: Offset behind its last character: ``text[start:end]`` is the passage.
        line: Line on which it starts, from 1.
    """

    text: str
    start: int
    end: int
    line: int


class _Limits(NamedTuple):
    words: int
    chars: int


class _Sentence(NamedTuple):
    start: int
    end: int
    words: float
    closes_paragraph: bool


def chunk(
    text: str, *, max_words: int = MAX_WORDS, max_chars: int = MAX_CHARS, overlap_words: int = OVERLAP_WORDS
) -> Iterator[Passage]:
    """Split a text into passages that overlap.

    Args:
        text: Any text.
        max_words: Words in a passage at most; a character of a script without spaces is half a word.
        max_chars: Characters in a passage at most.
        overlap_words: Whole sentences up to so many words are repeated at the start of the next passage,
            unless a
            paragraph ends between the two.
    Yields:
        Passages in order; every character that is no white space stands in at least one.

    Raises:
        ValueError: If a limit is below 1, or the overlap is not below half of max_words.
    """
    if max_words < 1 or max_chars < 1 or not 0 <= overlap_words <= max_words / 2:
        raise ValueError(
            "limits must be at least 1 and the overlap at most half of max_words, "
            f"got max_words={max_words}, max_chars={max_chars}, overlap_words={overlap_words}"
        )
    line, counted = 1, 0
    for start, end in _packed(text, _Limits(max_words, max_chars), overlap_words):
        # Passages may start before the end of the last one, never before its start.
        line += text.count("\n", counted, start)
        counted = start
        yield Passage(text[start:end], start, end, line)


def _packed(text: str, limits: _Limits, overlap: int) -> Iterator[tuple[int, int]]:
    held: deque[_Sentence] = deque()
    words = 0.0
    fresh = False  # whether anything is held that stands in no passage yet
    for sentence in _sentences(text, limits):
        full = words + sentence.words > limits.words or (held and sentence.end - held[0].start > limits.chars)
        # A paragraph border is the better place, once a passage is at least half full.
        if held and (full or (held[-1].closes_paragraph and words >= limits.words / 2)):
            if fresh:
                yield held[0].start, held[-1].end
            keep = 0 if held[-1].closes_paragraph else overlap
            while held and (
                words > keep or words + sentence.words > limits.words or sentence.end - held[0].start > limits.chars
            ):
                words -= held.popleft().words
            words = words if held else 0.0
        held.append(sentence)
        words += sentence.words
        fresh = True
    if held and fresh:
        yield held[0].start, held[-1].end


def _sentences(text: str, limits: _Limits) -> Iterator[_Sentence]:
    start = 0
    for match in _BORDER.finditer(text):
        closes = match["paragraph"] is not None or "\n\n" in match.group()
        yield from _cut(text, start, match.end(), limits, closes=closes)
        start = match.end()
    yield from _cut(text, start, len(text), limits, closes=True)


def _cut(text: str, start: int, end: int, limits: _Limits, *, closes: bool) -> Iterator[_Sentence]:
    """The sentence text[start:end] without white space at its ends, in pieces if it is too long."""
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end:
        if text[start].isspace():
            start += 1
            continue
        stop, words = _fitting(text, start, end, limits)
        last = stop
        while last > start and text[last - 1].isspace():
            last -= 1
        yield _Sentence(start, last, words, closes and stop == end)
        start = stop


def _fitting(text: str, start: int, end: int, limits: _Limits) -> tuple[int, float]:
    """Where a piece that starts here must stop to keep the limits, and how many words it has."""
    limit = min(end, start + limits.chars)
    words = 0.0
    for match in _TOKEN.finditer(text, start, limit):
        size = 0.5 if match["unspaced"] else 1.0
        torn = match.end() == limit < end and not match["unspaced"] and not text[limit].isspace()
        if words and (words + size > limits.words or torn):
            return match.start(), words
        words += size
    return limit, words
