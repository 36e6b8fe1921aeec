"""The two things that a question leaves one to choose from: "would you go for chocolate or lemon?". English."""

from __future__ import annotations

import re

LONGEST = 300  # characters of a question that offers two things
_ARTICLE = r"(?:the |an? |some |my |our |your )?"
_ONE = rf"{_ARTICLE}(?P<one>[\w'-]+(?: [\w'-]+){{0,2}})"
_OTHER = rf"{_ARTICLE}(?P<other>[\w'-]+(?: [\w'-]+){{0,2}}?)"
# What stands behind them, and is no part of the second.
_ENDS = (
    r"(?:,? (?:then|instead|tonight|today|tomorrow|now|please|pls|first|better|more|best|most|rather|(?:is|are"
    r"|would be) (?:better|nicer|best)|for \w+(?: \w+){0,2}))*[\s?!.]*$"
)
_BETWEEN = re.compile(
    r"\b(?:go for|go with|prefer|like|choose|take|pick|recommend|rather have|have|wear|get|buy|bake|cook|make|better"
    rf"|best|more|nicer|between|be|say|say to|think)\b[,:]?\s+{_ONE},? (?:or|and) {_OTHER}{_ENDS}",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"(?:(?:so|hm+|ok|well)[, ]+)*{_ONE} or {_OTHER}(?=[^?]*\?){_ENDS}", re.IGNORECASE)
_UNDECIDED = r"can'?t decide|can ?not decide"
_FIRST = re.compile(rf"{_ONE} or {_OTHER},? which (?:is|one|do|would|should)\b.*$", re.IGNORECASE)
_ASKS = re.compile(
    r"\b(?:which|what|do you|would you|you'd|should i|shall i|should we|shall we|rather|better|best"
    rf"|{_UNDECIDED})\b",
    re.IGNORECASE,
)
_CHOOSES = re.compile(rf"\b(?:{_UNDECIDED}|decide|choose|choosing|pick|torn)\b", re.IGNORECASE)
# Asks for something else than which: what the other one has or does, where two things are, how they differ.
_ASKS_ELSE = re.compile(
    r"\b(?:where|how|when|why|differ\w*)\b|\bdo you (?:ever |usually |often |also )?(?:have|take|get|wear|buy|make"
    r"|cook|bake|say|go|be)\b",
    re.IGNORECASE,
)
# No two things, or none that can stand alone: "an hour or two", "it", "about cats", "up or down".
_NO_THING = re.compile(
    r"\b(?:him|her|them|me|us|you|i|we|he|she|they|it|myself|not|no|yes|something|anything|what|wait|tell|more|less|so"
    r"|just|is|are|was|do|does|can|will|going|good|bad|or|and|true|false|right|wrong|sooner|later|now|never|trick|else"
    r"|about)\b|^(?:to|for|with|at|in|on|up|down|over|before|after|here|there|this|that|these|those|former|latter|best"
    r"|most|least|alone|buy|sell|throw|keep|go|get|take|sleep|have|be)\b|^(?:\d+|one|two|three|four|five"
    r"|six)\b(?! (?:with|of))",
    re.IGNORECASE,
)
# Nothing to toss a coin about.
_GRAVE = re.compile(
    r"\b(?:stay|leave|die|dead|alive|live|kill\w*|suicid\w*|hang|jump|rope|blade|poison|bleach|guns?|kni(?:fe|ves)"
    r"|divorc\w*|marr\w+|abort\w*|pregnan\w*|pills?|dos(?:e|es)|doctor|hospital|surgery|therapy|chemo\w*|radiation"
    r"|medic\w*|drugs?|ibuprofen|paracetamol|aspirin|antibiotics?|insulin|vaccin\w*|heroin|cocaine|weed|quit|job"
    r"|career|college|uni(?:versity)?|bab(?:y|ies)|kids?|child\w*|boys?|girls?|m[ae]n|wom[ae]n|blacks|whites|mum|mom"
    r"|dad|mother|father|wife|husband|ex|girlfriend|boyfriend|son|daughter|brothers?|sisters?|god|satan|islam"
    r"|christian\w*|jesus|muslims?|jews?|trump|biden|harris|labour|tor(?:y|ies)|democrats?|republicans?)\b",
    re.IGNORECASE,
)


def options_in(question: str) -> tuple[str, str] | None:
    """The two things that a question offers; None where it offers none, or what is not to be taken lightly."""
    if len(question) > LONGEST:
        return None
    text = " ".join(question.replace("\u2019", "'").split())
    found = (_BETWEEN.search(text) if _ASKS.search(text) else None) or _ALONE.match(text) or _FIRST.match(text)
    if not found or _ASKS_ELSE.search(text):
        return None
    options = found["one"], found["other"]
    if any(form.search(option) for form in (_NO_THING, _GRAVE) for option in options):
        return None
    of_both = re.search(r"\bbetween\b", text, re.IGNORECASE)
    if of_both and not _CHOOSES.search(text):
        return None  # asks what is there
    if re.search(r"\band\b", found[0], re.IGNORECASE) and not of_both:
        return None
    return options
