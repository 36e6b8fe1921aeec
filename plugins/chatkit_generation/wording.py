"""Words as they are meant: without marks and capitals, chat-speak written out, long words spelled as they are known."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

_MARKS = re.compile(r"[^\w' ]+")
_WORD = re.compile(r"\w+")
_SHORTENED = (
    "i'm i've don't doesn't didn't can't couldn't won't wouldn't shouldn't isn't aren't wasn't weren't haven't hasn't"
    " hadn't you're you've they're that's what's there's who's let's"
)
_TYPED = """
u you, ya you, ur your, r are, y why, thx thanks, thanx thanks, tnx thanks, ty thanks, pls please, plz please,
gonna going to, wanna want to, gotta got to, gimme give me, lemme let me, dunno do not know, idk I do not know,
cuz because, coz because, cos because, bc because, tho though, thru through, tmrw tomorrow, tmr tomorrow,
tonite tonight, nite night, bout about, kinda kind of, sorta sort of, rn right now, tbh honestly, omg oh no,
luv love, gd good, abt about, ppl people, sth something, smth something, smt something, msg message, pic picture,
bday birthday, fav favourite, fave favourite, favorite favourite, color colour, mom mum, movie film, movies films,
cya see you, byebye bye,
goodnight good night, gn good night, hiya hello, yo hello, heya hello"""
_MEANT = {word.replace("'", ""): word for word in _SHORTENED.split()}
_MEANT |= {
    word: meant for word, _, meant in (" ".join(pair.split()).lower().partition(" ") for pair in _TYPED.split(","))
}
DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tonight|tomorrow"  # as they are named
# What a reply says that sends somebody in need to help; nothing else that is said goes before it.
GRAVE = re.compile(
    r"helpline|emergency number|only a (small |plain )?program|go to the police|face this alone", re.IGNORECASE
)
_END_OF_SENTENCE = re.compile(r"(?<=[.!?;\u2026])\s+")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_LONG = 6  # letters of a word that is taken for another one with a letter more, fewer or other


def sentences(text: str) -> list[str]:
    """Sentences of a text, by the marks between them."""
    return [part for part in _END_OF_SENTENCE.split(text.strip()) if part]


def bare(text: str) -> str:
    """A message without marks and capitals, for what is typed in many ways is meant as one ("im", "I'm")."""
    words = _MARKS.sub(" ", text.lower().replace("\u2019", "'")).split()
    return " ".join(_MEANT.get(word, word) for word in words)


def spelled(word: str, known: Mapping[str, int]) -> str:
    """The most frequent known word with a letter more, fewer, other or swapped, for a long one that is not known.

    Source: Norvig 2007, "How to write a spelling corrector".
    """
    if len(word) < _LONG or word in known or not word.isalpha():
        return word
    cuts = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    near = {a + b[1:] for a, b in cuts if b} | {a + b[1] + b[0] + b[2:] for a, b in cuts if len(b) > 1}
    near |= {a + letter + rest for a, b in cuts for letter in _LETTERS for rest in (b, b[1:])}
    return max((each for each in near if each in known), key=lambda each: (known[each], each), default=word)


def shared(text: str, other: str) -> float:
    """Words that two texts share, F1, 0 to 1."""
    ours, theirs = (Counter(_WORD.findall(each.lower())) for each in (text, other))
    common = sum((ours & theirs).values())
    return 2 * common / (sum(ours.values()) + sum(theirs.values())) if common else 0.0
