"""Days, times, numbers and sizes of an order, and what a change makes of them: "six" people for four. English."""

from __future__ import annotations

import re
from collections.abc import Sequence

SIZE = r"small|medium|large"
COUNT_WORDS = r"\d+|one|two|three|four|five|six|seven|eight|nine|ten"
_MORE = re.compile(
    r"^(?:.* so )?(?:and )?(?:(?P<count>one|two|three) more|(?P<another>another)) (?P<what>[\w'-]+)$", re.IGNORECASE
)
_SHIFTED = re.compile(
    r"^(?P<count>an|one|two|three|half an) hours? (?P<way>later|earlier|before"
    r"|after)\b.*$",
    re.IGNORECASE,
)
_DAY_SHIFTED = re.compile(r"^(?:the|a) day (?P<way>after|later|before|earlier)\b.*$", re.IGNORECASE)
COUNT = r"\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
_COUNTS = COUNT.split("|")[1:]
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
KINDS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:(?:next|this) )?(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tonight|tomorrow)\b",
        rf"\b(?:half(?: past)?|quarter (?:past|to)) (?:{COUNT})\b|\b(?:\d{{1,2}}[:.]\d{{2}}(?:\s?[ap]m)?"
        rf"|\d{{1,2}}\s?[ap]m"
        rf"|(?:{COUNT})(?= in the (?:morning|afternoon|evening)\b)"
        rf"|noon|midnight)\b"
        rf"|\b(?:{COUNT}) o'?clock\b|(?<=\bat )(?:{COUNT})\b",
        rf"\b(?:{COUNT}) (?:people|persons|of us|guests|adults)\b|(?<=\btable for )(?:{COUNT})\b"
        rf"|(?<=\bparty of )(?:{COUNT})\b",
        rf"\b(?:{COUNT}) nights?\b",
        r"\bthe \d{1,2}(?:st|nd|rd|th)\b",
        rf"\b(?:{SIZE})\b",
        r"\b(?:single|double|twin|triple|family)\b(?= room|$)",
        r"\b(?:morning|afternoon|evening)\b",
        r"\b(?:inside|indoors|outside|outdoors|on the terrace|in the garden|by the window)\b",
    )
)
_OF_TIME = (KINDS[0], KINDS[1], KINDS[4])
_SMALL_WORDS = "sit be at on for it the a to in and of is be we are make then will"
_SMALL = frozenset(_SMALL_WORDS.split())


# A thing of an order, and how many there are to be.
_COUNTED = re.compile(rf"(?:(?P<count>{COUNT}|an?|some) )?(?P<what>[^\W\d][\w' -]*)", re.IGNORECASE)
_DOUBLES = re.compile(r"(?P<times>double|triple) (?:the |my )?(?:number of )?(?P<what>[\w' -]+)", re.IGNORECASE)
_ITEM = re.compile(
    r"(?<![^\s,])(?!\s|and\b|with\b|plus\b)(?:(?!\band\b|\bwith\b|\bplus\b)[^,;:])+(?<!\s)", re.IGNORECASE
)


def moved(text: str, change: str) -> str:
    """The order with one more of a thing, an hour or a day later; "" where a change says nothing of the kind."""
    if more := _MORE.match(change):
        what = singular(more["what"].lower())
        places = list(
            re.finditer(
                rf"\b({COUNT}"
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


def is_count(text: str) -> bool:
    """Whether a text is no more than a number: "one"."""
    return bool(re.fullmatch(rf"{COUNT}|an?", text.strip(), re.IGNORECASE))


def recounted(text: str, change: str, old: str = "") -> str:
    """The order with another number of one of its things; "" where it has none of that, or several.

    Args:
        text: The order.
        change: The number and the thing: "five rolls", of "three rolls of tape".
        old: The number that it has now, where that was said.
    """
    found = _COUNTED.fullmatch(change.strip())
    if not found or not found["count"]:
        return ""
    asked, right = words(found["what"]), list[tuple[int, int, str]]()
    for item in _ITEM.finditer(text):
        parts = _COUNTED.fullmatch(item[0])
        if not parts or not asked <= words(parts["what"]) or _head(parts["what"]) != _head(found["what"]):
            continue
        if not parts["count"] and asked != words(parts["what"]):
            continue
        if old and _number(parts["count"] or "one") != _number(old):
            continue
        what = found["what"] if asked == words(parts["what"]) else _as_many(parts["what"], found["what"])
        right.append((*item.span(), f"{found['count'].lower()} {what}"))
    return f"{text[: right[0][0]]}{right[0][2]}{text[right[0][1] :]}" if len(right) == 1 else ""


def doubled(text: str, change: str) -> str:
    """The order with twice, or three times, as many of one of its things; "" where no change says so."""
    found = _DOUBLES.fullmatch(change)
    for item in _ITEM.finditer(text) if found else ():
        parts = _COUNTED.fullmatch(item[0])
        if found and parts and parts["count"] and words(found["what"]) <= words(parts["what"]):
            count = _number(parts["count"]) * (2 if found["times"].lower() == "double" else 3)
            return recounted(text, f"{_spelled(count)} {found['what']}", parts["count"])
    return ""


def _head(what: str) -> str:
    """What a thing is: "roll" of "rolls of red tape"."""
    return singular(re.split(r" (?:of|for|at|in|on|with|from|to) ", what.lower())[0].split()[-1])


def _as_many(what: str, said: str) -> str:
    """A thing as it is said of so many: "bunch of roses" as "bunches of roses" where "bunches" were said."""
    for word in said.split():
        what = re.sub(rf"\b{re.escape(singular(word))}(?:e?s)?\b", word, what, count=1)
    return what


def any_of(kinds: Sequence[re.Pattern[str]], text: str) -> bool:
    """Whether a text names anything of these kinds."""
    return any(kind.search(text) for kind in kinds)


def words(text: str) -> set[str]:
    """Words of a text, in small letters and of one thing each, without what only joins them."""
    return {singular(word) for word in re.findall(r"\w+", text.lower())} - {"and", "please", "also"}


def measures_of(change: str, text: str) -> list[tuple[re.Pattern[str], str]]:
    """Days, times and numbers of a change, each with its kind; none where it has two of one kind."""
    found = [(kind, [each[0] for each in kind.finditer(_timed(change, text))]) for kind in KINDS]
    found = [(kind, texts) for kind, texts in found if texts]
    return [(kind, texts[0]) for kind, texts in found] if all(len(texts) == 1 for _, texts in found) else []


def with_measures(text: str, change: str, named: Sequence[tuple[re.Pattern[str], str]]) -> str:
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


# How many people there will be.
_PARTY = re.compile(
    rf"(?:now )?(?:(?:we|there)(?:'re| are|'ll be| will be)|it(?:'s| is| will be))(?: now| only| just)?"
    rf" (?P<count>{COUNT})(?: of us| people| persons)?(?: now)?",
    re.IGNORECASE,
)


def regrouped(text: str, change: str) -> str:
    """The order for another number of people; "" where a change says nothing of the kind: "we are six now"."""
    party, places = _PARTY.fullmatch(change), list(KINDS[2].finditer(text))
    if not party or len(places) != 1:
        return ""
    number = re.sub(rf"^(?:{COUNT})\b", party["count"], places[0][0], flags=re.IGNORECASE)
    return text[: places[0].start()] + number + text[places[0].end() :]


def _timed(change: str, text: str) -> str:
    """A bare number as the time that it is, where the order has a time and no other number."""
    is_time = KINDS[1].search(text) and not any_of(KINDS[2:5], text)
    is_bare = re.fullmatch(COUNT, change, re.IGNORECASE) and is_time
    return f"at {change}" if is_bare else change


def singular(word: str) -> str:
    """A word as it is for one thing."""
    return re.sub(r"(?<=\w{2})s$", "", word)


def is_all(change: str, named: Sequence[str]) -> bool:
    """Whether a change says hardly more than what it names."""
    rest = change
    for each in named:
        rest = re.sub(rf"\b{re.escape(each)}\b", " ", rest)
    return not set(re.findall(r"\w+", rest.lower())) - _SMALL
