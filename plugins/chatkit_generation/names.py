"""Names that a message gives: the user's own, and those of whom or what it speaks. English."""

from __future__ import annotations

import re

READ = 1000  # characters of a message that are looked at
_NAME = r"[A-Z\u00c0-\u00d6\u00d8-\u00de][\w'-]+"
_AFTER = r"(?= by the way| btw|[.!,?]|$| and\b| from\b| here\b)"
_OWN_NAME = re.compile(
    rf"(?:\b(?:[Mm]y name is|[Mm]y name's|[Cc]all me|[Ii] am called|[Ii]'m called|[Tt]his is)|(?:^|[.!?] )[Nn]ame(?:'s"
    rf"| is))"
    rf" (?:called )?({_NAME}(?: {_NAME})?){_AFTER}"
)
_IS = re.compile(rf"\b(?:[Ii]'m|[Ii] am) ({_NAME}(?: {_NAME})?){_AFTER}")
_OF_A_COUNTRY = re.compile(r"(?:ish|ese|ian|ican|ench|utch|eek|iss|erman|orean)$")
_OWN_NAME_SAID = re.compile(
    r"\b(?:my name is|my name's|call me) ([^\W\d_][\w'-]+)\b(?! (?:not|too|so|the|a|as|about)\b)", re.IGNORECASE
)
_NAMES = re.compile(
    rf"\b(?:called|named|names? (?:is|are)|name's|(?:call(?:ed)?|named?) (?:him|her|it|them))"
    rf" ({_NAME}(?:(?:,| and|, and) {_NAME})*)"
)
_WORDS = """
sorry not very so just happy sad tired bored fine ok okay back here the a an going really too same later tomorrow
tonight
maybe when if soon again now anytime whatever what great good nice awesome english right wrong"""
_NO_NAME = frozenset(_WORDS.split())


def own_name(text: str) -> str:
    """The name that a user gives as their own; "" where none is given."""
    text = text[:READ]
    found = _OWN_NAME.search(text) or _OWN_NAME_SAID.search(text)
    if not found and (found := _IS.search(text)) and _OF_A_COUNTRY.search(found[1]):
        return ""
    name = found[1] if found else ""
    return "" if name.lower().split(" ")[0] in _NO_NAME else name[:1].upper() + name[1:]


def names_in(text: str) -> str:
    """The names that a message gives to somebody or something; "" where it gives none."""
    found = _NAMES.search(text[:READ])
    return found[1] if found else ""
