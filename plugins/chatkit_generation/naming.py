"""Which name a question asks for: the user's own, or that of somebody or something of theirs. English."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from chatkit_generation.content import MENDS, stems
from chatkit_generation.kinds import meant
from chatkit_generation.names import own_name
from chatkit_generation.relations import asked_name, loose_name, name_of_last

_ASKS_NAME = re.compile(
    r"\b(?:(?:what|what's|whats|say|know|remember|recall|tell me|repeat)\b.*\bmy (?:first |own )?name|who (?:am i"
    r"|i am)|what (?:am i|i am|i'm) called)\b"
    r"|(?:^|[.!,] ?)(?:and )?my name\?+\W*$",
    re.IGNORECASE,
)
_ASKS_NAMES = re.compile(
    r"\bnames of (?:my|our)\b|\b(?:my|our) (?:[\w-]+ )?\w+s'? names\b|\bwhat are (?:my|our) [\w -]+ (?:called|named)\b"
    r"|\btheir names\?|\bwhat are they called\b|\bwho (?:are )?(?:my|our) \w+s(?: are)?\b",
    re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?i:\bnames are|\b(?:are|were) (?:called|named)) ([^\W\d_][\w'-]*(?:(?:,? and |, )[^\W\d_][\w'-]*)+)"
)
_NAMES_ANY = re.compile(r"\b(?:called|named|names?)\b|(?<=\w )[A-Z]")
_CAPITAL = re.compile(r"(?<=\w )[^\W\d_a-z][\w'-]*(?<!I'm)")  # within a sentence


def asks_own_name(question: str) -> bool:
    """Whether a question asks for the user's own name."""
    return bool(_ASKS_NAME.search(question))


def names_somebody(text: str) -> bool:
    """Whether a text may give a name."""
    return bool(_NAMES_ANY.search(text))


def name_asked(question: str, called: Mapping[str, str], told: Sequence[str]) -> tuple[str, str]:
    """Of what the name is asked, "" where a pronoun asks, and the name, where it was given, or "".

    Args:
        question: The question.
        called: What is called how, see ``relations.named``.
        told: The messages before it.
    """
    if _ASKS_NAMES.search(question):
        return "", next((each[1] for text in reversed(told) if (each := _NAMES.search(text))), "")
    if name := name_of_last(question, called or {"": loose_name(told)}):
        return "", name
    what = asked_name(question)
    if what and what not in called and what.split(" ")[-1] not in called:
        alike = [each for each in called if meant(stems(what), stems(each))]
        what = alike[0] if len({called[each] for each in alike}) == 1 else what
    name = called.get(what, "") or called.get(what.split(" ")[-1], "")
    name = name or ("" if called or not what else loose_name(told))
    return (what, name) if what and name else ("", "")


def last_own_name(messages: Sequence[str]) -> str:
    """The name that the user gave as their own last, put right by the message after it or not; "" where none is."""
    name, is_new = "", False
    for message in messages:
        if found := own_name(message):
            name, is_new = found, True
        elif is_new and MENDS.search(message):
            others = [match[0] for match in _CAPITAL.finditer(message) if match[0] not in (name, "I")]
            name = others[-1] if others else name
        else:
            is_new = False
    return name
