"""Whether a question asks for what was told or noted: for all of it, a number of it, or what to buy. English."""

from __future__ import annotations

import re

from chatkit_generation.content import stems
from chatkit_generation.focus import focus_of
from chatkit_generation.wording import sentences

_ASKS = re.compile(
    r"^(?!.*\b(?:can|could|will|would) (?:you|i|we)\b)"  # a request says something, too
    r"(?:.*\?\s*$|\W*(?:(?:so|and|but|well|ok|now|oh|hey)\W+)*(?:what|who|where|when|which|why|how|do|does|did|is"
    r"|are)s?\b)",
    re.IGNORECASE | re.DOTALL,
)
_ASKS_HOW = re.compile(
    r"^\W*(?:(?:so|and|but|well|ok|now|oh|hey|then)\W+)*(?:what|how|where|why|which|who|when)(?: \w+)? (?:can|could"
    r"|should|would|shall) (?:i|we|you)\b",
    re.IGNORECASE,
)
_WANTS_NUMBER = re.compile(
    r"^\W*(?:(?:so|and|but|well|ok|now|oh|hey)\W+)*(?:(?:can|could|would) you (?:please )?(?:tell|remind) me (?:again"
    r" |please )*)?(?:when|at what|(?:what|which) (?:time|age|day|date|year|month)|how"
    r" (?:old|many|much|long))\b",
    re.IGNORECASE,
)
_SUMS_UP = re.compile(r"\bsum (?:it|that|everything) up\b|\bgot down for (?:me|us)\b|\bhave we got\b", re.IGNORECASE)
# Asked after an order, it is no question for what was ordered.
_OF_ELSE = re.compile(
    r"\b(?:how long|how much|ready|deliver\w*|cost|price|pay|weather|time is it|your|should|think|know|mean|why"
    r"|instead|told you|mentioned)\b"
    r"|^\W*(?:can|could|would|will|shall|may|do|does|did|am|are) ",
    re.IGNORECASE,
)
_REMINDS = re.compile(
    r"\b(?:remind|tell) me (?:again)?,? ?(?:please)?,? ?(?:what|when|where|who|which|how)\b.*\b(?:i|my|we|our)\b",
    re.IGNORECASE,
)
_TELL_ME = re.compile(r"\b(?:remind|tell) me (?:again )?(?:what|when|where|who|which|how)\b", re.IGNORECASE)
_ASKED_BACK = re.compile(
    r"\b(?:what|which|read|repeat|say|tell|remind|show|did|have|give|summary|summari[sz]e|sum up|confirm)\b"
    r".*\b(?:(?:my|the|our) (?:[\w-]+ ){0,2}(?:orders?|bookings?|lists?|notes?|reservations?|appointments?)|ordered"
    r"|booked"
    r"|noted|agreed?"
    r"|(?:i|we) (?:order|book|reserve|note|want)(?:ed)?|(?:have|got|is it) so far)\b"
    r"|\b(?:everything|all) (?:that )?(?:you|i|you've|you have|i've) (?:have |had )?(?:noted|written"
    r"|told you to note)\b"
    r"|\bwhat (?:did|do) i (?:want|need|have) (?:you )?to (?:remember|note|write down|keep in mind)\b"
    r"|\bwhat(?:'s| is) (?:in|on) (?:my|the|your) notes\b",
    re.IGNORECASE | re.DOTALL,
)
_OF_NOTES = re.compile(r"\b(?:buy|get|order|book|need|bring|pick up|fetch|list|deliver|eat|drink)\b", re.IGNORECASE)
_KINDS_OF_NOTES = stems("shopping grocery groceries packing appointment appointments")


def asks(text: str) -> bool:
    """Whether a sentence has the form of a question, and is no request."""
    return bool(_ASKS.search(text))


def asks_how(text: str) -> bool:
    """Whether a sentence asks what can or should be done: "how can I stop it?"."""
    return bool(_ASKS_HOW.search(text))


def asks_to_be_told(text: str) -> bool:
    """Whether a text wants to be told, or reminded of, something."""
    return bool(_TELL_ME.search(text))


def wants_reminding(text: str) -> bool:
    """Whether a text wants to be told again what it said."""
    return bool(_REMINDS.search(text))


def wants_number(text: str) -> bool:
    """Whether a question is for a number, a day or a time."""
    return bool(_WANTS_NUMBER.search(text))


def is_of_notes(text: str) -> bool:
    """Whether a question may be for what is to be got."""
    return bool(_OF_NOTES.search(text))


def is_of_order(text: str) -> bool:
    """Whether it is a question that may well be for what was just noted, if anything was."""
    if _SUMS_UP.search(text):
        return True
    is_question = _ASKS.search(text) and focus_of(text).act not in ("advice", "opinion")
    return bool(is_question) and not _OF_ELSE.search(text)


def sums_up(text: str) -> bool:
    """Whether a text wants all that was noted summed up."""
    return bool(_SUMS_UP.search(text))


def is_for_all(question: str) -> bool:
    """Whether a question asks for all that was to be noted, and for nothing of it by name."""
    clause = question.split(", ")[-1]
    return any(not stems(each) - _KINDS_OF_NOTES and _ASKED_BACK.search(each) for each in (question, clause))


def asking_part(text: str) -> str:
    """The last sentence of a message, if that asks and others stand before it; else all of it."""
    *before, last = sentences(text) or [""]
    asks = _ASKS.search(last) or _TELL_ME.search(last) or _ASKED_BACK.search(last)
    return last if before and asks else text
