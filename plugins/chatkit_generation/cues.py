"""Cues: words that must stand in a message for it to be about a matter, as they are written (found by ``finding.py``).

``"(my/our) dog + died/passed away"`` has two parts, of which each must stand in the message in one of its alternatives;
an alternative is some words side by side, in brackets those of which one stands there, ``*`` behind a word stands for
any ending, and ``@pet`` for the words of a set.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chatkit_generation.wording import bare

ALSO, OR, ENDING, SET = "+", "/", "*", "@"
LEAST_OF_STEM = 3  # letters before a "*"
_A_SET = re.compile(r"@(\w+)")
_BETWEEN = re.compile(rf"{OR}(?![^()]*\))")  # alternatives of a part, none in brackets
_TOKEN = re.compile(r"\([^()]*\)|[^\s()]+(?:\([^()]*\))?|[()]")  # a word, a set, or words in brackets
Words = frozenset[str]  # of which one stands at a place; those with a "*" behind them are stems
Phrase = tuple[Words, ...]  # words side by side


class Cue(NamedTuple):
    """Parts, each of some phrases of which one must stand in the message."""

    parts: tuple[tuple[Phrase, ...], ...]


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
    if len("".join(plain[-1:])) < LEAST_OF_STEM:
        raise ValueError(f"{word!r} must be at least {LEAST_OF_STEM} letters and a {ENDING}")
    return [*plain[:-1], f"{plain[-1]}{ENDING}"]


@functools.lru_cache(maxsize=1 << 15)
def _plain(word: str) -> tuple[str, ...]:
    """A word as it is read in messages."""
    return tuple(bare(word).split())


def is_nested(cue: Cue) -> bool:
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


def keys_of(word: str, longest: int) -> tuple[str, ...]:
    """What a word of a message may stand as in cues: itself, and the stems that it may have.

    Args:
        word: The word.
        longest: Letters of the longest stem that is looked for.
    """
    return (word, *(f"{word[:size]}{ENDING}" for size in range(LEAST_OF_STEM, min(len(word), longest) + 1)))
