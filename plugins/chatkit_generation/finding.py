"""Which of many cues stand in a message: an index of numbers, in which a search takes as long as its words are many.

Words, sets of words that may stand at a place, phrases (sets side by side), parts (phrases of which one stands there)
and cues (parts that all stand there) have a number each; each kind is rows of numbers of the kind before it.

V = words of all cues, S = sets of words, F = phrases, P = parts, C = cues, W = words of a message, H = hits
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Container, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chatkit_generation.cues import ENDING, Cue, is_nested, keys_of
from chatkit_generation.rows import Rows, Stored, numbered, read
from chatkit_generation.wording import bare

SPAN = 16  # words of a message among which all parts of a cue stand
LONGEST: Final = 255  # bytes of a word of a cue


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


@dataclasses.dataclass(frozen=True)
class Compiled:
    """Cues as they are stored.

    Args:
        words: V words in UTF-8.
        sets: S rows of words.
        phrases: F rows of sets.
        parts: P rows of phrases.
        cues: C rows of parts.
        nested: (C,) whether a phrase of one part holds one of another part.
    """

    words: Sequence[bytes]
    sets: Stored
    phrases: Stored
    parts: Stored
    cues: Stored
    nested: NDArray[np.bool_]


def compiled(cues: Sequence[Cue]) -> Compiled:
    """Cues, ready to be stored; they are named by their place.

    Raises:
        ValueError: If a word is too long.
    """
    of_cues, parts = numbered([cue.parts for cue in cues])
    of_parts, phrases = numbered(parts)
    of_phrases, sets = numbered(phrases)
    of_sets, words = numbered([sorted(words) for words in sets])
    long = next((word for word in words if len(word.encode()) > LONGEST), None)
    if long is not None:
        raise ValueError(f"a word of a cue takes more than {LONGEST} bytes: {long[:30]}...")
    nested = np.array([is_nested(cue) for cue in cues], np.bool_)
    return Compiled([word.encode() for word in words], of_sets, of_phrases, of_parts, of_cues, nested)


class Finder:
    """Finds which of many cues stand in a message.

    Args:
        stored: The cues.
    Raises:
        ValueError: If they do not fit together.
    """

    def __init__(self, stored: Compiled) -> None:
        self._cues, parts = read(stored.cues)
        of_parts, phrases = read(stored.parts)
        self._phrases, sets = read(stored.phrases)
        of_sets, words = read(stored.sets)
        sizes = (stored.parts.sizes, stored.phrases.sizes, stored.sets.sizes, stored.words)
        if (parts, phrases, sets, words) != tuple(map(len, sizes)) or len(stored.nested) != len(stored.cues.sizes):
            raise ValueError("its rows do not fit together")
        if any(not 0 < len(word) <= LONGEST for word in stored.words):
            raise ValueError("it has a word that is none")
        uses = np.bincount(of_parts.values, minlength=phrases)  # of each phrase; then of each set, and of each word
        uses = np.bincount(self._phrases.values, np.repeat(uses, self._phrases.sizes), sets)
        counts = np.bincount(of_sets.values, np.repeat(uses, of_sets.sizes), words).astype(np.int64)
        self._at, anchors = _rarest(self._phrases, of_sets, counts)
        order = sorted(range(words), key=stored.words.__getitem__)
        self._words = np.array([stored.words[number] for number in order], np.bytes_)  # (V,) in order
        self._numbers = np.array(order, np.int32)  # (V,) of each of these
        self._counts = counts.astype(np.int32)  # (V,) in how many places of cues each stands
        self._stem = max((len(word.decode()) for word in stored.words if word.endswith(ENDING.encode())), default=1) - 1
        self._sets = of_sets.inverse(words)  # word -> sets
        self._anchored = Rows(np.arange(phrases + 1, dtype=np.int32), anchors).inverse(sets)  # set -> phrases
        self._parts = of_parts.inverse(phrases)  # phrase -> parts
        self._nested = stored.nested

    def __len__(self) -> int:
        return len(self._nested)

    def found(self, text: str, before: str = "", rare: int = 0) -> dict[int, Fit]:
        """Cues of which all parts stand in a text, by place, and how well each fits.

        Args:
            text: The text.
            before: What was said before it: parts may stand there, too, but for one in the text with a rare word.
            rare: In how many places of cues such a word stands, at most.
        """
        ahead = bare(before).split()
        words = [*ahead, *bare(text).split()]
        places, numbers = self._known(words)
        if not len(places):
            return {}
        own = None
        if ahead:
            counts = np.bincount(places, self._counts[numbers], len(words))
            own = {place for place in range(len(ahead), len(words)) if counts[place] <= rare}
        part, end, size = self._standing(places, numbers, len(words))
        there = np.zeros(int(self._cues.values.max(initial=-1)) + 1, np.bool_)  # (P,)
        there[part] = True
        cues = np.flatnonzero(np.logical_and.reduceat(there[self._cues.values], self._cues.starts[:-1]))
        there[:] = False
        there[self._cues.of(cues)[1]] = True
        wanted = there[part]
        held: dict[int, dict[int, int]] = {}  # part -> where it ends -> how many words it takes
        for number, last, took in zip(*(each[wanted].tolist() for each in (part, end, size)), strict=True):
            ends = held.setdefault(number, {})
            ends[last] = max(ends.get(last, 0), took)
        out = {}
        for cue in cues.tolist():
            parts = self._cues.values[self._cues.starts[cue] : self._cues.starts[cue + 1]].tolist()
            if fit := _fit(parts, held, own, bool(self._nested[cue])):
                out[cue] = fit
        return out

    def _known(self, words: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Words of cues that words of a message stand for: where each stands in it, and its number."""
        keys = [(key.encode("utf-8", "replace"), at) for at, word in enumerate(words) for key in self._keys(word)]
        if not keys or not len(self._words):
            return np.zeros(0, np.int64), np.zeros(0, np.int32)
        asked = np.array([key for key, _ in keys], np.bytes_)
        at = np.minimum(np.searchsorted(self._words, asked), len(self._words) - 1)
        known = self._words[at] == asked
        return np.array([place for _, place in keys], np.int64)[known], self._numbers[at[known]]

    def _keys(self, word: str) -> Collection[str]:
        """What is looked for of a word; one that is too long to be a word of a cue begins with a stem at most."""
        keys = keys_of(word, self._stem)
        return keys if len(word) <= LONGEST else keys[1:]

    def _standing(
        self, places: NDArray[np.int64], numbers: NDArray[np.int32], count: int
    ) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int32]]:
        """Parts of which a phrase stands in a row of words: (H,) number, where it ends, and how many words it takes.

        Args:
            places: Where words of cues stand in the row.
            numbers: Their numbers.
            count: W.
        """
        which, sets = self._sets.of(numbers)
        kinds = len(self._anchored.starts) - 1  # S
        codes = np.unique(places[which] * kinds + sets)  # what stands where
        which, phrases = self._anchored.of(codes % kinds)
        first, sizes = (codes // kinds)[which] - self._at[phrases], self._phrases.sizes_of(phrases)
        left = np.flatnonzero((first >= 0) & (first + sizes <= count))
        for step in range(int(sizes[left].max(initial=0))):
            steps = np.minimum(step, sizes[left] - 1)  # what is shorter has its last word looked at again
            wanted = (first[left] + steps) * kinds + self._phrases.values[self._phrases.starts[phrases[left]] + steps]
            left = left[codes[np.minimum(np.searchsorted(codes, wanted), len(codes) - 1)] == wanted]
        which, parts = self._parts.of(phrases[left])
        return parts, (first + sizes)[left][which], sizes[left][which]


def _rarest(phrases: Rows, sets: Rows, counts: NDArray[np.int64]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Where in each phrase (F,) the set stands whose words are the rarest in cues all together, and its number (F,).

    Args:
        phrases: Rows of sets.
        sets: Rows of words.
        counts: (V,) in how many places of cues each word stands.
    """
    if not len(phrases.values):
        return np.zeros(0, np.int32), np.zeros(0, np.int32)
    common = np.add.reduceat(counts[sets.values], sets.starts[:-1])[phrases.values]
    least = np.minimum.reduceat(common, phrases.starts[:-1])
    rare = np.flatnonzero(common == np.repeat(least, phrases.sizes))
    at = rare[np.searchsorted(rare, phrases.starts[:-1])]
    return (at - phrases.starts[:-1]).astype(np.int32), phrases.values[at]


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
