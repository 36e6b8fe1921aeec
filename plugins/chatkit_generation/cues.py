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
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

from chatkit_generation.wording import bare

SPAN = 16  # words of a message among which all parts of a cue stand
ALSO, OR, ENDING, SET = "+", "/", "*", "@"
_LEAST_OF_STEM = 3  # letters before a "*"
_A_SET = re.compile(r"@(\w+)")
_BETWEEN = re.compile(rf"{OR}(?![^()]*\))")  # alternatives of a part, none in brackets
_TOKEN = re.compile(r"\([^()]*\)|[^\s()]+(?:\([^()]*\))?|[()]")  # a word, a set, or words in brackets
Words = frozenset[str]  # of which one stands at a place; those with a "*" behind them are stems
Phrase = tuple[Words, ...]  # words side by side


class Cue(NamedTuple):
    """Parts, each of some phrases of which one must stand in the message."""

    parts: tuple[tuple[Phrase, ...], ...]


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


class Reader:
    """Reads cues as they are written.

    Args:
        sets: Words that stand for one another, by the name of each set.
    """

    def __init__(self, sets: Mapping[str, Sequence[str]]) -> None:
        self._sets = sets
        self._read: dict[str, tuple[Phrase, ...]] = {}  # cues of one file share most of their tokens

    def cue(self, text: str) -> Cue:
        """A cue as it is written.

        Raises:
            ValueError: If a part is empty, a set is not known, or a stem is too short.
        """
        try:
            return Cue(tuple(self._phrases(part) for part in f" {text} ".split(f" {ALSO} ")))
        except ValueError as error:
            raise ValueError(f"cue {text!r}: {error}") from None

    def _phrases(self, part: str) -> tuple[Phrase, ...]:
        out = [phrase for each in _BETWEEN.split(part) for phrase in self._phrases_of(each) if phrase]
        if not out:
            raise ValueError("a part of it has no words")
        return tuple(out)

    def _phrases_of(self, text: str) -> list[Phrase]:
        """Phrases of an alternative: one, but for words that are read as several ("gonna", "three-pointer")."""
        out: list[Phrase] = [()]
        for token in _TOKEN.findall(text):
            ways = self._read.get(token)
            if ways is None:
                plain = SET not in token and not token.startswith(("(", ")")) and not token.endswith("(")
                ways = self._read[token] = _of_word(token) if plain else self._of_token(token)
            out = [before + way for before in out for way in ways]
        return out

    def _of_token(self, token: str) -> tuple[Phrase, ...]:
        """Phrases that a token stands for: one of its single words, or each that is read as several."""
        single, several = list[str](), list[Phrase]()
        for words in self._ways(token):
            if len(words) == 1:
                single += words
            else:
                several.append(tuple(frozenset((word,)) for word in words))
        return (*([(frozenset(single),)] if single else []), *several)

    def _ways(self, token: str) -> list[list[str]]:
        """In which words a token may stand: itself, those in brackets, those of a set."""
        if token.startswith("(") and token.endswith(")"):
            inner = (phrase.split() for phrase in token[1:-1].split(OR))
            return [
                [word for chosen in way for word in chosen]
                for words in inner
                for way in itertools.product(*(self._ways(word) for word in words))
            ]
        if token.strip("()") != token:
            raise ValueError("a bracket has no other one")
        if not (found := _A_SET.search(token)):
            return [_words(token)]
        if found[1] not in self._sets:
            raise ValueError(f"there is no set {SET}{found[1]}; there are: {', '.join(self._sets) or 'none'}")
        before, behind = token[: found.start()], token[found.end() :]
        return [_words(f"{before}{word}{behind}") for word in self._sets[found[1]]]


@functools.lru_cache(maxsize=1 << 15)
def _of_word(word: str) -> tuple[Phrase, ...]:
    """The phrase that one word of a cue is read as; the cues of all files share most of theirs."""
    return (tuple(frozenset((each,)) for each in _words(word)),)


def _words(word: str) -> list[str]:
    """The words that one word of a cue is read as."""
    plain = _plain(word.rstrip(ENDING))
    if not word.endswith(ENDING):
        return [*plain]
    if len("".join(plain[-1:])) < _LEAST_OF_STEM:
        raise ValueError(f"{word!r} must be at least {_LEAST_OF_STEM} letters and a {ENDING}")
    return [*plain[:-1], f"{plain[-1]}{ENDING}"]


@functools.lru_cache(maxsize=1 << 15)
def _plain(word: str) -> tuple[str, ...]:
    """A word as it is read in messages."""
    return tuple(bare(word).split())


class Finder:
    """Finds which of many cues stand in a message; that takes as long as its words are many, not the cues.

    Args:
        cues: The cues; they are named by their place.
    """

    def __init__(self, cues: Sequence[Cue]) -> None:
        numbers: dict[tuple[Phrase, ...], int] = {}
        self._parts = [tuple(numbers.setdefault(part, len(numbers)) for part in cue.parts) for cue in cues]
        self._nested = {place for place, cue in enumerate(cues) if _is_nested(cue)}
        self._counts = Counter(word for part in numbers for phrase in part for words in phrase for word in words)
        self._sums: dict[Words, int] = {}
        # Rarest word of a phrase -> the phrase, its part, and where the word stands in it.
        self._anchored: dict[str, list[tuple[Phrase, int, int]]] = {}
        for part, number in numbers.items():
            for phrase in part:
                at = min(range(len(phrase)), key=lambda place: self._common(phrase[place])) if len(phrase) > 1 else 0
                anchor = phrase, number, at
                for word in phrase[at]:
                    self._anchored.setdefault(word, []).append(anchor)
        self._sums.clear()
        self._holding: dict[int, list[int]] = {}  # cues of which a part is the first
        for place, parts in enumerate(self._parts):
            self._holding.setdefault(parts[0], []).append(place)
        _plain.cache_clear()  # what was kept for reading is not needed for finding
        _of_word.cache_clear()

    def found(self, text: str, before: str = "", rare: int = 0) -> dict[int, Fit]:
        """Cues of which all parts stand in a text, by place, and how well each fits.

        Args:
            text: The text.
            before: What was said before it: parts may stand there, too, but for one in the text with a rare word.
            rare: In how many places of cues such a word stands, at most.
        """
        ahead = bare(before).split()
        words = [*ahead, *bare(text).split()]
        own = {place for place in range(len(ahead), len(words)) if self._count(words[place]) <= rare} if ahead else None
        held: dict[int, dict[int, int]] = {}  # part -> where it ends -> how many words it takes
        for part, first, size in self._standing(words):
            ends = held.setdefault(part, {})
            ends[first + size] = max(ends.get(first + size, 0), size)
        out = {}
        for part in held:
            for cue in self._holding.get(part, ()):
                parts = self._parts[cue]
                if all(other in held for other in parts) and (fit := _fit(parts, held, own, cue in self._nested)):
                    out[cue] = fit
        return out

    def _common(self, words: Words) -> int:
        """How common words are in cues, all together."""
        if words not in self._sums:
            self._sums[words] = sum(map(self._counts.__getitem__, words))
        return self._sums[words]

    def _count(self, word: str) -> int:
        """In how many places of cues a word stands."""
        return sum(self._counts.get(key, 0) for key in _keys(word))

    def _standing(self, words: Sequence[str]) -> Iterable[tuple[int, int, int]]:
        """Parts of which a phrase stands in a row of words: number, where it begins, and how many words it takes."""
        keys = [_keys(word) for word in words]
        for place, ways in enumerate(keys):
            for phrase, part, at in itertools.chain.from_iterable(self._anchored.get(key, ()) for key in ways):
                first, steps = place - at, enumerate(phrase)
                fits = first >= 0 and first + len(phrase) <= len(words)
                if fits and all(at == step or not wanted.isdisjoint(keys[first + step]) for step, wanted in steps):
                    yield part, first, len(phrase)


def _is_nested(cue: Cue) -> bool:
    """Whether a phrase of one part holds one of another part: "nice poem + poem"."""
    longer = [any(len(phrase) > 1 for phrase in part) for part in cue.parts]
    if not any(longer) or len(cue.parts) < 2:
        return False
    for whole, part in itertools.permutations(cue.parts, 2):
        outers = [phrase for phrase in whole if len(phrase) > 1]
        inner = {phrase for phrase in part if all(len(words) == 1 for words in phrase)} if outers else ()
        for outer in outers:
            sizes = range(1, len(outer))
            if inner and any(outer[at : at + size] in inner for size in sizes for at in range(len(outer) - size + 1)):
                return True
    return False


def _keys(word: str) -> tuple[str, ...]:
    """A word, and the stems that it may have."""
    return (word, *(f"{word[:size]}{ENDING}" for size in range(_LEAST_OF_STEM, len(word) + 1)))


def _fit(
    parts: Sequence[int], held: Mapping[int, Mapping[int, int]], own: Container[int] | None, nested: bool
) -> Fit | None:
    """How well parts fit, each with words of its own; None where one word would have to stand for two of them.

    None, too, where they stand far apart, or none of these words stands where ``own`` says. Those of nested parts may
    share words.
    """
    taken: set[int] = set()
    words = 0
    for part in sorted(parts, key=lambda number: len(held[number])):
        ways = [(size, end) for end, size in held[part].items() if nested or taken.isdisjoint(range(end - size, end))]
        if not ways:
            return None
        size, end = max(ways)
        taken.update(range(end - size, end))
        words += size
    if own is None:
        return Fit(len(parts), words, max(taken)) if max(taken) - min(taken) < SPAN else None
    return Fit(len(parts), words, max(taken)) if any(place in own for place in taken) else None
