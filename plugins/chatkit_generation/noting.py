"""What is kept of messages that are to be noted: what they order, without what is said around it, each thing apart.

"Thanks! And can you add bin bags to my list? I hate shopping" keeps "bin bags"; a dentist on Thursday is no part of the
shopping list. English.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence

from chatkit_generation.acts import act_of
from chatkit_generation.focus import LEADS, is_lead
from chatkit_generation.notes import READ, is_request
from chatkit_generation.ordering import listed
from chatkit_generation.reflecting import exchanged
from chatkit_generation.tracking import opens, says_anew, tracked
from chatkit_generation.wanting import is_whole, wanted
from chatkit_generation.wording import DAYS, bare, sentences

MOST = 100  # messages that are looked at
_NEEDS = re.compile(
    r"(?i)\b(?:i|we)(?:'ve| have| also| do)* (?:need|got|have|want|take)\b|\bi(?:'d| would) like\b|\b(?:can|could|will"
    r"|would) (?:i|we|you)\b|^\W*(?:and |also |plus )*(?:\d+|an?|one|two|three|four|five|six|some|add|no|with|without"
    r"|extra)\b"
)
_READS_BACK = re.compile(
    r"(?i)^\W*(?:(?:so|and|but|ok|okay|right|now)\b\W*)*(?:(?:can|could|will|would) you )?(?:please )?(?:read|tell"
    r"|say|repeat|show"
    r"|give|remind)\b.*\b(?:back|again|orders?|lists?|notes?|booking)\b.*\?*$|^\W*(?:so )?what(?:'s| is| did| have"
    r"| was)\b.*\?"
)
_NO_PART = re.compile(
    r"(?i)\bi (?:did not|didn't|do not|don't) (?:ask|say|want advice|mean)\b|\b(?:that|this)(?:'s| is|s) (?:not"
    r"|wrong|just)\b|^\W*(?:almost|nearly|not quite|wait"
    r"|hm+)\W*$|\b(?:i|we)(?:'ve| have)? (?:still |already )?(?:have|got)\b.*\b(?:already|enough|left|at home)\b"
    r"|^(?:please )?(?:(?:can|could|will|would) you (?:please )?)?(?:note|write|remember|put|keep) (?:that|it"
    r"|this)(?: down| in mind)?(?: please| for me)?\W*$"
)
_MANNERS = re.compile(
    r"(?i)^\W*(?:(?:(?:ha){2,}|lol|sorry|thanks|thank you|oh|ok|okay|great)\b[\s,!]*)+|[\s,]+(?:lol|(?:ha){2,}|sorry"
    r"|thanks|thank you)\W*$"
)
# A few words that are said beside an order: "no rush", "so hungry", "that's all".
_ASIDE = re.compile(
    r"(?i)^\W*(?:so|very|too|not|that|that's|all|done|nothing|no (?:rush|hurry|worries|problem)|really|yu?m+\w*|sounds"
    r"|easy|hopefully|what|how|good|delicious|\w+ job)\b"
)
_IS_CLAUSE = re.compile(
    r"(?i)^(?:(?:i|i'm|i've|we|we've|we're|he|she|they|it|it's|there)\b"
    r"|(?:my|our|the|his|her|their)(?: [\w'-]+){1,3}? (?:is|are|was|were|comes?|goes|has|have|will|starts?|ends?"
    r"|likes?)\b)"
)
_BULLET = r"(?:[-*\u2022]|\d{1,2}[.)])\s+"
_NUMBERED = re.compile(r"(?:^|[\s,]+)\d{1,2}[.)]\s+(?=[^\W\d])")
_LEAD = re.compile(
    r"(?i)^\W*(?:and |also )*(?:we (?:also )?(?:need|want)(?: to (?:buy|get))?\b|(?:what|how) about\b|(?:my |the "
    r"|our )?(?:\w+ )?list(?=:)|(?:please )?(?:need|want|buy|get|add|note)(?=:)):?\s*"
)
_IS_SAID = re.compile(
    r"(?i)\b(?:i|i'm|i've|i'd|you|your|can|could|remind|what|how|that|he|she|they|list)\b|\?|\b(?:no"
    r"|without) [^,]* and\b"
)
_MONTHS = "january|february|march|april|june|july|august|september|october|november|december"
_HOURS = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon"
_DATED = re.compile(
    rf"(?i)\b(?:{DAYS}|{_MONTHS}|(?:in|of|\d) may|may \d|\d{{1,2}}(?:st|nd|rd|th)|(?:at|past) (?:\d{{1,2}}|{_HOURS}))"
    r"\b|\b\d{1,2}[:.]\d\d\b(?! ?(?:kg|g|l|ml|euros?|pounds?|dollars?)\b)|\b\d{1,2} ?[ap]m\b"
)
_MATTERS = "dentist|doctor|vet|hairdresser|haircut|interview|party|exam|lesson|class|check-?up|birthday|wedding|flight"
_MATTERS += "|train|bus|concert|table|room|taxi|cab|call|deadline|dinner|lunch|meeting"
_OWN_MATTER = re.compile(
    r"(?i)^\W*(?:(?:thanks|ok|okay|oh|and|also|well|so|right|great|please|(?:can|could) you (?:also )?(?:note|add|book"
    r"|reserve|put down)|note(?: down)?(?: that)?|add|put|schedule|me)\b\W*)*(?:i(?:'ve| have| need| got)(?: got)?"
    r"|there(?:'s| is)|my|the|an?|another|book|reserve|remember|remind me|(?=dentist|doctor|vet|haircut|meeting|lunch"
    rf"|dinner))\b.*\b(?:appointment|visit|{_MATTERS})\b"
)
_MATTER = re.compile(rf"(?i)\b(?:{_MATTERS})\b")
_ANOTHER = re.compile(r"(?i)\b(?:another|second|also|too)\b")
_OF_LIST = re.compile(r"(?i)\b(?:(?:shopping|grocery|to-?do|packing) )?list\b")
_STARTS = re.compile(r"(?i)\b(?:start|make|keep|create|begin|open|write)(?: me)? (?:an?|another) (?:[\w-]+ )?list\b")
_LIST_NAME = re.compile(
    r"(?i)\b(?!(?:a|an|the|my|our|your|this|that|new|whole|long|short|one|of|on|full|entire|another|me|and|or|as)\b)"
    r"(to[- ]do|[a-z][\w-]{2,}) list\b"
)
_OF_DATES = re.compile(r"(?i)\b(?:appointments?|bookings?|reservations?|calendar|diary|meetings?)\b")
_HOW_MANY = re.compile(r"(?i)\bhow many (?:things?|items?|products?|articles?|bits|entries|stuff)\b")
_ADDS = re.compile(
    r"(?i)^\W*(?:(?:and|also|plus|add|oh|ok)\b\W*)+(?!.*\b(?:make|move|change|at|on|for|instead|not|no|cancel|it|is"
    r"|was)\b)"
)


def note_parts(message: str) -> list[str]:
    """The sentences of a message that carry what it wants noted; all of them where none does more than others."""
    if listed_there := listed(message):
        return [f"my list is {listed_there}"]
    if what := wanted(message):
        if is_whole(message):
            return [f"my list is {what}"]
        return [what if says_anew(what) or is_clause(what) else f"add {what}"]
    parts = sentences(_in_line(message[:READ].replace("\u2019", "'")))
    asked = [part for part in (_MANNERS.sub("", part).strip() for part in parts) if _says_more(part)]
    kept = [part for part in asked if not opens(part) and not (_NO_PART.search(part) or _READS_BACK.match(part))]
    kept = next(([part] for part in reversed(kept) if says_anew(part)), kept)
    strong = [part for part in kept if is_request(part) or _NEEDS.search(part) or _DATED.search(part) or _is_item(part)]
    return strong or kept or parts


def is_clause(text: str) -> bool:
    """Whether what is to be noted is told in a clause, and is no list of things."""
    return bool(_IS_CLAUSE.match(text))


def in_short(messages: Sequence[str]) -> str:
    """What messages that belong together want noted, as their changes leave it; "" where that cannot be told."""
    if any(len(message) > READ for message in messages):
        return ""
    parts = [_LEAD.sub("", part) for message in messages for part in note_parts(message)]
    short = tracked([part for part in parts if _says_more(part)])
    return (
        "" if not short or _IS_SAID.search(short) else exchanged(short) if _is_own(short) or is_clause(short) else short
    )


def apart(messages: Sequence[str]) -> list[list[str]]:
    """Messages that were to be noted, those of one matter together: an appointment is no part of a shopping list."""
    groups: list[list[str]] = []
    for message in messages[-MOST:]:
        text = message[:READ]
        if is_clause(wanted(text)):
            groups.append([message])
            continue
        listed = bool(_OF_LIST.search(text))
        own = not listed and any(_OWN_MATTER.match(part) and _DATED.search(part) for part in note_parts(text))
        name = _list_name(text)
        is_new = _STARTS.search(text) or (name and any(map(_list_name_of, groups)))
        if listed and groups and is_new and not _named_like(name, groups):
            groups.append([message])
            continue
        lists, dates = ([group for group in groups if _is_dated(group) == dated] for dated in (False, True))
        same = [group for group in dates if _matter(text) & _matter(group[0])]
        if not groups or (own and (not same or _ANOTHER.search(text)) and not (dates and not _matter(text))):
            groups.append([message])
        elif same and not listed:
            same[-1].append(message)
        elif lists and (listed or (_ADDS.match(text) and not _DATED.search(text))):
            (_named_like(name, lists) or lists[-1]).append(message)
        elif listed:
            groups.append([message])
        elif dates and _DATED.search(text) and not _ADDS.match(text):
            dates[-1].append(message)
        else:
            (dates if own else groups)[-1].append(message)
    return groups


def asked_of(question: str, groups: Sequence[list[str]]) -> list[list[str]]:
    """Of the matters noted those that a question for all of them means: the list, the appointments, or every one."""
    if named := _named_like(_list_name(question), groups):
        return [named]
    kinds = {dated for form, dated in ((_OF_LIST, False), (_OF_DATES, True)) if form.search(question[:READ])}
    return [group for group in groups if _is_dated(group) in kinds] or list(groups)


def counted(question: str, short: str) -> int:
    """How many things there are of what was noted, where a question asks for that, and it is a list; else 0."""
    things = re.split(r",\s+(?:and\s+)?|\s+and\s+", short)
    return len(things) if _HOW_MANY.search(question) and len(things) > 1 and not _DATED.search(short) else 0


def about(groups: Sequence[list[str]], tells: Callable[[str], bool]) -> list[list[str]]:
    """Of the matters noted those of which a message tells what is asked for."""
    return [group for group in groups if any(map(tells, group))]


def _list_name(text: str) -> str:
    """How a list is called: "to-do"; "" where it has no name."""
    found = _LIST_NAME.search(text[:READ])
    return found[1].lower().replace(" ", "-") if found else ""


def _list_name_of(group: Sequence[str]) -> str:
    return next(filter(None, map(_list_name, group)), "")


def _named_like(name: str, groups: Sequence[list[str]]) -> list[str]:
    """The list of this name, the last; an empty one where there is none, or the name is none."""
    return next((group for group in reversed(groups) if name and _list_name_of(group) == name), [])


def _is_dated(group: Sequence[str]) -> bool:
    return bool(_DATED.search(group[0][:READ])) and not _OF_LIST.search(group[0][:READ])


def _matter(message: str) -> set[str]:
    """What appointments a message names."""
    return {found.lower() for found in _MATTER.findall(message[:READ])}


def _says_more(part: str) -> bool:
    """Whether a part is more than manners."""
    return act_of(part) not in LEADS and not is_lead(part)


def _is_item(part: str) -> bool:
    """Whether a part may be no more than a thing of a list: "And eggs."."""
    return act_of(part) == "answer" and len(part.split()) <= 4 and not _ASIDE.match(part)


def _is_own(text: str) -> bool:
    return bool({"my", "our", "me", "us"} & set(bare(text).split()))


def _in_line(text: str) -> str:
    """A list that was written in lines, or numbered, as one sentence: its things are kept apart by commas."""
    lines = [line.strip() for line in text.splitlines() if line.strip()] or [""]
    out = re.sub(rf"^{_BULLET}", "", lines[0]) if len(lines) > 1 else lines[0]
    for before, line in itertools.pairwise(lines):
        thing, is_marked = re.subn(rf"^{_BULLET}", "", line)
        ends = re.search(r"[.!?:,;]$", before)
        out += f"{' ' if ends else ', ' if is_marked or act_of(line) == 'answer' else '. '}{thing}"
    return _NUMBERED.sub(", ", out).lstrip(", ") if len(_NUMBERED.findall(out)) > 1 else out
