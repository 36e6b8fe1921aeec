"""The two things that a question leaves the other one to choose from: "would you go for chocolate or lemon?". English."""

from __future__ import annotations

import re

_PART = r"(?:the |an? |some )?(?P<{}>[\w'-]+(?: [\w'-]+){{0,2}})"
_BETWEEN = re.compile(
    r"\b(?:go for|go with|prefer|like|choose|take|pick|recommend|rather have|have|wear|get|buy|bake|cook|make|better|best"
    r"|nicer|between|be|is it|say|say to|think)\b[,:]?\s+"
    + _PART.format("one")
    + r",? (?:or|and) "
    + _PART.format("other")
    + r"(?:,? (?:then|instead|for (?:it|that|the \w+|my \w+|this))?)?\?*$",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"^(?:(?:so|hm+|ok|and|well)[, ]+)?" + _PART.format("one") + " or " + _PART.format("other") + r"\?$", re.I
)
_ASKS = re.compile(
    r"\b(?:which|what|do you|would you|you'd|should i|shall i|should we|shall we|rather|better|best|can't decide"
    r"|cannot decide)\b",
    re.IGNORECASE,
)
# Nothing to toss a coin about, or no two things.
_NOT = re.compile(
    r"\b(?:him|her|them|me|us|stay|leave|die|live|kill|divorce|marry|abort\w*|pills?|dose|doctor|hospital|quit|job|baby|you"
    r"|i|we|he|she|they|not|no|yes|something|anything|what|wait|tell|more|less|so|just|is|are|was|do|does|can|will|going|good|bad)\b",
    re.IGNORECASE,
)
_AFTER = re.compile(r" (?:better|more|best|most|rather)$", re.IGNORECASE)


def options_in(question: str) -> tuple[str, str] | None:
    """The two things that a question offers; None where it offers none, or what is not to be taken lightly."""
    text = " ".join(question.split())
    found = (_BETWEEN.search(text) if _ASKS.search(text) else None) or _ALONE.match(text)
    if not found or _NOT.search(found["one"]) or _NOT.search(found["other"]):
        return None
    if re.search(r"\band\b", found[0], re.IGNORECASE) and not re.search(r"\bbetween\b", text, re.IGNORECASE):
        return None
    return found["one"], _AFTER.sub("", found["other"])
