"""What is kept of messages that are to be noted: what they order, without what is said around it, each thing apart.

"Thanks! And can you add bin bags to my list? I hate shopping" keeps "bin bags"; a dentist on Thursday is no part of the
shopping list. English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from chatkit_generation.acts import act_of
from chatkit_generation.focus import LEADS
from chatkit_generation.notes import is_request
from chatkit_generation.tracking import opens, tracked
from chatkit_generation.wording import bare, sentences

MOST = 20  # messages that are looked at
_NEEDS = re.compile(
    r"\b(?:i|we)(?:'ve| have| also| do)* (?:need|got|have|want|take)\b|\bi(?:'d| would) like\b|\b(?:can|could|will|would)"
    r" (?:i|we|you)\b|^\W*(?:and |also |plus )*(?:\d+|an?|one|two|three|four|five|six|some|add|no|with|without|extra)\b",
    re.IGNORECASE,
)
_NO_PART = re.compile(
    r"\bi (?:did not|didn't|do not|don't) (?:ask|say|want advice|mean)\b|\b(?:thanks|thank you|sorry|lol|haha)\b"
    r"|^\W*(?:almost|nearly|not quite|wait|hm+)\W*$",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"\b(?:monday|tuesday|wednesday|thursday|friday|saturday|sunday|today|tonight|tomorrow|january|february|march|april"
    r"|may|june|july|august|september|october|november|december|\d{1,2}(?:st|nd|rd|th))\b"
    r"|\b(?:at|past) (?:\d{1,2}|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|noon)\b"
    r"|\b\d{1,2}[:.]\d\d\b|\b\d{1,2} ?[ap]m\b",
    re.IGNORECASE,
)
_OWN_MATTER = re.compile(
    r"^\W*(?:(?:thanks|ok|okay|oh|and|also|well|so|right|great|please|can you note|note that)\b\W*)*(?:i(?:'ve| have| got)"
    r"(?: got)?|there(?:'s| is)|my|the|book|reserve|i need to book|remember|remind me)\b.*"
    r"\b(?:appointment|meeting|dentist|doctor|vet|hairdresser|haircut|interview|party|exam|lesson|class|check-?up|birthday"
    r"|wedding|flight|train|bus|concert|table|room|taxi|cab|call|visit|deadline|dinner|lunch)\b",
    re.IGNORECASE,
)
_OF_LIST = re.compile(r"\b(?:(?:shopping|grocery|to-?do|packing) )?list\b", re.IGNORECASE)
_OF_DATES = re.compile(r"\b(?:appointments?|bookings?|reservations?|calendar|diary|meetings?)\b", re.IGNORECASE)


def note_parts(message: str) -> list[str]:
    """The sentences of a message that carry what it wants noted; all of them where none does more than others."""
    parts = sentences(message)
    kept = [part for part in parts if act_of(part) not in LEADS and not opens(part) and not _NO_PART.search(part)]
    strong = [part for part in kept if is_request(part) or _NEEDS.search(part) or _DATED.search(part)]
    return strong or kept or parts


def in_short(messages: Sequence[str]) -> str:
    """What messages that belong together want noted, as their changes leave it; "" where that cannot be told."""
    return tracked([part for message in messages for part in note_parts(message)])


def apart(messages: Sequence[str]) -> list[list[str]]:
    """Messages that were to be noted, those of one matter together: an appointment is no part of a shopping list."""
    groups: list[list[str]] = []
    for message in messages[-MOST:]:
        own = any(_OWN_MATTER.match(part) and _DATED.search(part) for part in note_parts(message))
        listed = bool(_OF_LIST.search(message))
        lists = [group for group in groups if not _is_dated(group)]
        if not groups or (own and (not _is_dated(groups[-1]) or _matter(message) != _matter(groups[-1][0]))):
            groups.append([message])
        elif listed and lists:
            lists[-1].append(message)
        elif listed and _is_dated(groups[-1]):
            groups.append([message])
        else:
            groups[-1].append(message)
    return groups


def asked_of(question: str, groups: Sequence[list[str]]) -> list[list[str]]:
    """Of the matters noted those that a question for all of them means: the list, the appointments, or every one."""
    for form, dated in ((_OF_LIST, False), (_OF_DATES, True)):
        if form.search(question) and (found := [group for group in groups if _is_dated(group) == dated]):
            return found
    return list(groups)


def about(groups: Sequence[list[str]], tells: Callable[[str], bool]) -> list[list[str]]:
    """Of the matters noted those of which a message tells what is asked for."""
    return [group for group in groups if any(map(tells, group))]


def _is_dated(group: Sequence[str]) -> bool:
    return bool(_DATED.search(group[0]))


def _matter(message: str) -> str:
    """What a message that names a matter of its own names."""
    found = next((match for part in note_parts(message) if (match := _OWN_MATTER.match(part))), None)
    return bare(found[0]).split()[-1] if found else ""
