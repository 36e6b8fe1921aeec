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
    r"|,? (?:put|add|note|write) (?:it|them|that|this)(?: down)?|actually|instead"
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
    r"^(?:leave (?:out|off)|take (?:out|off)|without|no longer (?:need|want)|(?:(?:i|we) )?(?:don't|do not|dont"
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
_SIZE = r"small|medium|large"
_RESIZED = re.compile(
    rf"^(?:an? |the )?(?P<new>{_SIZE})\b.*\b(?:instead of|rather than|not)\b.*\b(?P<old>{_SIZE})\b", re.IGNORECASE
)
_COUNT_WORDS = r"\d+|one|two|three|four|five|six|seven|eight|nine|ten"
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
    rf"^.*?\bso (?=(?:only |just |please |make |no |rather )?(?:{_COUNT_WORDS}|make|no|leave|add"
    r"|take)\b)",
    re.IGNORECASE,
)
_BECAUSE = re.compile(r",\s+(?:the|we|i|my|our|he|she|they|nobody|it|there)\b.*$", re.IGNORECASE)
_MORE = re.compile(
    r"^(?:.* so )?(?:and )?(?:(?P<count>one|two|three) more|(?P<another>another)) (?P<what>[\w'-]+)$", re.IGNORECASE
)
_SHIFTED = re.compile(
    r"^(?P<count>an|one|two|three|half an) hours? (?P<way>later|earlier|before"
    r"|after)\b.*$",
    re.IGNORECASE,
)
_DAY_SHIFTED = re.compile(r"^(?:the|a) day (?P<way>after|later|before|earlier)\b.*$", re.IGNORECASE)
_ADDS = re.compile(
    r"^(?:and|add|plus|also|with|put|note)(?: down)?:?\s+(?:also\s+)?(?:note(?: down)?:?\s+)?(?P<new>.+)$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:the|a|an|some|my|those|that|any)\s+", re.IGNORECASE)
_COUNT = r"\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_COUNTS = _COUNT.split("|")[1:]
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_KINDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:(?:next|this) )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tonight|tomorrow)\b",
        rf"\b(?:half(?: past)?|quarter (?:past|to)) (?:{_COUNT})\b|\b(?:\d{{1,2}}[:.]\d{{2}}(?:\s?[ap]m)?"
        rf"|\d{{1,2}}\s?[ap]m"
        rf"|noon|midnight)\b"
        rf"|\b(?:{_COUNT}) o'?clock\b|(?<=\bat )(?:{_COUNT})\b",
        rf"\b(?:{_COUNT}) (?:people|persons|of us|guests|adults)\b|(?<=\btable for )(?:{_COUNT})\b"
        rf"|(?<=\bparty of )(?:{_COUNT})\b",
        rf"\b(?:{_COUNT}) nights?\b",
        r"\bthe \d{1,2}(?:st|nd|rd|th)\b",
        rf"\b(?:{_SIZE})\b",
        r"\b(?:single|double|twin|triple|family)\b(?= room|$)",
        r"\b(?:morning|afternoon|evening)\b",
        r"\b(?:inside|indoors|outside|outdoors|on the terrace|in the garden|by the window)\b",
    )
)
_THINGS = re.compile(rf"((?:{_COUNT}|an?|some)\s+(\w+))(?: of(?: \w+){{1,2}})?", re.IGNORECASE)
_PLEASE = re.compile(r",?\s+please\b", re.IGNORECASE)
_OF_TIME = (_KINDS[0], _KINDS[1], _KINDS[4])
_SMALL_WORDS = "sit be at on for it the a to in and of is be we are make then will"
_SMALL = frozenset(_SMALL_WORDS.split())
_TO = re.compile(r"^(?:to|for|at|on)\s+", re.IGNORECASE)
_AND = re.compile(
    r"^and\s+(?=add\b|make\b|take\b|leave\b|remove\b|drop\b|no\b|(?:can|could) (?:you|we|i)\b|.* (?:instead of"
    r"|in place of|rather than)\b)",
    re.IGNORECASE,
)
_ALTERS = re.compile(
    rf"\b(?:{_COUNT}|change|instead|make|add|no|without|take|leave|drop|remove|off|out|swap|cancel|rather|order|want"
    r"|also|too|and|not|monday|tuesday"
    rf"|wednesday"
    r"|thursday|friday|saturday|sunday|today|tonight|tomorrow|small|medium|large)\b|\d",
    re.IGNORECASE,
)
_REASONS = re.compile(r"\b(?:because|can't|cannot|couldn't|sorry|thanks|thank you|lol|haha)\b", re.IGNORECASE)
_FEW = 6  # words of a detail
_SAYS = re.compile(
    r"\b(?:i|i'm|you|he|she|they|we|it|is|are|was|were|has|have|that|this|do|did|said|think|know)\b", re.IGNORECASE
)
_BETTER = re.compile(
    r"\s+(?:fits|suits|works|would be|would work|is|would suit)(?: (?:me|us))?(?: better| best)?$", re.IGNORECASE
)


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
    if _REASONS.search(message) and not _ALTERS.search(message):
        return text
    if anew := _ANEW.match(_trimmed(message)):
        return _trimmed(anew["new"])
    message = _SO.sub("", message)
    change, is_asked = _MAY_ADD.subn("", _AND.sub("", _trimmed(message)))
    if resized := _RESIZED.match(_new(change)):
        return _replaced(text, resized["old"], resized["new"])
    for pattern in (_SWAPS, _TURNS, _FOR):
        if found := pattern.match(_ASKED.sub("", change)):
            return _replaced(text, _new(found["old"]), _TO.sub("", _new(found["new"])))
    added, change = _ADDS.match(change) or _ALSO.match(" ".join(message.split())), _new(change)
    if (gone := _GONE.match(change)) and (left := _without(text, _ARTICLE.sub("", gone["old"]))):
        return left
    if counted := _counted(text, change):
        return counted
    if found := _WITHOUT.match(_trimmed(_REASON.sub("", change))):
        return _without(text, _ARTICLE.sub("", _trimmed(_AFTER_ALL.sub("", _BECAUSE.sub("", found["old"])))))
    named = _named(change, text)
    if named and _is_all(change, [*(each for _, each in named), *re.findall(r"\w{3,}", text)]):
        return _renamed(text, change, named)
    if found := _THINGS.fullmatch(change):
        places = list(
            re.finditer(
                rf"\b(?:{_COUNT}|an?"
                rf"|some)(?P<kind>(?: [\w'-]+)??)\s+{re.escape(_singular(found[2]))}(?:e?s)?\b",
                text,
                re.IGNORECASE,
            )
        )
        if places:
            count, thing = found[1].split(" ", 1)
            new = f"{count}{places[0]['kind']} {thing}"
            return text[: places[0].start()] + new + text[places[0].end() :] if len(places) == 1 else ""
    detail = _new(added["new"]) if added else change
    if detail and _words(detail) <= _words(text) and not re.search(r"\b(?:no|without)\b", text):
        return text  # it is said again
    is_added = re.match(r"(?:please )?(?:add|put)\b", change, re.IGNORECASE) or is_asked
    if (
        not detail
        or (message.rstrip().endswith("?") and not is_asked and not is_added)
        or _SAYS.search(detail)
        or (_shares(detail, text) and not is_added)
    ):
        return ""  # it may change what stands there
    if _any_of(_KINDS, detail) and (any(kind.search(text) for kind, _ in named) or not named):
        return ""
    if re.match(rf"(?:{_COUNT}|an?|some)\b", detail, re.IGNORECASE):
        detail = f"{detail[0].lower()}{detail[1:]}"
    if added:
        return f"{text} and {detail}"
    is_number = re.search(rf"\b(?:{_COUNT})\b", detail, re.IGNORECASE) and not named
    return "" if is_number or len(detail.split()) > _FEW else f"{text}, {detail}"


def _counted(text: str, change: str) -> str:
    """The order with one more of a thing, an hour or a day later; "" where a change says nothing of the kind."""
    if more := _MORE.match(change):
        what = _singular(more["what"].lower())
        places = list(
            re.finditer(
                rf"\b({_COUNT}"
                rf"|an?)((?: [\w'-]+)?) ({re.escape(what)}(?:e?s)?)\b",
                text,
                re.IGNORECASE,
            )
        )
        if len(places) == 1:
            place = places[0]
            count = _number(place[1]) + _number(more["count"] or "one")
            return f"{text[: place.start()]}{_spelled(count)}{place[2]} {what}s{text[place.end() :]}"
    if shifted := _SHIFTED.match(change):
        times = list(re.finditer(r"(?<=\bat )(\d{1,2})([:.]\d\d)?(?! ?(?:people|of us))", text))
        if len(times) == 1:
            by = 0 if "half" in shifted["count"].lower() else _number(shifted["count"])
            hour = int(times[0][1]) + (by if shifted["way"].lower() in ("later", "after") else -by)
            if by and 0 < hour < 24:
                return f"{text[: times[0].start(1)]}{hour}{text[times[0].end(1) :]}"
    if day := _DAY_SHIFTED.match(change):
        named = list(re.finditer("|".join(_DAYS), text, re.IGNORECASE))
        if len(named) == 1:
            step = 1 if day["way"].lower() in ("after", "later") else -1
            new = _DAYS[(_DAYS.index(named[0][0].lower()) + step) % len(_DAYS)]
            return f"{text[: named[0].start()]}{new.capitalize()}{text[named[0].end() :]}"
    return ""


def _number(word: str) -> int:
    word = word.lower()
    return int(word) if word.isdigit() else 1 if word in ("a", "an") else _COUNTS.index(word) + 1


def _spelled(number: int) -> str:
    return _COUNTS[number - 1] if 0 < number <= len(_COUNTS) else str(number)


def _any_of(kinds: Sequence[re.Pattern[str]], text: str) -> bool:
    return any(kind.search(text) for kind in kinds)


def _words(text: str) -> set[str]:
    return {_singular(word) for word in re.findall(r"\w+", text.lower())} - {"and", "please", "also"}


def _shares(detail: str, text: str) -> bool:
    """Whether a detail has a word of the order that tells something."""
    words = ({_singular(word) for word in re.findall(r"\w{3,}", each.lower())} for each in (detail, text))
    return bool(set.intersection(*words) - {"and", "the", "with", "for", "some", "from", "one"})


def _named(change: str, text: str) -> list[tuple[re.Pattern[str], str]]:
    """Days, times and numbers of a change, each with its kind; none where it has two of one kind."""
    found = [(kind, [each[0] for each in kind.finditer(_timed(change, text))]) for kind in _KINDS]
    found = [(kind, texts) for kind, texts in found if texts]
    return [(kind, texts[0]) for kind, texts in found] if all(len(texts) == 1 for _, texts in found) else []


def _renamed(text: str, change: str, named: Sequence[tuple[re.Pattern[str], str]]) -> str:
    """The order with other days, times and numbers; those that it has none of are added as they were said."""
    for kind, new in named:
        places = list(kind.finditer(text))
        if len(places) > 1:
            return ""
        if places:
            text = text[: places[0].start()] + new + text[places[0].end() :]
        else:
            said = re.search(rf"\b(?:on|at|for|from|in)\s+{re.escape(new)}", change, re.IGNORECASE)
            if not said and kind not in _OF_TIME:
                return ""  # it does not say of what
            text = f"{text} {said[0] if said else new}"
    return text


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


def _timed(change: str, text: str) -> str:
    """A bare number as the time that it is, where the order has a time and no other number."""
    is_time = _KINDS[1].search(text) and not _any_of(_KINDS[2:5], text)
    is_bare = re.fullmatch(_COUNT, change, re.IGNORECASE) and is_time
    return f"at {change}" if is_bare else change


def _singular(word: str) -> str:
    return re.sub(r"(?<=\w{2})s$", "", word)


def _is_all(change: str, named: Sequence[str]) -> bool:
    """Whether a change says hardly more than what it names."""
    rest = change
    for each in named:
        rest = re.sub(rf"\b{re.escape(each)}\b", " ", rest)
    return not set(re.findall(r"\w+", rest.lower())) - _SMALL


def _replaced(text: str, old: str, new: str) -> str:
    """The order with one thing in place of another that it names once."""
    old, bare = _ARTICLE.sub("", old), _ARTICLE.sub("", new)
    places = list(re.finditer(rf"\b{re.escape(old)}(?:\s?[ap]m)?\b", text, re.IGNORECASE)) if old else []
    if len(places) != 1 or not bare:
        return ""
    return text[: places[0].start()] + bare + text[places[0].end() :]


def _without(text: str, old: str) -> str:
    """The order without a thing that it names once, and something is left of it."""
    what = rf"(?:(?:the|a|an|some|{_COUNT})\s+)?(?:\w+ of )?{re.escape(old)}\b"
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
