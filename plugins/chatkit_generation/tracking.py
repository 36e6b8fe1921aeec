"""An order as its changes leave it: of "a burger with bacon and onions" "no onions" leaves "a burger with bacon".

Rules, for they are sure where they apply: a change says what takes the place of what, what is left out or added, or it
names a day, a time or a number of which the order has one. Where none applies, or more than one could be meant, nothing
is said to be so, and the messages are quoted as they were sent.

Source: the belief state of a dialogue, Williams, Raux & Henderson 2016, "The Dialog State Tracking Challenge Series: A
Review". Departs from it in having no slots: what is changed are words of the order. English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatkit_generation.measures import (
    COUNT,
    COUNT_WORDS,
    KINDS,
    SIZE,
    any_of,
    doubled,
    is_all,
    is_count,
    measures_of,
    moved,
    recounted,
    regrouped,
    singular,
    with_measures,
    words,
)
from chatkit_generation.wording import sentences

LONGEST = 400  # characters of an order that is tracked
_FILLERS = re.compile(
    r"^(?:(?:hi|hello|hey there|good (?:morning|evening|afternoon)|oh|ok|okay|hm+|um|uh|ah|well|so|wait|actually|sorry"
    r"|yes|yeah|no wait|no(?=\s*,)|please|sure|hey|then|but|great|ugh|one more thing|one"
    r" thing|i forgot|by the way|btw|almost|nearly|not quite|right|cool|perfect|thanks|thank you)\b[\s,.!:-]*)+",
    re.IGNORECASE,
)
_ASKED = re.compile(
    r"^(?:(?:can|could|may) (?:you|we|i)|i(?:'d| would)(?: rather)?(?: like)?(?: to have)?|i want|i need|i said"
    r"|i meant?|it(?:'s| is)|let's|let us|we need|you can)\s+"
    r"(?:also\s+|please\s+)?(?:have\s+|get\s+|say\s+|do\s+|make (?:it|that)\s+|change (?:it|that) to\s+|put\s+)?",
    re.IGNORECASE,
)
_OPENS = re.compile(
    r"^(?:(?:can|could|will|would) (?:you|we|i)(?: please)?\s+)?(?:(?:make|keep|start|write|create|begin)(?: me"
    r"| us)? (?:an?|my|the)"
    r" (?:\w+ )?(?:lists?|notes?)(?: for (?:me|us))?(?: with| of)?[\s:]+|(?:put|add|note(?: down)?:?|write down|book"
    r"|order|get|bring"
    r"|reserve|have)(?: me| us)?\s+"
    r"|i(?:'d| would) like(?: to (?:book|order|have|reserve|get))?\s+|i(?:'ll| will) (?:have|take)\s+"
    r"|i (?:also )?have\s+|i(?:'ve| have) (?:also )?got\s+|there(?:'s| is)\s+|i (?:also )?(?:need"
    r"|want)(?: to (?:book|order|have|reserve|buy|get))?\s+)",
    re.IGNORECASE,
)
_PUT_RIGHT = re.compile(
    r"^.+?[,;] (?:and |but |so |actually |sorry )*"
    r"(?P<what>(?:it's|it is|that's|make it|i meant?|it should be) [^,;]+)$",
    re.IGNORECASE,
)
_ALSO = re.compile(r"^(?P<new>.+?)[\s,]+(?:too|as well|also)[\s.!]*(?:please)?[\s.!]*$", re.IGNORECASE)
_MADE = re.compile(
    r"^(?:(?:the |my )?(?:\w+ )?(?:has |was |is )?moved (?:it |that |me )?to|make (?:it|that)"
    r"|change (?:it|that|the time|the day) to|better|rather|only|just)\s+",
    re.IGNORECASE,
)
_ENDS = re.compile(
    r"[\s,]*\b(?:please|thanks|thank you|then|though|too|as well|with (?:it|that)|on (?:it|there)|for me|,? (?:can"
    r"|could|will|would) you (?:please )?(?:note|write|remember|put|keep) (?:that|it|this)(?: down| in mind)?"
    r"|if possible"
    r"|,? (?:put|add|note|write) (?:it|them|that|this)(?: down)?|actually|instead|only|now"
    r"|(?:would be|is) (?:good|great|nice|best|fine|perfect|lovely|ok|okay)"
    r"|,? (?:(?:but )?(?:at )?the )?same (?:time|place|hour|day)(?: as before)?"
    r"|,? (?:so )?(?:(?:can|could) you )?(?:please )?(?:cross|tick|strike|take) (?:it|that|this|them) off"
    r"|on my list"
    r"|(?:to|on|onto|off|from|out of) (?:it|that|(?:the|my|our) (?:\w+ )?(?:order|list|notes?)))$|[\s.!?,;]+$",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"^(?P<new>.+?),? (?:instead of|in place of|rather than|in lieu of|would be better than|is better than|suits (?:me"
    r"|us) better than)"
    r" (?P<old>.+)$",
    re.IGNORECASE,
)
_SWAPS = re.compile(
    r"^(?:swap|switch|change|replace) (?!(?:it|that|the (?:time|day|date|hour"
    r"|number))\b)(?P<old>.+?) (?:for|to|with|by) (?P<new>.+)$",
    re.IGNORECASE,
)
_TURNS = re.compile(
    r"^make (?:the |my )?(?!(?:it|that"
    r"|this)\b)(?P<old>\w+(?: \w+)?) (?:into )?(?P<new>an? .+)$",
    re.IGNORECASE,
)
# Begins a list or an order, and says nothing of it.
_BEGINS = re.compile(
    r"(?:(?:i|we) (?:need|want|'?d like|would like|have) |(?:can|could) (?:you|we|i) (?:please )?|let's |please )?"
    r"(?:to )?(?:(?:make|keep|start|write|take|order|place|have) (?:me )?)?(?:an?|my|the|some) (?:\w+ )?"
    r"(?:list|notes?|order|food|something)(?: for me)?",
    re.IGNORECASE,
)
_WITHOUT = re.compile(
    r"^(?:(?:there(?:'s| is) )?no (?:more )?need (?:for|of)"
    r"|leave (?:out|off)|take (?:out|off)|without|no longer (?:need|want)|(?:(?:i|we) )?(?:don't|do not|dont"
    r"|no longer)"
    r" (?:want|need)|(?:we'll )?do (?:it )?without|no|not|drop|skip|remove|hold|cancel|scrap|scratch|forget|leave|take"
    r"|minus) (?P<old>.+?)"
    r"(?: (?:out|off|away))?(?:,? (?:i|we)(?:'ve)? (?:still |already )?(?:have|got) .*)?$",
    re.IGNORECASE,
)
# Says all of it anew.
_ANEW = re.compile(
    r"^(?:(?:let's|let us) (?:start|begin) (?:over|again)[\s:,.]*)?(?:it (?:should|must) (?:be|say)|(?:my"
    r"|the) (?:[\w-]+ )?(?:list|order)"
    r" (?:is|should be|should say)(?: now)?:?)\s+(?P<new>.+)$",
    re.IGNORECASE,
)
_REASON = re.compile(
    r",? (?:because\b|as i\b|(?<=, )(?:my|our) \w+ \w+|(?<=, )(?:my|our) \w+ \w+|(?:[A-Z]\w+|he|she|they|i|I"
    r"|we) (?:can't|cannot|don't|doesn't|won't|hates?|already"
    r"|does not|do not)\b).*$"
)
_LEADS = re.compile(r"^(?:and|also|plus)\s+(?:also\s+)?", re.IGNORECASE)
_MAY_ADD = re.compile(
    r"^(?:can|could|will|would) (?:you|we|i)\s+(?:please\s+|also\s+)?(?=(?:add|put|leave|take|make|remove|drop"
    r"|skip)\b)",
    re.IGNORECASE,
)
_TWO_CHANGES = re.compile(
    r",?\s+(?:and|but)\s+(?=(?:please\s+)?(?:leave|add|no|make|take|drop|remove|skip|cancel|hold|change|swap|put)\b)",
    re.IGNORECASE,
)
_RESIZED = re.compile(
    rf"^(?:an? |the )?(?P<new>{SIZE})\b.*\b(?:instead of|rather than|not)\b.*\b(?P<old>{SIZE})\b", re.IGNORECASE
)
_GONE = re.compile(
    r"^(?P<old>(?:the )?[\w'-]+(?: [\w'-]+)?) (?:no longer (?:needs?|wants?)\b.*"
    r"|(?:is|are) (?:already |all |now )?(?:done|off|out|gone|booked"
    r"|bought|sorted|paid|sent|finished)"
    r"|(?:can'?t|cannot|won'?t)"
    r" (?:make it|come|be there)|(?:isn'?t|is not|aren'?t) coming)$",
    re.IGNORECASE,
)
_LISTED = re.compile(r",\s+(?:and\s+)?|\s+and\s+", re.IGNORECASE)
_TITLE = re.compile(
    r"^(?:(?:some )?things (?:to do|i (?:have|need) to do)|to-?do|shopping|groceries)\s*:\s*", re.IGNORECASE
)
_PUT_TOGETHER = re.compile(r",|\b(?:with|for|of|at|to|in|on|from)\b", re.IGNORECASE)
_AFTER_ALL = re.compile(
    r"\s+(?:after all|any ?more)$|\s+(?:we|i|they|he|she) (?:have|has|had|got|found|don't"
    r"|already)\b.*$",
    re.IGNORECASE,
)
# "My brother isn't coming, so only three rolls" changes "three rolls".
_SO = re.compile(
    rf"^.*?\bso (?=(?:only |just |please |make |no |rather )?(?:{COUNT_WORDS}|make|no|leave|add"
    r"|take)\b)",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r",\s+(?:the|we|i|my|our|he|she|they|nobody|it|there)\b.*$", re.IGNORECASE)
_ADDS = re.compile(
    r"^(?:and|add|plus|also|with|put|note)(?: down)?:?\s+(?:also\s+)?(?:note(?: down)?:?\s+)?(?P<new>.+)$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:the|a|an|some|my|those|that|any)\s+", re.IGNORECASE)
_THINGS = re.compile(rf"((?:{COUNT}|an?|some)\s+(\w+))(?: of(?: \w+){{1,2}})?", re.IGNORECASE)
_PLEASE = re.compile(r",?\s+please\b", re.IGNORECASE)
_TO = re.compile(r"^(?:to|for|at|on)\s+", re.IGNORECASE)
_AND = re.compile(
    r"^and\s+(?=add\b|make\b|take\b|leave\b|remove\b|drop\b|no\b|(?:can|could) (?:you|we|i)\b|.* (?:instead of"
    r"|in place of|rather than)\b)",
    re.IGNORECASE,
)
_ALTERS = re.compile(
    rf"\b(?:{COUNT}|change|instead|make|add|no|without|take|leave|drop|remove|off|out|swap|cancel|rather|order|want"
    r"|also|too|and|not|monday|tuesday"
    rf"|wednesday"
    r"|thursday|friday|saturday|sunday|today|tonight|tomorrow|small|medium|large)\b|\d",
    re.IGNORECASE,
)
_REASONS = re.compile(r"\b(?:because|can't|cannot|couldn't|sorry|thanks|thank you|lol|haha)\b", re.IGNORECASE)
_NEW = 3  # words of what takes the place of something
_SMALL_PARTS = frozenset(["the", "a", "an", "on", "at", "for"])
_FEW = 6  # words of a detail
_SAYS = re.compile(
    r"\b(?:i|i'm|you|he|she|they|we|it|is|are|was|were|has|have|that|this|do|did|said|think|know)\b", re.IGNORECASE
)
_BETTER = re.compile(
    r"\s+(?:fits|suits|works|would be|would work|is|would suit)(?: (?:me|us))?(?: better| best)?$", re.IGNORECASE
)


# Why it is changed, behind the change: "make it five, three are too few".
_EXPLAINS = re.compile(
    r"(?<=\w),\s+(?:(?:because|since|as|cos|otherwise)\b.*"
    r"|(?!(?:from|on|at|for|with|in|to|if|until|it's|it is|that's|make|i meant?|so|and|but|not|please|it should)\b)"
    r"(?:[\w'-]+ ){1,4}?(?:is|are|was|were|will|won't|would|has|have|had|isn't|aren't|found|got|forgot|eats?"
    r"|needs?|comes?|joins?|likes?|hates?|wants?)\b.*)$",
    re.IGNORECASE,
)
# Says something of the order, or of the assistant, and changes nothing.
_REMARK = re.compile(
    r"^(?:(?:it|that|this|they)(?:'s| is| are|'re) (?:all )?(?:for|because)\b(?!.*\d)|.*\bi (?:suppose|guess|bet)\W*$"
    r"|how (?:very )?(?:clever|kind|nice|good|sweet|helpful|wise|funny)\b|an? (?:\w+ ){0,2}(?:answer|idea|question|joke"
    r"|point|thought|pity|shame|surprise|relief|start|day|week|job)\W*$"
    r"|(?:i(?:'ve| have)? )?(?:mixed|messed|muddled|got) (?:it|that|them|things) (?:all )?(?:up|wrong|confused)\W*$"
    r"|my mistake\W*$|i was wrong\W*$|silly me\W*$)",
    re.IGNORECASE,
)
_THING = re.compile(r"\s+(?:thing|stuff|bit|part)$", re.IGNORECASE)
_NOT_BUT = re.compile(
    r"^(?:no,? |it(?:'s| is) )*not (?:on |at |for )?(?P<old>[^,;]+?)(?:[,;]| but) (?:but |it's )?(?:on |at |for )?"
    r"(?P<new>[^,;]+)$",
    re.IGNORECASE,
)
_ONLY = re.compile(r"\b(?:only|just)\b", re.IGNORECASE)
_BAD = re.compile(
    r"^(?:on |at )?(?P<old>[\w' ]+?) (?:is (?:bad|no good|not good|full|taken|impossible|too (?:late|early))"
    r"|(?:doesn'?t|does not|won'?t|will not) (?:work|fit|suit|do)(?: (?:for )?me)?),? (?:so |but |then "
    r"|rather |make it |let's say |better )*(?:on |at )?(?P<new>[^,;]+)$"
    r"|^instead of (?:the )?(?P<older>[^,;]+?),? (?:(?:i'd like|i'll have|i want|take|make it) )?(?P<newer>[^,;]+)$",
    re.IGNORECASE,
)
_BUT_NOT = re.compile(
    r"^(?:it(?:'s| is) )?(?:on |at |for )?(?P<new>[^,;]+?),? (?:and )?not (?:on |at |for )?(?P<old>[^,;]+)$",
    re.IGNORECASE,
)


def is_remark(message: str) -> bool:
    """Whether a message says something beside an order, and changes nothing of it: "a wise answer, I suppose"."""
    parts = sentences(message[:LONGEST])
    return bool(parts) and all(_REMARK.match(_trimmed(part)) for part in parts)


def tracked(messages: Sequence[str]) -> str:
    """The order that the first message gives as the others have changed it; "" where it cannot be told."""
    if not messages or any(len(message) > LONGEST for message in messages):
        return ""
    first, *later = [part for message in messages for part in sentences(message)] or [""]
    while opens(first) and later:
        first, *later = later
    anew = _ANEW.match(_trimmed(first))
    text = _trimmed(anew["new"] if anew else _OPENS.sub("", _LEADS.sub("", _trimmed(first))))
    text = _TITLE.sub("", text)
    for change in (change for part in later for change in _TWO_CHANGES.split(part)):
        text = (_changed(text, change) or _changed(text, put_right(change))) if text else ""
    return _PLEASE.sub("", text)


def put_right(message: str) -> str:
    """What a message puts right behind a clause that only leads to it: "I looked again, and it is at four"; else ""."""
    found = _PUT_RIGHT.search(message[:LONGEST])
    return found["what"] if found else ""


def says_anew(message: str) -> bool:
    """Whether a message says all of an order anew: "it should be milk and eggs"."""
    return bool(_ANEW.match(_trimmed(message[:LONGEST])))


def opens(message: str) -> bool:
    """Whether a message begins a list or an order, and says nothing of what it is to hold."""
    return bool(_BEGINS.fullmatch(_trimmed(message[:LONGEST])))


def _changed(text: str, message: str) -> str:
    """The order after a change; "" where it cannot be told."""
    if not message:
        return ""
    if (_REASONS.search(message) and not _ALTERS.search(message)) or is_remark(message):
        return text
    shorter = _EXPLAINS.sub("", message)
    message = shorter if _trimmed(shorter) else message
    if anew := _ANEW.match(_trimmed(message)):
        return _trimmed(anew["new"])
    message = _SO.sub("", message)
    change, is_asked = _MAY_ADD.subn("", _AND.sub("", _trimmed(message)))
    if right := next(filter(None, (_corrected(text, said) for said in (message, change, _LEADS.sub("", change)))), ""):
        return right
    if resized := _RESIZED.match(_new(change)):
        return _replaced(text, resized["old"], resized["new"])
    for pattern in (_SWAPS, _TURNS, _FOR):
        if found := pattern.match(_ASKED.sub("", change)):
            if is_count(found["old"]) and (right := recounted(text, _new(found["new"]), found["old"])):
                return right
            return _replaced(text, _new(found["old"]), _TO.sub("", _new(found["new"])))
    added, change = _ADDS.match(change) or _ALSO.match(" ".join(message.split())), _new(change)
    if (gone := _GONE.match(change)) and (left := _without(text, _THING.sub("", _ARTICLE.sub("", gone["old"])))):
        return left
    if _ONLY.search(message) and (right := recounted(text, _LEADS.sub("", change))):
        return right
    if later := doubled(text, change) or moved(text, change) or recounted(text, change) or regrouped(text, change):
        return later
    if found := _WITHOUT.match(_trimmed(_REASON.sub("", change))):
        return _without(text, _ARTICLE.sub("", _trimmed(_AFTER_ALL.sub("", _BECAUSE.sub("", found["old"])))))
    named = measures_of(change, text)
    if named and is_all(change, [*(each for _, each in named), *re.findall(r"\w{3,}", text)]):
        return with_measures(text, change, named)
    if found := _THINGS.fullmatch(change):
        places = list(
            re.finditer(
                rf"\b(?:{COUNT}|an?"
                rf"|some)(?P<kind>(?: [\w'-]+)??)\s+{re.escape(singular(found[2]))}(?:e?s)?\b",
                text,
                re.IGNORECASE,
            )
        )
        if places:
            count, thing = found[1].split(" ", 1)
            new = f"{count}{places[0]['kind']} {thing}"
            return text[: places[0].start()] + new + text[places[0].end() :] if len(places) == 1 else ""
    detail = _new(added["new"]) if added else change
    if detail and words(detail) <= words(text) and not re.search(r"\b(?:no|without)\b", text):
        return text  # it is said again
    is_added = re.match(r"(?:please )?(?:add|put)\b", change, re.IGNORECASE) or is_asked
    if (
        not detail
        or (message.rstrip().endswith("?") and not is_asked and not is_added)
        or _SAYS.search(detail)
        or (_shares(detail, text) and not is_added)
    ):
        return ""  # it may change what stands there
    if any_of(KINDS, detail) and (any(kind.search(text) for kind, _ in named) or not named):
        return ""
    if re.match(rf"(?:{COUNT}|an?|some)\b", detail, re.IGNORECASE):
        detail = f"{detail[0].lower()}{detail[1:]}"
    if added:
        return f"{text} and {detail}"
    is_number = re.search(rf"\b(?:{COUNT})\b", detail, re.IGNORECASE) and not named
    return "" if is_number or len(detail.split()) > _FEW else f"{text}, {detail}"


def _corrected(text: str, change: str) -> str:
    """The order after what says what it is, and what it is not: "Tuesday, not Monday"; else ""."""
    for found in (pattern.match(_trimmed(change)) for pattern in (_BAD, _NOT_BUT, _BUT_NOT)):
        if not found:
            continue
        said = found.groupdict()
        old, new = said["old"] or said.get("older") or "", _new(said["new"] or said.get("newer") or "")
        if is_count(old) and (right := recounted(text, new, old)):
            return right
        is_other = not words(new) & words(text) - _SMALL_PARTS and len(new.split()) <= _NEW
        if is_other and (right := _replaced(text, _new(old), _TO.sub("", new))):
            return right
    return ""


def _shares(detail: str, text: str) -> bool:
    """Whether a detail has a word of the order that tells something."""
    words = ({singular(word) for word in re.findall(r"\w{3,}", each.lower())} for each in (detail, text))
    return bool(set.intersection(*words) - {"and", "the", "with", "for", "some", "from", "one"})


def _trimmed(text: str) -> str:
    """Without what opens and ends it politely."""
    text = " ".join(text.split())
    for pattern in (_FILLERS, _ENDS):
        before = None
        while text != before:
            before, text = text, pattern.sub("", text)
    return text


def _new(text: str) -> str:
    """What is wanted in a change: "can we make it five" wants "five"."""
    return _MADE.sub("", _ASKED.sub("", _BETTER.sub("", _trimmed(text)))).strip()


def _replaced(text: str, old: str, new: str) -> str:
    """The order with one thing in place of another that it names once."""
    old, bare = _ARTICLE.sub("", old), _ARTICLE.sub("", new)
    places = list(re.finditer(rf"\b{re.escape(old)}(?:\s?[ap]m)?\b", text, re.IGNORECASE)) if old else []
    if len(places) != 1 or not bare:
        return ""
    return text[: places[0].start()] + bare + text[places[0].end() :]


def _without(text: str, old: str) -> str:
    """The order without a thing that it names once, and something is left of it."""
    what = rf"(?:(?:the|a|an|some|{COUNT})\s+)?(?:\w+ of )?{re.escape(old)}\b"
    patterns: tuple[str, ...] = (rf",? and {what}", rf"\b{what}(?:,| and)\s+", rf",\s+{what}", rf"\s+with {what}$")
    if not old or len(re.findall(rf"\b{re.escape(old)}\b", text, re.IGNORECASE)) != 1:
        return ""
    items = _LISTED.split(text)
    kept = [item for item in items if not re.search(rf"\b{re.escape(old)}\b", item, re.IGNORECASE)]
    if len(items) > 2 and len(kept) == len(items) - 1 and not re.search(r"\bwith\b", text):
        return " and ".join(filter(None, (", ".join(kept[:-1]), kept[-1])))
    if not _PUT_TOGETHER.search(text) and len(text.split()) > 2:
        patterns = (*patterns, rf"^{re.escape(old)}\s+(?=\w)", rf"\s+{re.escape(old)}(?=\s+\w)")  # typed without commas
    for pattern in patterns:
        left, count = re.subn(pattern, "", text, flags=re.IGNORECASE)
        if count == 1:
            return left if re.search(r"\band\b", left) else re.sub(r"^(.*\w), (\w[\w ]*)$", r"\1 and \2", left)
    return ""
