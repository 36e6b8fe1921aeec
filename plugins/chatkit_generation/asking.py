"""How a message asks for a sum in its own words: "what does that make", "what's left", "how many weeks is that".

A message that only has numbers in it asks for none. English; messages as ``amounts.read`` masks them.
"""

from __future__ import annotations

import dataclasses
import re
from typing import Final

from chatkit_generation.amounts import singular

_IT = r"(?:(?:all )?(?:that|it|this|they|those|these)(?: lot| all)?|i|we|he|she|(?:the|my|our) [a-z]+)"
_NOT_ME = r"(?! (?:me|you|him|her|us)\b(?! (?:an?|each|per) ))"
_PERIOD = r"day|night|week|fortnight|month|year|hour|minute"
# Asks for what all of it comes to, in words that ask for nothing else.
_SURE = (
    rf"\bwhat(?:'?s| does| do| did| would| will|'?d|'?ll) {_IT} (?:all )?(?:come to|come out (?:at|as)|add up to"
    rf"|amount to"
    rf"|total|work out (?:at|as|to)|make{_NOT_ME}|leave{_NOT_ME}|cost{_NOT_ME})",
    rf"\bwhat {_IT} (?:all )?(?:makes{_NOT_ME}|comes to|adds up to|totals|came to)",
    r"\bwhat(?:'?s| is|'?d| would|'?ll| will) (?:that|it|this)(?: all)? (?:be\b|altogether|in total|in all|all together"
    rf"|all in\b|come to|(?:over |in |for )?(?:an?|per|each|every|the) (?:{_PERIOD}|person|head)|each\b|apiece)",
    r"\bwhat(?:'?s| is|'?ll| will)(?: be)? the (?:total|damage|sum|full amount)\b",
    r"\b(?:whats?|how (?:much|many))\b[^.?!]*\b(?:altogether|in total|in all|all told)\b",
    r"\bhow much (?:is|would|will|was|does|did) (?:that|it|this|they|those)(?: all)?"
    r"(?: be| come to| make| cost| add up to)?(?: (?:altogether|each|an?|per|every|over|in)\b.*)?[ ?.!]*$",
    r"\bhow many (?:[a-z]+ )?is (?:that|it|this)\b",
    r"\bwhat (?:am i|are we) looking at\b",
)
_WEAK = (  # may ask for something else
    r"\bhow (?:much|many)\b",
    r"\bwhat(?:'?s| is| are| would|'?d| will|'?ll)(?: about)? (?:that|it|this|they|#\d+)\b(?! (?:about|all about"
    r"|supposed|like"
    r"|called|got to|thing|noise|mean|for\b))",
    r"\bwhat(?:'?s| is| does| do| did| would|'?ll| will|'?d)\b.*\bcost\b",
    r"\b(?:add(?: up| together)?|(?:total|sum) of) #0",
    r"\btake #0 (?:away )?from #1",
    r"\b(?:what|as a) percent(?:age)?\b",
    r"\badd (?:it|that|them|those|these) (?:all )?up\b|\bwork (?:it|that) out\b|\bwhat(?:'?d| would) that be\b",
)
_LEFT = re.compile(
    r"\b(?:whats?|how much|how many)\b[^.?!]*\b(?:left|left over|remaining|remains|leftover|over after|still owes?"
    r"|owes? (?:me|us|him|her|them) still|(?:still )?(?:owe|need|have|got) to (?:pay|go))\b"
    r"|\bwhats? (?:does|do) (?:that|it) leave\b"
)
_MORE = re.compile(
    r"\b(?:how much|whats?)\b[^.?!]*\b(?:more is|difference|go(?:ne|es)? up|rise|increase|went up|dearer)\b"
)
_EACH = re.compile(
    r"\b(?:how (?:much|many)|what(?:'?s| is|'?d|'?ll| would| will| does| do| did)(?: be)? (?:that|it|this|left|we|they"
    r"|i|the))\b[^.?!]*\b(?:each\b(?! [a-z]+ cost)|apiece|per (?:person|head)|a head|per each)"
)
_EACH_COST = re.compile(
    r"\bwhat (?:does|do|did|will|would) (?:each|every|one|an?|per) (?P<noun>[a-z]+) (?:cost|come to|work out)"
    r"|\b(?:how much|what(?:'?s| is| does| do)?)\b[^.?!]*?(?<!\d )\b(?:per|each|an?|every) (?P<last>[a-z]+)\b[^,.?!]*$"
)
_HOW_MANY = re.compile(r"\bhow many (?:more |full |whole )?(?P<noun>[a-z]+)\b(?! of\b)")
_FOR_SO_MANY = re.compile(
    r"\b(?:for (?:the )?|between )#(?P<place>\d+)(?: of us| people| kids| of them| dogs)?[ ?.!]*$"
)
_TILL_BOUGHT = re.compile(r"\b(?:till|until|til|before|to) (?:i|we) (?:can |could )?(?:buy|get|afford|pay|have|own)\b")
_ASKED_PERIOD = re.compile(
    rf"(?<!\d )(?<!\d [a-z])\b(?:in an?|over an?|for an?|across an?|an?|per|each|every|over the|in one)"
    rf" (?:whole |full )?(?P<period>{_PERIOD})\b"
)
_OF_MONEY: Final = re.compile(
    r"\b(?:pays?|paid|payoff|buy|bought|costs?|prices?|owes?|owed|loan|lent|borrow\w*|rent"
    r"|take home|mortgage|wages?|bills?|earn\w*"
    r"|sav(?:e|ed|ings)|money|quid|pounds?|dollars?|euros?|balance|tax|petrol|diesel|budget|deposit)\b"
)


@dataclasses.dataclass(frozen=True)
class Asked:
    """What a message asks for.

    Args:
        at: Where in the masked message the question begins.
        total: What it comes to.
        left: What is left.
        more: How much one thing is more than another.
        each: What it is for each.
        each_cost: What one of so many costs: "day"; "" where that is not asked.
        how_many: Of what the number is asked, singular; "".
        period: For which time it is asked, "week"; "".
        among: Place of the amount that tells for how many it is; -1 where none does.
        is_sure: Whether the words ask for nothing else.
        to_buy: Whether it asks how long until something is paid.
    """

    at: int
    total: bool
    left: bool
    more: bool
    each: bool
    each_cost: str
    how_many: str
    period: str
    among: int
    is_sure: bool
    to_buy: bool


_FORMS = tuple(re.compile(form) for form in _SURE)
_WEAK_FORMS = tuple(re.compile(form) for form in _WEAK)


def asked(masked: str) -> Asked | None:
    """What a message asks for; None where it asks for no sum."""
    sure = [found for form in _FORMS if (found := form.search(masked))]
    weak = [found for form in _WEAK_FORMS if (found := form.search(masked))]
    left, more = _LEFT.search(masked), _MORE.search(masked)
    each, each_cost = _EACH.search(masked), _EACH_COST.search(masked)
    ways = [found for found in (*sure, *weak, left, more, each, each_cost) if found]
    if not ways:
        return None
    at = min(found.start() for found in ways)
    question = masked[at:]
    how_many, period = _HOW_MANY.search(masked), _ASKED_PERIOD.search(question)
    among = _FOR_SO_MANY.search(masked)
    noun = "" if each_cost is None else each_cost["noun"] or each_cost["last"]
    counted = singular(how_many["noun"]) if how_many else ""
    return Asked(
        at,
        bool(sure or weak),
        left is not None,
        more is not None,
        each is not None,
        singular(noun),
        "" if counted in ("is", "are", "do", "does", "have", "will", "would", "was", "did") else counted,
        period["period"] if period else "",
        int(among["place"]) if among else -1,
        bool(sure or left),
        _TILL_BOUGHT.search(masked) is not None,
    )


def is_of_money(masked: str) -> bool:
    """Whether a message talks about money."""
    return _OF_MONEY.search(masked) is not None
