"""What an order or a booking takes: whether a message gives one, changes one that was just given, or is done with it.

The assistant takes notes, and cannot order or book. A note in the user's own words is never wrong, so what changes an
order is quoted and not put in other words: "leave the onions out please" a small language model adds to the burger.
English.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from chatkit_generation.acts import act_of
from chatkit_generation.tracking import is_remark, put_right
from chatkit_generation.wanting import wanted
from chatkit_generation.wording import sentences

_NO_NOTES = frozenset({"agree", "reject", "thanks", "laugh", "sound", "unsure", "leaving", "praise", "complaint"})
READ = 1000  # characters of a message that are looked at
FRESH = 2  # messages of the user's back to which a note is still being taken
# What is ordered, booked or changed, in words that leave no doubt.
_REQUESTS = re.compile(
    r"^\W*(?:please )?(?:book|order|reserve) (?:me|us|a|an|the|one|two|three|four|five|six|\d+)\b"
    r"|\bi(?:'d| would) like (?:to )?(?:order|book|reserve|have|get)\b|\bi want to (?:order|book|reserve)\b"
    r"|\b(?:can|could) (?:i|we|you) (?:also |please )?(?:order|book|get|have|add)\b"
    r"|\b(?:can|could) (?:we|you) (?:also |please )?(?:make it|change)\b"
    r"|\binstead of\b|\bplease add\b"
    r"|^\W*(?:add|make (?:it|that)(?! (?:stop|work|happen|clear|easy|hard|better|worse|fun|up|go|look|sound|feel)\b))\b"
    r"|\bdeliver(?:ed)? (?:it|this|that|to|at|by|on)\b"
    r"|\bfor delivery\b"
    r"|\bmy (?:phone |house )?(?:number|address) is\b|\bto take away\b|^\W*i(?:'ll| will) have\b"
    r"|\bi need (?:a|an|some|to (?:book|order|make)) (?:\w+ ){0,4}(?:appointment|reservation|table|taxi|cab|room"
    r"|tickets?|flight|booking)\b"
    r"|\b(?:can|could|will|would) you (?:please )?(?:note|write|remember|put) (?:that|it|this)\b"
    r"|\b(?:put|add|write)\b.*\b(?:on|to|onto|down on) (?:my|the|our|a) (?:\w+ )?(?:list|notes?)\b"
    r"|\b(?:take|cross|strike|remove|delete)\b.*\b(?:off|from|out of) (?:the|my|our) (?:[\w-]+ )?list\b"
    r"|\bmy (?:[\w-]+ )?list (?:is|should be)\b|(?<!\ba )(?<!\bthe )\b(?:note|write) down\b|^\W*(?:also |please )*note:"
    r"|\b(?:keep|start|make|take) (?:me )?(?:a|my|the|an?) (?:\w+ ){0,2}(?:list|note)\b",
    re.IGNORECASE,
)
# What ends so politely is an order, unless it is asked of the chat.
_POLITE = re.compile(
    r"(?!.*\b(?:another|more|joke|riddle|story|poem|yes|yeah|no|next|again|help|stop|you|me|your|translate|shorter"
    r"|longer|louder|(?:something|anything)(?! to (?:eat|drink)))\b)"
    r"[^.?!]{3,60}\bplease\W*$",
    re.IGNORECASE,
)
# "So excited! What could I get her?" asks for an idea.
_ASKS_WHAT = re.compile(
    r"\b(?:what|how|where|when|which|who|why|any ideas?)\b[^.!?]*\b(?:can|could|should|do|would) (?:i"
    r"|we)\b",
    re.IGNORECASE,
)
_IS_QUOTED = re.compile(r"\b(?:he|she|they|people|everybody) (?:said|says?|told)\b", re.IGNORECASE)
# What was noted was no note.
_REFUSES = re.compile(
    r"\b(?:don't|didn't|do not|did not|no need to|needn't)\b(?: have to| need to)? (?:note|write)\b"
    r"|\b(?:that|it|this)(?:'s| is| was|s)? ?(?:wasn't|was not|isn't|is not|not) (?:for |on )?(?:a |the "
    r"|my )?(?:list|note)\b"
    r"|^\W*not (?:a|for the|for my) (?:note|list)\b",
    re.IGNORECASE,
)
_ASKS = re.compile(r"\W*(?:how|what|why|who|when|where)\b", re.IGNORECASE)
# What changes an order that was just given, or adds to it; of anything else it may be said, too.
_CHANGES = re.compile(
    r"\bi (?:almost |nearly |also |totally )?forgot (?:the|an?|some|to add|about)\b"
    r"|^\W*(?:(?:oh|ok|okay|wait|hm+|and|sorry|yes|yeah|no|actually|um|sure|please)\W+)*(?:and|plus|also|with|without"
    r"|add|no|not|make|drop"
    r"|skip|scratch|forget|double|rather|another|leave|remove|take|swap|switch|change|extra|only|just|actually|for"
    r"|at|on|from|to|in|a|an|the|one|two|three"
    r"|four|five|six)\b"
    r"|\b(?:instead|in place of|rather than|better|suits|fits|as well|too|please|leave .*\bout|take .*\boff|make (?:it"
    r"|that)|cancel|moved? (?:it|that|to))\b",
    re.IGNORECASE,
)
# Tells what was, or what is to be done; it changes something only in words that say so.
_TELLS = re.compile(
    r"\b(?:was|were|had|felt|slept|got home|(?:need|have|want|got|going) to|gotta|must|haha|lol|love|hate)\b",
    re.IGNORECASE,
)
_ALTERS = re.compile(
    r"\b(?:instead|rather|not|no|without|add|make|change|moved?|cancel|leave|drop|remove|also|too|as well|wrong|forgot"
    r"|list|note|have to (?:be|get|buy|bring))\b",
    re.IGNORECASE,
)
_NEEDS = re.compile(
    r"\b(?:i|we)(?:'ll|'d)? (?:also |still |will |would )?(?:need|want|take|have|get|like)\b", re.IGNORECASE
)
_ASKED = re.compile(
    r"^\W*(?:(?:and|also|oh|ok|okay|actually)\W+)*(?:(?:can|could|would|will) (?:you|we|i)|you can) ", re.IGNORECASE
)
_YOU_CAN = re.compile(r"^\W*(?:(?:oh|ok|okay|and|actually|so|well)\W+)*you can ", re.IGNORECASE)
_IS_OF_ANOTHER = re.compile(
    r"\b(?:you|your|i think|i feel|i am|i'm|he|she|they|because|thanks|thank you|lol|haha)\b", re.IGNORECASE
)
_IS_A_PLAN = re.compile(
    r"\b(?:i'm|i am|we're|we are) (?:gonna|going to) (?!need|order|book|want|have|take)", re.IGNORECASE
)
_IS_ASKED_BACK = re.compile(
    r"\b(?:tell|remind|say|know|remember|repeat|read)\b(?: \w+){0,2},? (?:please,? )?(?:what|when|where|which|who"
    r"|how)\b.*\?|^\W*(?:and |so )?(?:what|when|where"
    r"|which|who)(?:'s)?\b[^.!]*\?\W*$",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"^\W*(?:(?:no|nope|ok|okay|yes|and|well|thanks|great|good)\W+)*(?:(?:that's|that is|thats|that will be|that'll be"
    r"|that would be|this is)"
    r" (?:all|everything|it)|nothing (?:else|more)|not (?:for |right )?now|no more|i'm done"
    r"|im done|done|all done"
    r"|all good)\b(?:[\s,.!]+(?:for now"
    r"|thanks|thank you|very much|so much|please|then))*\W*$",
    re.IGNORECASE,
)
# As an order begins that says no more: "two teas and a scone".
# Begins a change where hardly more is said.
_MAY_BEGIN = re.compile(r"\W*(?:just|for|at|on|from|to|in|an?|the|one|two|three|four|five|six)\b", re.IGNORECASE)
_FEWEST = 6
_FEW, _MANY = 10, 20  # words of a message that may change a note by what it names, or by the words of a change
_COUNTS = re.compile(r"\W*(?:\d+|an?|some|one|two|three|four|five|six)\s", re.IGNORECASE)
_CANCELS = re.compile(
    r"^\W*(?:(?:hm+|oh|ok|okay|no|wait|actually|please|sorry|well)\W+)*(?:cancel|forget|scrap|drop|delete|stop)"
    r" (?:it|that|this|them|everything|all(?: of (?:it|that))?|the (?:whole )?(?:order|booking|thing|reservation|list)"
    r"|my (?:order|booking|list))\b[^?]{0,20}$",
    re.IGNORECASE,
)
_CALLS_OFF = re.compile(
    r"^\W*(?:(?:hm+|oh|ok|okay|no|wait|actually|please|sorry|well)\W+)*(?:cancel|forget|scrap|drop|delete)"
    r" (?:the|that|this|my|about the) (?P<what>[^\W\d_]+)\b",
    re.IGNORECASE,
)
_SEVERAL = re.compile(r",|\b(?:and|with)\b", re.IGNORECASE)
_ASKED_FOR_MORE = re.compile(
    r"(?:anything (?:else|to add)|is that (?:all|right)|correct|shall i note it|what else)\?\W*$", re.IGNORECASE
)
_IS_DONE = re.compile(
    r"\b(?:is|was|has|are|were) (?:it|that|this|everything|all|the \w+|my \w+|our \w+) (?:(?:really|actually|now"
    r"|already|all|been|still)\s)*"
    r"(?:booked|ordered|confirmed|reserved|placed|sent|done|on (?:its|the) way)\b"
    r"|\b(?:did|have|will|are|can|could) you (?:(?:really|actually|already|going to|then|even)\s)*(?:book|booked|order"
    r"|ordered|reserve|reserved"
    r"|place|placed|send|sent|confirm|confirmed)\b (?:it|that|this|the|my|our)\b",
    re.IGNORECASE,
)


@dataclasses.dataclass(frozen=True)
class Notes:
    """What was to be noted before the latest message.

    Args:
        texts: The messages.
        ago: How many messages of the user's ago the last of them was said; 0 where there is none.
    """

    texts: Sequence[str] = ()
    ago: int = 0

    @property
    def is_fresh(self) -> bool:
        """Whether a note is still being taken."""
        return 0 < self.ago <= FRESH


def is_request(text: str) -> bool:
    """Whether a message orders, books or changes something for sure, and is no question."""
    text = text[:READ]
    if wanted(text):
        return True
    asks = _IS_QUOTED.search(text) or _ASKS.match(text) or _ASKS_WHAT.search(text) or refuses(text)
    return bool(_REQUESTS.search(text) or _POLITE.match(text)) and not asks


def refuses(text: str) -> bool:
    """Whether a message says that what was just noted was not meant to be."""
    return bool(_REFUSES.search(text[:READ]))


def may_change(text: str, *, named: bool) -> bool:
    """Whether a message may change, or go on with, what was just noted.

    Args:
        text: The message.
        named: Whether it names a number, a day or a time.
    """
    act, text = act_of(_YOU_CAN.sub("", text[:READ])), _ASKED.sub("", text[:READ])
    changes = bool(_CHANGES.search(text))
    if _IS_OF_ANOTHER.search(text) and not (named and changes):
        return False
    words = len(text.split())
    if is_remark(text):
        return False
    if _CLOSES.match((sentences(text) or [""])[0]) or _ASKS_WHAT.search(text) or refuses(text):
        return False
    changes = changes and (words <= _FEWEST or not _MAY_BEGIN.match(text))
    if act in ("statement", "plan", "answer") and _TELLS.search(text) and not _ALTERS.search(text):
        return False
    if act == "answer":
        return True
    if act in ("statement", "plan", "reject"):
        return (named and words <= _FEW) or (changes and words <= _MANY)
    return act in ("advice", "directive") and (named or changes)


def _is_talk(text: str, names_any: Callable[[str], bool]) -> bool:
    """Whether a message tells something that is no part of a note: "haha my suitcase is bigger than me"."""
    said = text[:READ]
    is_more = names_any(said) or _CHANGES.search(said) or _NEEDS.search(said) or _COUNTS.match(said)
    return act_of(said) in ("statement", "plan", "hope") and not is_more


def closes(text: str, before: str) -> bool:
    """Whether a message is done with what was noted: it says so, or says no or yes to what asks for more.

    Args:
        text: The message.
        before: What the assistant said before it.
    """
    first, *more = sentences(text[:READ]) or [""]
    if any(act_of(part) not in _NO_NOTES for part in more):
        return False  # it has more to say
    return bool(_CLOSES.match(first)) or bool(
        _ASKED_FOR_MORE.search(before) and act_of(text) in ("agree", "reject", "thanks") and len(text.split()) <= 3
    )


def ends(text: str, before: str) -> bool:
    """Whether a message is done with what was noted, or calls it off, see ``closes``."""
    return closes(text, before) or cancels(text)


def asks_whether_done(text: str) -> bool:
    """Whether a message asks if something was really ordered or booked."""
    return bool(_IS_DONE.search(text[:READ]))


def cancels(text: str) -> bool:
    """Whether a message calls off all that was just noted."""
    return bool(_CANCELS.match(text[:READ]))


def calls_off(text: str, noted: Sequence[str]) -> bool:
    """Whether a message calls off the one thing that was noted, by its name: "no, forget the train"."""
    found = _CALLS_OFF.match(text[:READ])
    if not found or len(noted) != 1 or _SEVERAL.search(noted[0]):
        return False
    return bool(re.search(rf"\b{re.escape(found['what'])}\b", noted[0], re.IGNORECASE))


def gathered(told: Sequence[tuple[str, float]], sure: float, may: float, names_any: Callable[[str], bool]) -> Notes:
    """What was to be noted among the messages before the latest.

    Args:
        told: Messages of the user's, each with the probability that it wants something noted.
        sure: From which probability on it does.
        may: From which probability on it may go on with what was noted just before.
        names_any: Whether a message names a number, a day or a time.
    """
    texts, ago = list[str](), 0
    for text, of in told:
        ago = ago + 1 if texts else 0
        is_fresh = 0 < ago <= FRESH
        likely = of >= may and not _IS_OF_ANOTHER.search(text[:READ])
        *first, last = sentences(text[:READ]) or [""]
        change = " ".join(first) if first and last.endswith("?") else text  # "make that two. What is my order now?"
        changes = is_fresh and (
            may_change(put_right(text) or text, named=names_any(text)) or may_change(change, named=False)
        )
        goes_on = changes or (is_fresh and likely)
        if texts and is_remark(text) and not is_request(text):
            continue
        if is_fresh and cancels(text):
            texts = []
        elif is_fresh and refuses(text):
            texts = texts[:-1]
        elif (
            act_of(text) in _NO_NOTES
            or _IS_ASKED_BACK.search(text[:READ])
            or closes(text, "")
            or _IS_A_PLAN.search(text[:READ])
        ) or (texts and not is_request(text) and not goes_on and _is_talk(text, names_any)):
            continue
        elif of >= (may if _COUNTS.match(text) else sure) or is_request(text) or goes_on:
            texts, ago = [*texts, text], 0
    return Notes(texts, ago + 1 if texts else 0)
