"""A statement of the user's, said back: "my sister has moved to Leeds" as "your sister has moved to Leeds".

It shows what was heard, and claims nothing that was not said. Only what is sure to read well is said back: a clause of a
few words that begins with who or what it is about, and its verb.

Source: reflection by exchanging persons, Weizenbaum 1966, "ELIZA: a computer program for the study of natural language
communication between man and machine". English.
"""

from __future__ import annotations

import re
from typing import Final

FEWEST, MOST = 4, 11  # words of a clause
_EXCHANGED: Final = {
    "i": "you",
    "i'm": "you are",
    "im": "you are",
    "i've": "you have",
    "ive": "you have",
    "i'll": "you will",
    "am": "are",
    "me": "you",
    "my": "your",
    "mine": "yours",
    "myself": "yourself",
    "we": "you",
    "we're": "you are",
    "we've": "you have",
    "we'll": "you will",
    "us": "you",
    "our": "your",
    "ours": "yours",
    "ourselves": "yourselves",
}
_BEGINS = re.compile(
    r"^(?:(?:oh|ah|well|so|and|but|yeah|yes|no|nope|yep|hm+|um|haha|lol|ha|ok|okay|actually|anyway|right|hey|hi|hello"
    r"|aw|eh|also|then|because|cos|though|luckily|sadly|unfortunately|to be honest|tbh|honestly|i mean|you know|probably"
    r"|maybe|obviously|not really|thanks|thank you|by the way|btw)\b[\s,!.:;-]*)+",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"[\s,]*(?:\b(?:lol|haha|tbh|though|really|actually|honestly|i guess|i think|i suppose|i know|you know|of course"
    r"|to be honest|obviously|unfortunately|luckily|anyway|too|as well|again|somehow|right now|innit)|[.!;:\u2026])+$",
    re.IGNORECASE,
)
_CUTS = re.compile(
    r"[,;:(\u2013\u2014]\s*|\s[-\u2013]\s|\s+(?:but|because|cos|so that|so (?=(?:i|i'm|im|we|he|she|it|it's|they|my)\b)|although|though|which|and (?=(?:i|i'm|im|we"
    r"|he|she|it|it's|they|my|our|the)\b))(?:\s+|$)",
    re.IGNORECASE,
)
_VERBS = r"(?:is|are|was|were|has|have|had|can|could|will|would|does|did|do|likes?|loves?|hates?|wants?|needs?|lives?"
_VERBS += (
    r"|works?|plays?|comes?|came|goes|went|got|gets|made|makes|gave|gives|took|takes|said|says|thinks?|leaves?|left"
    r"|moved?|called|starts?|began|ends?|broke|stopped|won|lost|\w{2,}ed)"
)
_IS_WHOLE = re.compile(
    r"^(?:(?:i|we|he|she|they)(?:'(?:m|ve|ll|d|re|s))?|i'm|im|ive|it's|it (?:is|was|has|feels|looks|took|takes|helps|makes)"
    rf"|(?:my|our|the|his|her|their)(?: [\w'-]+){{1,3}}? {_VERBS})\s\w",
    re.IGNORECASE,
)
# What does not read well when it is said back: it is said to the other one, denies itself, or leans on what stood before.
_NOT = re.compile(
    r"\b(?:you|your|yours|you're|u|ur|this|that|that's|these|those|there|here|let's|let us|please|thanks|thank|sorry"
    r"|said|told|meant|mean|guess|think|suppose|wonder|wish|hope|know|ask|asked|asking|talking|question|name|called"
    r"|just|i'd|we'd|wouldn't|should|shall|like to|want to (?:order|book)|need to (?:order|book)|fuck\w*|shit\w*)\b|[\"?/<>\\{}]",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w'\u2019-]+")


def reflected(text: str) -> str:
    """The first clause of a text that can be said back, in the second person, in small letters; "" where none can."""
    for clause in _CUTS.split(text):
        clause = _ENDS.sub("", _BEGINS.sub("", clause.strip())).strip()
        if FEWEST <= len(clause.split()) <= MOST and _IS_WHOLE.match(clause) and not _NOT.search(clause):
            return exchanged(clause)
    return ""


def exchanged(clause: str) -> str:
    """A clause with the persons exchanged: "I was at my aunt's" as "you were at your aunt's"."""
    words = clause.replace("\u2019", "'").split()
    out: list[str] = []
    for place, word in enumerate(words):
        core = _WORD.search(word)
        said = core[0].lower() if core else ""
        own = place > 0 and words[place - 1].lower() in ("i", "we")
        new = "were" if own and said == "was" else _EXCHANGED.get(said, "")
        out.append(word.replace(core[0], new) if core and new else word)
    first = out[0]
    out[0] = first if first.isupper() and len(first) > 1 else f"{first[0].lower()}{first[1:]}"
    return " ".join(out)
