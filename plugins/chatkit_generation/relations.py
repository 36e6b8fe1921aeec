"""Who or what of the user's is called how, by what was said: "my cat's called Biscuit", "our son Daniel".

Rules, for they are sure where they apply; what they do not find is looked up among the user's clauses (``faithful.py``).

Source: relations between named entities by patterns, Hearst 1992, "Automatic acquisition of hyponyms from large text
corpora". English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

READ = 1000  # characters of a message that are looked at
_KIN_WORDS = """
wife husband partner girlfriend boyfriend fiance fiancee son daughter boy girl baby child brother sister mum mother dad
father grandma grandmother nan gran granny grandpa grandfather granddad uncle aunt cousin nephew niece friend mate
flatmate roommate housemate neighbour neighbor colleague workmate boss manager teacher doctor dentist cat dog puppy
kitten rabbit hamster parrot budgie horse pony tortoise snake goldfish car boat bike"""
_KIN = "|".join(_KIN_WORDS.split())
_WHOSE = r"\b(?:my|our)"
_WHAT = r"(?P<what>(?:(?:best|older|younger|little|big|new|old|twin|eldest|youngest|step|ex) ?-?)?[^\W\d_]+)"
_NAME = r"(?P<name>[^\W\d_][\w'-]*)"
_CAPITAL = r"(?P<name>[A-Z\u00c0-\u00d6\u00d8-\u00de][\w'-]+)"
_IS = r"(?:'s|\u2019s|s| is| was| are)?"
_TOLD = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_WHOSE} {_WHAT}{_IS} (?:called|named) {_NAME}",
        rf"{_WHOSE} {_WHAT}(?:'s|\u2019s|s|') name(?:'s|\u2019s| is| was) {_NAME}",
        rf"\bthe name of (?:my|our) {_WHAT} is {_NAME}",
        rf"\b(?:we|i) (?:called|named) (?:my|our|the) {_WHAT} {_NAME}",
        rf"\b(?:have|got|adopted|'ve got) an? {_WHAT} (?:called|named|whose name is) {_NAME}",
    )
)
_BESIDE = re.compile(
    rf"\b[Mm]y (?P<what>{_KIN}),? {_CAPITAL}|\b[Oo]ur (?P<what_too>{_KIN}),? (?P<name_too>[A-Z][\w'-]+)"
)
_OF_LAST = re.compile(
    rf"\b(?:(?:his|her|its|their) name(?:'s|\u2019s| is)|(?:he|she|it)(?:'s|\u2019s| is) (?:called|named)) {_NAME}",
    re.IGNORECASE,
)
_SPOKEN_OF = re.compile(rf"{_WHOSE} (?P<what>(?:{_KIN}))\b|\ban? (?:new )?(?P<new>{_KIN})\b", re.IGNORECASE)
_PUTS_RIGHT = re.compile(
    r"^\W*(?:(?:oh|hm+|ah|um|well|ok)\W+)*(?:no|wait|sorry|oops|actually|correction|scratch that)\b|\bi mean(?:t)?\b",
    re.IGNORECASE,
)
_WRITTEN_LARGE = re.compile(r"(?<=\w )[A-Z\u00c0-\u00d6\u00d8-\u00de][\w'-]+")
_ASKS = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"\bwhat(?:'s|\u2019s|s| is| was| are)? (?:the )?(?:name of )?(?:my|our) {_WHAT}(?:'s|\u2019s|s|')? (?:called|named|name)\b",
        rf"\b(?:what(?:'s|\u2019s|s| is| was)|say|know|remember|recall|tell me|remind me of) (?:the )?name of (?:my|our) {_WHAT}",
        rf"\b(?:say|know|remember|recall|tell me|repeat) (?:what |how )?(?:my|our) {_WHAT}"
        r"(?:'s|\u2019s|s|' | is|)? ?(?:name|called|is called)\b",
        rf"\bhow (?:is|was) (?:my|our) {_WHAT} called\b|\bwhat did (?:i|we) (?:call|name) (?:my|our) (?P<what_too>[^\W\d_]+)",
    )
)
_SMALL = """
it that this what not the a an is was so very after and or but by him her them my our on in at for to of with from me you
he she i we they how who when where why too now then also still just really something someone"""
_NO_NAME = frozenset(_SMALL.split())


def named(messages: Sequence[str]) -> dict[str, str]:
    """What of the user's is called how, as it was said last: "cat" -> "Biscuit"."""
    found: dict[str, str] = {}
    last, is_new = "", False
    for text in (message[:READ] for message in messages):
        told = sorted(
            ((match.start(), match["what"].lower(), match["name"]) for form in _TOLD for match in form.finditer(text)),
        )
        told += [
            (match.start(), (match["what"] or match["what_too"]).lower(), match["name"] or match["name_too"])
            for match in _BESIDE.finditer(text)
        ]
        told = [each for each in told if each[2].lower() not in _NO_NAME]
        for _, what, name in told:
            found[what], last = _written(name), what
        spoken = [(match["what"] or match["new"]).lower() for match in _SPOKEN_OF.finditer(text)]
        last = spoken[-1] if spoken and not told else last
        of_last = [match["name"] for match in _OF_LAST.finditer(text) if match["name"].lower() not in _NO_NAME]
        if of_last and last and not told:
            found[last], told = _written(of_last[-1]), [(0, last, of_last[-1])]
        elif is_new and not told and _PUTS_RIGHT.search(text) and (others := _WRITTEN_LARGE.findall(text)):
            others = [other for other in others if other not in (found.get(last), "I", "I'm")]
            found[last] = others[-1] if others else found.get(last, "")
            told = [(0, last, "")]
        is_new = bool(told)
    return {what: name for what, name in found.items() if name}


def asked_name(question: str) -> str:
    """Of what a question asks the name: "cat"; "" where it asks for none."""
    for form in _ASKS:
        if match := form.search(question[:READ]):
            what = match["what"] or match.groupdict().get("what_too") or ""
            return what.lower()
    return ""


def _written(name: str) -> str:
    name = re.sub(r"['\u2019]s$", "", name)
    return f"{name[0].upper()}{name[1:]}"
