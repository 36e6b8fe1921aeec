"""What begins an order, a list or an appointment by its form alone: "two naan and a lassi", "dentist on tuesday at 10".

Such words are an answer, too ("two cats and a dog"): they begin an order only where nothing was asked. English.
"""

from __future__ import annotations

import re

from chatkit_generation.wording import DAYS

READ = 300  # characters; what is longer tells something
_COUNT = r"(?:\d+|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|some|half a|a dozen)"
_CLAUSE = re.compile(
    r"\b(?:i|i'm|i've|im|we|we've|you|your|he|she|they|it|it's|is|are|was|were|am|have|has|had|do|does|did|will"
    r"|would|can"
    r"|could|should|that|this|there|what|who|how|why|because|if|when|not|never|feel|think|like|love|hate|years?|weeks?"
    r"|months?|hours? ago|minutes?|bit|lot|few|couple|kind|sort|times?|ago|old|cats?|dogs?|kids?|sons?|daughters?"
    r"|brothers?"
    r"|sisters?|children)\b",
    re.IGNORECASE,
)
_THINGS = re.compile(
    rf"^\W*(?:(?:hi|hello|ok|okay|please|also|and)\b\W*)*{_COUNT} [a-z][\w' -]*?(?:,| and| with| plus"
    rf"| {_COUNT} )\b.*\w",
    re.IGNORECASE,
)
_MATTERS = "dentist|doctor|vet|haircut|hairdresser|appointment|meeting|table|taxi|cab|train|flight|tickets?|room|pickup"
_MATTERS += "|interview|lesson|class|massage|check-?up|parcel|delivery"
_APPOINTMENT = re.compile(
    rf"^\W*(?:an? |the |my )?(?:[\w'-]+ ){{0,2}}(?:{_MATTERS})\b.*"
    rf"(?:\b(?:{DAYS}|\d{{1,2}}(?:st|nd|rd|th))\b|\bat \d|\b\d{{1,2}} ?[ap]m\b|\b\d{{1,2}} to \d)",
    re.IGNORECASE,
)
# "Doctor, Monday 8.15, blood test, must not eat before"
_TERSE = re.compile(
    rf"^\W*(?:{_MATTERS}),? (?:(?:on|at|next|this) )*(?:{DAYS}|\d{{1,2}}(?:st|nd|rd|th|[:.]\d\d| ?[ap]m))\b",
    re.IGNORECASE,
)
_TELLS = re.compile(
    r"\b(?:i|i'm|i've|im|we|you|he|she|they|it|it's|is|are|was|were|had|did|will|went)\b", re.IGNORECASE
)
_LIST = re.compile(
    r"^\W*(?:my |a |the )?(?:(?:shopping|grocery|packing|guest|gift|wish|film|movie|book|reading|to[- ]?do|cleaning"
    r"|baking)"
    r" ?list|todo|to-do)(?: for [\w]+)?\b(?: is(?=\s*:))?\W*(?!is\b|was\b|please\b)(?P<what>[\w'].*\w)",
    re.IGNORECASE,
)
_COLON = re.compile(
    r"^\W*(?:for (?:the|my"
    r"|our) )?[\w' -]{3,30}:\s*(?P<what>[\w' -]+(?:, [\w' -]+)+(?:,? and [\w' -]+)?)\W*$",
    re.I,
)
_FOR_WHEN = re.compile(rf"\b(?:for|on) (?:{DAYS})\b", re.IGNORECASE)
_NEEDS = re.compile(
    r"^.*\b(?:i|we) (?:also )?(?:need|want|'ll need|will need) (?P<what>(?:.*\b(?:\d+|two|three|four|five"
    r"|six)\b.*\band\b.*"
    r"|[^.,]*,[^.]*(?:,| and ).*))$",
    re.IGNORECASE,
)
_TAKES = re.compile(
    r"^\W*(?:(?:hi|hello|ok)\b\W*)*(?:(?:we|i)(?:'ll| will) (?:have|take|need)|put (?:me|us) down for|(?:our"
    r"|my) (?:table|booking) is for)\b",
    re.IGNORECASE,
)


def begins_order(text: str) -> bool:
    """Whether a message has the form of an order, a list or an appointment, and of nothing else."""
    text = text.strip()
    if not text or len(text) > READ or "?" in text:
        return False
    if _TAKES.match(text) or _LIST.match(text) or _COLON.match(text) or _NEEDS.match(text):
        return True
    if _TERSE.match(text) and not _TELLS.search(text):
        return True
    return bool(_THINGS.match(text) or _APPOINTMENT.match(text)) and not _CLAUSE.search(text)


def listed(text: str) -> str:
    """What a message lists that begins with the name of a list; "" where it does not."""
    if "\n" in text:
        return ""
    found = next((match for form in (_LIST, _COLON) if (match := form.match(text.strip()[:READ]))), None)
    if not found:
        return ""
    when = _FOR_WHEN.search(text.strip()[: found.start("what")])
    return f"{found['what']} {when[0]}" if when else found["what"]
