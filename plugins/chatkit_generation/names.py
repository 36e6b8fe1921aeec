"""Names that a message gives: the user's own, and those of whom or what it speaks. English."""

from __future__ import annotations

import re

READ = 1000  # characters of a message that are looked at
_NAME = r"[A-Z][\w'-]+"
_OWN_NAME = re.compile(
    rf"\b(?:[Mm]y name is|[Mm]y name's|[Cc]all me|[Ii] am called|[Ii]'m called|[Tt]his is|[Ii]'m|[Ii] am|[Nn]ame's"
    rf"|[Nn]ame is)"
    rf" (?:called )?({_NAME}(?: {_NAME})?)(?= by the way| btw|[.!,?]|$| and\b| from\b| here\b)"
)
_OWN_NAME_SAID = re.compile(
    r"\b(?:my name is|my name's|call me) ([a-z][\w'-]+)\b(?! (?:not|too|so|the|a)\b)", re.IGNORECASE
)
_NAMES = re.compile(
    rf"\b(?:called|named|names? (?:is|are)|name's|(?:call(?:ed)?|named?) (?:him|her|it|them))"
    rf" ({_NAME}(?:(?:,| and|, and) {_NAME})*)"
)
_WORDS = "Sorry Not Very So Just Happy Sad Tired Bored Fine Ok Okay Back Here The A An Going"
_NO_NAME = frozenset(_WORDS.split())


def own_name(text: str) -> str:
    """The name that a user gives as their own; "" where none is given."""
    found = _OWN_NAME.search(text[:READ]) or _OWN_NAME_SAID.search(text[:READ])
    name = found[1] if found else ""
    return "" if name.split(" ")[:1] and name.split(" ")[0] in _NO_NAME else name[:1].upper() + name[1:]


def names_in(text: str) -> str:
    """The names that a message gives to somebody or something; "" where it gives none."""
    found = _NAMES.search(text[:READ])
    return found[1] if found else ""
