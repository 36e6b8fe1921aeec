"""Which part of a message is to be answered: of "thanks! I got the job. any tips for the first day?" the question.

People say several things in one message. A reply is to what is asked in it, if anything is, else to what is told last;
what only leads there ("haha no", "thanks", "the back pain?") is passed over. English.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from typing import Final

from chatkit_generation.acts import READ, act_of, is_asking
from chatkit_generation.wording import bare, sentences

ASKING: Final = frozenset({"choice", "advice", "opinion", "personal", "directive", "question"})
LEADS: Final = frozenset({"agree", "reject", "laugh", "sound", "thanks", "unsure", "why"})  # to what is said then
LONGEST = 3 * READ  # characters of a message that are looked at: its last, for what is asked stands there
_OF_TOLD = frozenset({"advice", "opinion", "directive"})  # ask of what is told, be it before or behind
_CLAUSE = ", "
_WORDS = 4  # of a clause, or of what is no more than an echo
# What is asked so, asks of what was said before it.
_OPEN_WORDS = """
any ideas idea tips tip advice suggestions suggestion thoughts what should shall i we do you think can could would
please help me how about so and or not right know then now have got it that this is the a an to say reckon mean in
your opinion for with like really honestly one which on there some did will be am are just give don't"""
_OPEN = frozenset(_OPEN_WORDS.split())
_BUT = re.compile(r"(?i)(?<!nothing)(?<!anything)(?<!all)(?<!help),?\s+but\s+(?:at least |then )?")
_GREETS = re.compile(
    r"(?:(?:hi|hello|hey|greetings|good (?:morning|afternoon|evening|day)|(?:nice|pleased|good|great"
    r"|lovely) to meet you|sorry|there|again|all|chatkit|too|oh|one more thing) ?)+"
)
# Has the form of a question, and asks nothing.
_ASKS_NOTHING = re.compile(
    r"(?:(?:and|so|oh|well|hey) )*(?:guess what|got it|get it|ok(?:ay)?|you know|yeah|(?:do )?(?:you )?know what"
    r"|(?:can|could) you (?:even )?believe (?:it"
    r"|that|this)|why me|who (?:knows|cares)|isn't (?:it|that|this|he|she)(?: \w+){1,3}|.*\b(?:right|huh|eh|innit))$"
)
# Goes on with what was told before it: "my sister is pregnant! she told us on Sunday".
_LEANS = re.compile(r"(?:(?:and|but|so) )?(?:he|she|it|they|that|this)\b(?: [\w']+){1,5}[.!]*$", re.IGNORECASE)
_EXCLAIMS = re.compile(r"(?:how|what)(?: an?)?(?: \w+){1,3}$")
_TELLS_TOO = re.compile(r"(?:i'm|i am|i've|i have|my|it|he|she|we|not bad|fine|good|great)\b")
_MAY_ASK = {"you", "any", "anyone", "anybody", "anything", "ever", "got", "want", "fancy", "ready", "seen", "heard"}


@dataclasses.dataclass(frozen=True)
class Focus:
    """What of a message is to be answered.

    Args:
        text: The part; with what it asks of, where it does not say that.
        act: Its act, see ``acts``.
        others: What else the message says, in its order.
    """

    text: str
    act: str
    others: Sequence[str] = ()

    @property
    def asks(self) -> bool:
        """Whether something is asked or wanted."""
        return self.act in ASKING


def focus_of(message: str) -> Focus:
    """What of a message is to be answered: the last that asks, else the last that tells."""
    text = message.strip()
    parts = sentences(text[-LONGEST:])
    if len(parts) < 2:
        return Focus(text[:READ], act_of(text))
    parts = [part[:READ] for part in (parts[1:] if len(text) > LONGEST else parts)]
    acts = [act_of(part) for part in parts]
    told = [place for place, part in enumerate(parts) if _tells(part, acts[place])]
    asking = [place for place, part in enumerate(parts) if acts[place] in ASKING and not _echoes(part, parts[place:])]
    if told or len(asking) > 1:
        asking = [place for place in asking if not _asks_nothing(parts[place])]
    if asking:
        return _asked(parts, acts, asking, told)
    if "leaving" in acts[-2:]:
        return _only(parts, [acts.index("leaving", len(acts) - 2)], "leaving")
    last = (told or [len(parts) - 1])[-1]
    if len(told) > 1 and _LEANS.match(parts[last]):
        last = told[-2]
    return _only(parts, [last], acts[last])


def is_open(part: str) -> bool:
    """Whether a question says nothing of what it asks about: "any ideas?"."""
    return set(bare(part).split()) <= _OPEN


def is_lead(part: str) -> bool:
    """Whether a part greets, or has no words."""
    said = bare(part)
    return not re.search(r"\w", said) or bool(_GREETS.fullmatch(said))


def clauses(text: str) -> list[str]:
    """Clauses of a sentence, by its commas; those of a few words are left out."""
    return [part for part in text.split(_CLAUSE) if len(part.split()) >= _WORDS]


def told_last(message: str) -> str:
    """What tells the mood of a message: what is to be answered, and of that what stands behind a "but"."""
    text = focus_of(message).text
    *before, last = _BUT.split(text)
    return last if before and len(last.split()) >= _WORDS else text


def _asked(parts: Sequence[str], acts: Sequence[str], asking: Sequence[int], told: Sequence[int]) -> Focus:
    """What is asked last, with what it asks of."""
    place, before = asking[-1], asking[-2] if len(asking) > 1 else None
    if (
        before is not None
        and before == place - 1
        and not is_asking(bare(parts[place]))
        and len(parts[place].split()) < _WORDS
    ):
        return _only(parts, [before, place], acts[before])  # "should I wear red? or blue?"
    if not is_open(parts[place]):
        return _only(parts, [place], acts[place])
    if before is not None and before == place - 1 and not is_open(parts[before]):
        return _only(parts, [before, place], acts[place])
    nearest = [other for other in told if other < place and not is_open(parts[other])][-1:]
    if not nearest and acts[place] in _OF_TOLD:
        nearest = [other for other in told if other > place][:1]
    return _only(parts, [*nearest, place], acts[place])


def _tells(part: str, act: str) -> bool:
    if act == "thanks":
        return bool(_TELLS_TOO.match(bare(part)))  # "I'm fine, thanks."
    return act not in LEADS | ASKING and not is_lead(part)


def _only(parts: Sequence[str], places: Sequence[int], act: str) -> Focus:
    others = [part for place, part in enumerate(parts) if place not in places]
    return Focus(" ".join(parts[place] for place in places), act, others)


def _echoes(part: str, rest: Sequence[str]) -> bool:
    """Whether a part only looks like a question, and goes on to tell: "the back pain? yes, every day"."""
    words = bare(part).split()
    is_short = len(words) <= _WORDS and not _MAY_ASK & set(words[:1])
    return len(rest) > 1 and part.endswith("?") and is_short and not is_asking(" ".join(words)) and not is_open(part)


def _asks_nothing(part: str) -> bool:
    said = bare(part)
    exclaims = part.endswith("!") and "?" not in part and _EXCLAIMS.fullmatch(said)
    return bool(_ASKS_NOTHING.fullmatch(said) or (exclaims and not is_open(part)))
