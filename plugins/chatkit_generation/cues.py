"""Cues: words that must stand in a message for it to be about a matter, and how they are found in it.

``"(my/our) dog + died/passed away"`` has two parts, of which each must stand in the message in one of its alternatives;
an alternative is some words side by side, in brackets those of which one stands there, ``*`` behind a word stands for
any ending, and ``@pet`` for the words of a set.

W = words of a message
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from chatkit_generation.wording import bare

ALSO, OR, ENDING, SET = "+", "/", "*", "@"
_LEAST_OF_STEM = 3  # letters before a "*"
_A_SET = re.compile(r"@(\w+)")
_BETWEEN = re.compile(rf"{OR}(?![^()]*\))")  # alternatives of a part, none in brackets
_IN_BRACKETS = re.compile(r"\(([^()]*)\)")
Phrase = tuple[str, ...]  # words side by side, the stems among them with a "*" behind them


class Cue(NamedTuple):
    """Parts, each of some phrases of which one must stand in the message."""

    parts: tuple[frozenset[Phrase], ...]


class Fit(NamedTuple):
    """How well a cue fits: larger is better.

    Args:
        parts: Of how many parts it is.
        words: How many words of the message they take.
        place: Where the last of these words stands: what is said last is what it comes to.
    """

    parts: int
    words: int
    place: int


def cue_of(text: str, sets: Mapping[str, Sequence[str]]) -> Cue:
    """A cue as it is written.

    Raises:
        ValueError: If a part is empty, a set is not known, or a stem is too short.
    """
    return Cue(tuple(_phrases(part, text, sets) for part in f" {text} ".split(f" {ALSO} ")))


def _phrases(part: str, cue: str, sets: Mapping[str, Sequence[str]]) -> frozenset[Phrase]:
    alternatives = (filled for each in _BETWEEN.split(part) for filled in _filled(each, cue, sets))
    out = [phrase for each in alternatives if (phrase := _phrase(each, cue))]
    if not out:
        raise ValueError(f"cue {cue!r}: a part of it has no words")
    return frozenset(out)


def _filled(text: str, cue: str, sets: Mapping[str, Sequence[str]]) -> Iterable[str]:
    """An alternative with each word of the sets, and of the brackets, in it."""
    found = _IN_BRACKETS.search(text) or _A_SET.search(text)
    if not found:
        return (text,)
    if found[0].startswith(SET):
        if found[1] not in sets:
            raise ValueError(f"cue {cue!r}: there is no set {SET}{found[1]}; there are: {', '.join(sets) or 'none'}")
        words: Sequence[str] = sets[found[1]]
    else:
        words = found[1].split(OR)
    before, behind = text[: found.start()], text[found.end() :]
    return [filled for word in words for filled in _filled(f"{before}{word}{behind}", cue, sets)]


def _phrase(text: str, cue: str) -> Phrase:
    if "(" in text or ")" in text:
        raise ValueError(f"cue {cue!r}: a bracket has no other one")
    out: list[str] = []
    for word in text.split():
        is_stem = word.endswith(ENDING)
        plain = _plain(word.rstrip(ENDING))
        if is_stem and len("".join(plain[-1:])) < _LEAST_OF_STEM:
            raise ValueError(f"cue {cue!r}: {word!r} must be at least {_LEAST_OF_STEM} letters and a {ENDING}")
        out += [*plain[:-1], f"{plain[-1]}{ENDING}"] if is_stem else plain
    return tuple(out)


@functools.lru_cache(maxsize=1 << 15)
def _plain(word: str) -> Phrase:
    """A word as it is read in messages; cues share most of theirs."""
    return tuple(bare(word).split())


class Finder:
    """Finds which of many cues stand in a message; that takes as long as its words are many, not the cues.

    Args:
        cues: The cues; they are named by their place.
    """

    def __init__(self, cues: Sequence[Cue]) -> None:
        numbers: dict[frozenset[Phrase], int] = {}
        self._parts = [tuple(numbers.setdefault(part, len(numbers)) for part in cue.parts) for cue in cues]
        self._starting: dict[str, list[tuple[Phrase, int]]] = {}  # first word or stem -> phrases, each with its part
        for part, number in numbers.items():
            for phrase in part:
                self._starting.setdefault(phrase[0], []).append((phrase, number))
        self._holding: list[list[int]] = [[] for _ in numbers]  # cues of which a part is the first
        for place, parts in enumerate(self._parts):
            self._holding[parts[0]].append(place)

    def found(self, text: str, before: str = "", rare: int = 0) -> dict[int, Fit]:
        """Cues of which all parts stand in a text, by place, and how well each fits.

        Args:
            text: The text.
            before: What was said before it: parts may stand there, too, but for one in the text with a rare word.
            rare: How many phrases of cues begin with such a word, at most.
        """
        ahead = bare(before).split()
        words = [*ahead, *bare(text).split()]
        own = {place for place in range(len(ahead), len(words)) if self._begun(words[place]) <= rare} if ahead else None
        held: dict[int, dict[int, int]] = {}  # part -> where it ends -> how many words it takes
        for place in range(len(words)):
            for phrase, part in self._at(words, place):
                ends = held.setdefault(part, {})
                ends[place + len(phrase)] = max(ends.get(place + len(phrase), 0), len(phrase))
        out = {}
        for part in held:
            for cue in self._holding[part]:
                if all(other in held for other in self._parts[cue]) and (fit := _fit(self._parts[cue], held, own)):
                    out[cue] = fit
        return out

    def _begun(self, word: str) -> int:
        """How many phrases of cues begin with a word."""
        return sum(len(self._starting.get(key, ())) for key in _keys(word))

    def _at(self, words: Sequence[str], place: int) -> Iterable[tuple[Phrase, int]]:
        """Phrases that begin at a word."""
        keys = _keys(words[place])
        for phrase, part in itertools.chain.from_iterable(self._starting.get(key, ()) for key in keys):
            rest = words[place + 1 : place + len(phrase)]
            if len(rest) == len(phrase) - 1 and all(map(_fits, phrase[1:], rest)):
                yield phrase, part


def _keys(word: str) -> Iterable[str]:
    """A word, and the stems that it may have."""
    return (word, *(f"{word[:size]}{ENDING}" for size in range(_LEAST_OF_STEM, len(word) + 1)))


def _fit(parts: Sequence[int], held: Mapping[int, Mapping[int, int]], own: Container[int] | None = None) -> Fit | None:
    """How well parts fit, each with words of its own; None where one word would have to stand for two of them.

    None, too, where none of these words stands where ``own`` says.
    """
    taken: set[int] = set()
    words = 0
    for part in sorted(parts, key=lambda number: len(held[number])):
        ways = [(size, end) for end, size in held[part].items() if taken.isdisjoint(range(end - size, end))]
        if not ways:
            return None
        size, end = max(ways)
        taken.update(range(end - size, end))
        words += size
    return Fit(len(parts), words, max(taken)) if own is None or any(place in own for place in taken) else None


def _fits(wanted: str, word: str) -> bool:
    return word.startswith(wanted[:-1]) if wanted.endswith(ENDING) else word == wanted
