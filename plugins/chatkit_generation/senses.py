"""Whom a message speaks of, and whether it denies or asks: what the words that two messages share do not tell."""

from __future__ import annotations

import math
import re

import numpy as np
from numpy.typing import NDArray

from chatkit_generation.acts import is_asking

_OTHER_PERSON = 0.85  # "what is my name?" is so much less like "what is your name?" than their words are
_OTHER_FORM = 0.9  # a question, and none
_OTHER_SENSE = 0.4  # the same of "I am not happy" and "I am happy", of "do I have a cat?" and "I have a cat"
_ONESELF = frozenset(["i", "i'm", "i've", "i'd", "i'll", "me", "my", "mine", "am", "we", "us", "our"])
_OTHER = frozenset(["you", "you're", "your", "yours", "u", "ur", "r"])
_DENIES = re.compile(r"\b(not|no|never|cannot|nobody|nothing|without)\b|n't\b")
ASKS = re.compile(
    r"((so|and|but|well|hey|ok|now|oh) )?"
    r"(what|who|where|when|which|why|how|is|am|are|was|were|do|does|did|can|could|will|would|have|has)('s)?\b"
)
_PERSON, _SENSE, _FORM = 0b00011, 0b01100, 0b10000  # bits of what ``sense_of`` says
_SENSES = 1 << 5


def sense_of(text: str) -> int:
    """What of a bare message words that it shares do not tell: bits for oneself, the other, a denial, a question.

    Another bit for a question that is about oneself alone: what it asks for was said by the user, or was not. And one
    for the form of any question.
    """
    words = text.split()
    oneself, other = bool(_ONESELF & set(words)), bool(_OTHER & set(words))
    asks = oneself and not other and bool(ASKS.match(text))
    return oneself | other << 1 | bool(_DENIES.search(text)) << 2 | asks << 3 | is_asking(text) << 4


def unlike(sense: int, other: int) -> float:
    """Factor of the likeness of messages in which these differ."""
    differ = sense ^ other
    factors = ((_PERSON, _OTHER_PERSON), (_SENSE, _OTHER_SENSE), (_FORM, _OTHER_FORM))
    return math.prod(factor for bits, factor in factors if differ & bits)


def unlike_all(sense: int, others: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Factors (P,) of the likeness of messages to one of this sense."""
    return np.array([unlike(sense, other) for other in range(_SENSES)])[others]
