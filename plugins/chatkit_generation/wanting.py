"""What a message says in so many words that it wants noted: "can you remember my gym days? it's monday and friday".

Sources of doubt are left out: "do you remember my name?" asks, and "remember me?" greets. English.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

from chatkit_generation.content import names_any
from chatkit_generation.wording import sentences

READ = 1000  # characters of a message that are looked at
_LIST = r"(?:my|the|our|a) (?:[\w-]+ )?(?:list|notes?)"
_DIARY = r"(?:my|the|our) (?:calendar|diary|agenda|planner)"
_NOT_SO = r"(?!(?:me|us|what|when|how|if|whether|where|who|why|which|to|down|anything|everything|things|him|her)\b)"
_ASKED = r"\b(?:can|could|will|would) (?:you|u|ya) (?:please |also |maybe )?"
_WHAT = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        r"^.*?\b(?:make|start|create|write|keep|do)(?: me)? (?:one|it|an? (?:[\w-]+ )?list"
        r"|my (?:[\w-]+ )?list)(?: for [\w' ]{1,30}?)?"
        r"(?: with| of|:)\s*(?P<what>\S.*)$",
        r"^(?:.*?[,;:.!] )?(?:(?:my|the|our) )?(?:[\w-]+ )?list(?: for [\w' ]{1,20}?)?(?: is| now)*"
        r"\s*:\s*(?P<what>\S.*)$",
        r"^(?:.*?[,;] )?(?:(?:please|kindly)\b,? )*(?:put|write|note|take|jot) (?:this|that|it|the following) down"
        r"(?:,? (?:for me|please))*\s*:\s*(?P<what>\S.*)$",
        rf"^.*?\bput (?:it |this |them )?(?:down )?(?:on|onto|in) {_LIST}\s*[:,-]\s*(?P<what>\S.*)$",
        rf"^.*?\b(?:put|add|write) (?P<what>{_NOT_SO}(?!(?:it|this|that|them|down)\b)\S.*?) (?:on|onto|to|in) {_LIST}"
        r"(?:,? (?:please|for me|too|as well|now))*\W*$",
        r"^(?:.*?[,;:] )?(?:(?:please|kindly|so|then|also|and|just|ok|okay|yes)\b,? )*"
        r"(?:(?:(?:take|make) (?:me )?an? )?note(?: down| to (?:self|myself|me))?|(?:reminder|memo)(?=:)"
        r"|(?:write|jot|put|set|take) down"
        r"|add to (?:my|the|our) (?:list|notes))(?: for me| please"
        r"| the following)*:? (?:that |it: ?|this: ?|the following:? )?"
        rf"(?P<what>{_NOT_SO}(?!(?:it|this|that|down)\W*$)\S.*)$",
        rf"^.*?{_ASKED}(?:remember|keep in mind|memorise|memorize|write down|put down|note down|jot down"
        r"|note)(?: (?:these|this|the following)(?=:))?:? (?:that )?"
        rf"(?P<what>{_NOT_SO}(?!(?:it|this|that|these|those|them)\b)\S.*?)(?: for (?:me|later))?(?:,? please)?\?*$",
        rf"^(?:(?:please|kindly|so|and|then|also)\b,? )*(?:remember|keep in mind|remind me)(?: that|:) "
        rf"(?P<what>{_NOT_SO}\S[^?]*)$",
        r"^(?:(?:please|so|and|then|also|hi|hello|hey)\b,? )*i (?:need|have|must|mustn't forget|can't forget"
        rf"|should)(?: to)? (?:remember|note|write down)(?: that|:)? (?P<what>{_NOT_SO}\S[^?]*)$",
        rf"^(?:(?:please|kindly|so|and|then|also|ok|okay)\b,? |{_ASKED})*(?:add|put|enter|write|pop|stick)"
        rf" (?:to|in|into|on) {_DIARY}:? (?P<what>\S[^?]*?)(?:,? please)?\?*$",
        rf"^(?:(?:please|kindly|so|and|then|also|ok|okay)\b,? |{_ASKED})*(?:add|put|enter|write|pop|stick)"
        rf" (?P<what>{_NOT_SO}(?!(?:it|this|that|these|those|them)\b)\S[^?]*?)"
        rf" (?:to|in|into|on) {_DIARY}(?:,? please)?\?*$",
        # Without a "please" or a "can you" these are other words: "record shops are dying out".
        rf"^(?:(?:so|and|then|also|ok|okay)\b,? )*(?:(?:(?:please|kindly),? |{_ASKED})"
        r"(?:enter|log|record|store|save(?! my life))|log(?= (?:my|the|our|another|\d)))"
        rf"(?: in| down)?:? (?:that )?(?P<what>{_NOT_SO}(?!(?:it|this|that|these|those|them|to)\b)\S[^?]*?)"
        r"(?: for (?:me|later))?(?:,? please)?\?*$",
        r"^(?:(?:please|kindly|so|and|then|also)\b,? )*remember "
        r"(?P<what>(?=(?:we|i) (?:need|have|want|must)\b)\S[^?]*)$",
    )
)
_NAMED = re.compile(r"^(?:my|the|our) (?:order|list|booking|reservation)\s*:\s*", re.IGNORECASE)
# What has a verb tells something else.
_TELLS = re.compile(
    r"\?|\b(?:i|i'?m|we|you|he|she|they|is|are|was|were|has|have|had|am|will|do|does|did|add|note|can|could|make)\b",
    re.IGNORECASE,
)
_WHOLE = 2  # of these forms the first ones give a whole list
_BEFORE = re.compile(
    rf"^(?P<told>.*?[,;] )?(?:and |so )?(?:{_ASKED}|(?:(?:please|so|and)\b,? )*)(?:remember|keep|note|write|put"
    r"|memorise|memorize"
    r"|(?:log|record|save|stick|pop|mark|jot|set|add)(?= (?:it|this|that|these|those|them) (?:down|in|on)\b))"
    r" (?:it|this|that|these|those|them)\b(?: (?:name|date|day|number|time|thing|word|birthday|address)s?)?"
    r"(?: down| in mind"
    rf"| in(?: {_DIARY})?| on {_LIST})?(?: for (?:me|later))?(?: too| as well)?"
    r"(?:,? (?:please|will you|would you|can you))?[?.!]*$",
    re.IGNORECASE,
)
_IS = re.compile(
    r"^(?:(?:it|that|they|those)(?:'s|'re| is| are|s)?|its) +(?P<what>(?!ok|fine|good|not\b|just\b)\S.*)$",
    re.IGNORECASE,
)


def wanted(message: str) -> str:
    """What a message wants noted; "" where it does not say so."""
    return _found(message)[0]


def is_whole(message: str) -> bool:
    """Whether what it wants noted is all of a list."""
    return _found(message)[1]


def _more(parts: Sequence[str]) -> str:
    """What the sentences behind say of the same, where they are no more than a day or a time: ", Tuesday at four"."""
    more = list(itertools.takewhile(lambda part: names_any(part) and not _TELLS.search(part), parts))
    return "".join(f", {part.strip(' .!?')}" for part in more)


def _found(message: str) -> tuple[str, bool]:
    parts = sentences(message[:READ].replace("\u2019", "'"))
    for place, part in enumerate(parts):
        if before := _BEFORE.match(part):
            told = (before["told"] or "").strip(" ,;")
            if len(told.split()) > 1 or place:
                return told if len(told.split()) > 1 else parts[place - 1].strip(" .!"), False
        for number, form in enumerate(_WHAT):
            if found := form.match(part):
                what = _NAMED.sub("", found["what"].strip(" .!?"))
                told_too = _IS.match(parts[place + 1]) if place + 1 < len(parts) else None
                said = f"{what}: {told_too['what'].strip(' .!?')}" if told_too else f"{what}{_more(parts[place + 1 :])}"
                return said, number < _WHOLE
    return "", False
