"""Names that a message gives: the user's own, and those of whom or what it speaks. English."""

from __future__ import annotations

import re

from chatkit_generation.given_names import GIVEN_NAMES

READ = 1000  # characters of a message that are looked at
_TITLE = r"(?:(?:Mr|Mrs|Ms|Miss|Dr|Prof)\.? )?"
_NAME = _TITLE + r"[A-Z\u00c0-\u00d6\u00d8-\u00de][\w'-]+"
_AFTER = r"(?= by the way| btw|[.!,?]|$| and\b| from\b| here\b)"
_OWN_NAME = re.compile(
    rf"(?:\b(?:[Mm]y name (?:is|happens to be|would be)|[Mm]y name's|[Cc]all me|[Ii] am called|[Ii]'m called"
    rf"|[Tt]his is)|(?:^|[.!?] )[Nn]ame(?:'s"
    rf"| is)|^(?:[Hh]i|[Hh]ello|[Hh]ey)(?: there)?,? (?:it's|it is))"
    rf" (?:called )?({_NAME}(?: {_NAME})?){_AFTER}"
)
_IS = re.compile(rf"\b(?:[Ii]'m|[Ii] am) ({_NAME}(?: {_NAME})?){_AFTER}")
_OF_A_COUNTRY = re.compile(r"(?:ish|ese|ian|ican|ench|utch|eek|iss|erman|orean)$")
_OWN_NAME_SAID = re.compile(
    r"\b(?:my name is|my name's|call me) ([^\W\d_][\w'-]+)\b(?! (?:not|too|so|the|a|as|about)\b)", re.IGNORECASE
)
# In small letters, by what stands around it.
_IS_SAID = re.compile(
    r"^(?:(?:hi|hello|hey|oh|ok|okay|and|so|well)\b[ ,!.]+)*(?:i'm|im|i am) (?P<of>[^\W\d_]{2,})"
    r"(?: by the way\b| btw\b|,? (?:nice|pleased|good) to meet\b|,? (?:and )?i(?:'m| am)? (?:live|work|study|come|a|an"
    r"|from)\b)"
    r"|\b(?:by the way|btw)[ ,]+(?:i'm|im|i am) (?P<way>[^\W\d_]{2,})(?=[,.!?]|$)"
    r"|^(?:hi|hello|hey)(?: there)?[ ,!.]+(?:i'm|im|i am) (?P<met>[^\W\d_]{2,})(?=[,.!?]|$| and i\b)"
    r"|^(?:(?:hi|hello|hey|yo|hiya|alright|all right|good (?:morning|evening))(?: there| mate"
    r"| all)?[ ,!.]+)?(?P<here>[^\W\d_]{3,}) here(?=[,.!]|$)",
    re.IGNORECASE,
)
# Of a name that is none but that, no more need stand around it.
_IS_GIVEN = re.compile(
    r"(?:^|[.!?] )(?:(?:hi|hello|hey|oh|ok|okay|and|so|well|yeah|yo)\b[ ,!.]+)*(?:i'm|im|i am|it's|its|this is|name's)"
    r" (?P<given>[^\W\d_]{2,})(?=[,.!?]|$| (?:and|from|here|btw|by|but|or)\b)",
    re.IGNORECASE,
)
_NAMES = re.compile(
    rf"\b(?:called|named|names? (?:is|are)|name's|(?:call(?:ed)?|named?) (?:him|her|it|them))"
    rf" ({_NAME}(?:(?:,| and|, and) {_NAME})*)"
)
# "My cat is Oscar", "his name is bruno".
_NAMED = re.compile(
    r"\b(?i:my|our) (?i:cat|dog|puppy|kitten|horse|rabbit|hamster|brother|sister|son|daughter|husband|wife|partner"
    rf"|boyfriend|girlfriend|baby) is (?P<is>{_NAME})(?=\s*(?:[.,!;]|$|\band\b))"
    r"|\b(?i:(?:his|her|its) name(?:'s| is)) (?P<name>[^\W\d_][\w'-]+)(?=\s*(?:[.,!;?]|$|\b(?:and|btw|lol)\b))"
)
_WORDS = """
bored lonely new lost sick ill hungry angry stressed worried confused curious nervous excited scared upset exhausted
sleepy drunk cold hot hurt free busy done ready late home alone alive sure glad proud lazy single married pregnant
sorry not very so just happy sad tired bored fine ok okay back here the a an going really too same later tomorrow
tonight anybody anyone somebody someone everybody everyone nobody right over out still been me you around its
maybe when if soon again now anytime whatever what great good nice awesome english right wrong"""
_NO_NAME = frozenset(_WORDS.split())


def own_name(text: str) -> str:
    """The name that a user gives as their own; "" where none is given."""
    text = text[:READ]
    found = _OWN_NAME.search(text) or _OWN_NAME_SAID.search(text) or _IS.search(text) or _IS_SAID.search(text)
    if not found and (given := _IS_GIVEN.search(text)) and given["given"].lower() in GIVEN_NAMES:
        found = given
    name = found[found.lastindex or 0] if found else ""
    if found and found.re in (_IS, _IS_SAID) and _OF_A_COUNTRY.search(name):
        return ""
    return "" if name.lower().split(" ")[0] in _NO_NAME else name[:1].upper() + name[1:]


def names_in(text: str) -> str:
    """The names that a message gives to somebody or something; "" where it gives none."""
    if found := _NAMES.search(text[:READ]):
        return found[1]
    said = [each["is"] or each["name"] for each in _NAMED.finditer(text[:READ])]
    said = [name for name in said if name.lower() not in _NO_NAME and not _OF_A_COUNTRY.search(name)]
    return " and ".join(dict.fromkeys(f"{name[0].upper()}{name[1:]}" for name in said))
