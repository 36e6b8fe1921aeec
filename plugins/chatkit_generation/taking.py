"""Whether a reply takes note of what is to be noted, and how texts are quoted. English."""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatkit_generation.content import INSTEAD, TIMES, WORD, numbered, specific, stems

LONGEST = 160  # characters of a quotation
MOST = 8  # texts that are quoted together
MOST_OF = 0.7  # share of the words of what is to be noted that a reply must have
_ECHOES = re.compile(
    r"\b(?:noted|note it|crossed|cancelled|list)\b|correct\?|is that right|anything to add", re.IGNORECASE
)
_CALLS_OFF = re.compile(r"\b(?:forgotten|crossed|cancelled)\b", re.IGNORECASE)
_CALLED_OFF = re.compile(
    r"\b(?:cancel|forget|scrap|never ?mind|drop|remove|delete|off|no|not|nothing)\b", re.IGNORECASE
)
# What a reply asks for, and what the message has said of it.
_ASKED_AGAIN = (
    (
        re.compile(r"\b(?:which|what) day\b", re.IGNORECASE),
        re.compile(r"\b(?:\w+day|today|tomorrow|tonight)\b", re.IGNORECASE),
    ),
    (
        re.compile(r"\bwhat time\b", re.IGNORECASE),
        re.compile(r"\b\d{1,2}(?:[:.]\d\d|\s?[ap]m)\b|\bnoon\b|\bo'clock\b", re.IGNORECASE),
    ),
)
_TAKES_NOTE = re.compile(
    r"^(?:all right|sure|of course|gladly|good|with pleasure|(?:for|on|at|and) (?:which|what|how)|which|how many"
    r"|what (?:size|time|day|else)|anything|cancelled|crossed|forgotten|done|okay|i cannot (?:book|order|place)"
    r"|thank you|you are welcome)\b",
    re.IGNORECASE,
)
_OF_NOTING = stems(
    "good sure right correct shall keep mind down else add anything fine done cannot chat long talk remember"
    " gladly course"
)


def misses(reply: str, message: str, asked: set[str], said: set[str], *, strict: bool = False) -> bool:
    """Whether a reply to what is to be noted leaves out what it names or much of what it says, or notes nothing.

    Args:
        reply: The reply.
        message: What is to be noted.
        asked: Beginnings of its words that tell.
        said: Those of all that the user said.
        strict: It must take up something that the message says; a question about it is not enough.
    """
    if _CALLS_OFF.search(reply) and not _CALLED_OFF.search(message):
        return True
    if strict and not (stems(reply) & asked and holds_all(reply, message)):
        return True
    if any(asks.search(reply) and said.search(message) for asks, said in _ASKED_AGAIN):
        return True
    if not specific(reply) and not _ECHOES.search(reply) and not stems(reply) & said:
        return not _TAKES_NOTE.search(reply)
    wanted = INSTEAD.sub(" ", message)
    return not holds_all(reply, wanted) or not holds(reply, [wanted])


def adds_to(reply: str, said: set[str]) -> bool:
    """Whether a reply that takes note says of what is noted what the user did not say."""
    return bool(stems(reply) - said - _OF_NOTING)


def holds_all(reply: str, message: str) -> bool:
    """Whether a reply names every day, time and number in digits that a message names to be noted."""
    words = WORD.findall(INSTEAD.sub(" ", message).lower())
    return not {word for word in words if word in TIMES or word[0].isdigit()} - numbered(reply)


def holds(reply: str, texts: Sequence[str], least: float = MOST_OF) -> bool:
    """Whether a reply has so large a share of what tells of texts."""
    content = set[str]().union(*map(stems, texts)) if texts else set[str]()
    return len(content & stems(reply)) >= least * len(content)


def quoted(texts: Sequence[str]) -> str:
    """The latest texts in quotation marks, each cut at its end where it is long."""
    shown = []
    for text in texts[-MOST:]:
        text = " ".join(text.split()).strip()
        shown.append(f'"{text}"' if len(text) <= LONGEST else f'"{text[:LONGEST].rsplit(" ", 1)[0]} ..."')
    return ", ".join(shown)
