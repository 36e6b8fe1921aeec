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
_CLAUSE = ", "
_WORDS = 4  # of a clause, or of what is no more than an echo
# What is asked so, asks of what was said before it.
_OPEN_WORDS = """
any ideas idea tips tip advice suggestions suggestion thoughts what should shall i we do you think can could would please
help me how about so and or not right know then now have got it that this is the a an to say reckon mean in your opinion
for with like really honestly one which on there some did will be am are just give"""
_OPEN = frozenset(_OPEN_WORDS.split())
_BUT = re.compile(r",?\s+but\s+(?:at least |then )?", re.IGNORECASE)


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
    text = message[:READ].strip()
    parts = sentences(text)
    if len(parts) < 2:
        return Focus(text, act_of(text))
    acts = [act_of(part) for part in parts]
    asking = [place for place, part in enumerate(parts) if acts[place] in ASKING and not _echoes(part, parts[place:])]
    if asking:
        place = asking[-1]
        first = max(place - 1, 0) if is_open(parts[place]) else place
        return Focus(" ".join(parts[first : place + 1]), acts[place], [*parts[:first], *parts[place + 1 :]])
    if "leaving" in acts[-2:]:
        place = acts.index("leaving", len(acts) - 2)
        return Focus(parts[place], "leaving", [*parts[:place], *parts[place + 1 :]])
    told = [place for place, act in enumerate(acts) if act not in LEADS and act not in ASKING] or [len(parts) - 1]
    return Focus(parts[told[-1]], acts[told[-1]], [*parts[: told[-1]], *parts[told[-1] + 1 :]])


def is_open(part: str) -> bool:
    """Whether a question says nothing of what it asks about: "any ideas?"."""
    return set(bare(part).split()) <= _OPEN


def clauses(text: str) -> list[str]:
    """Clauses of a sentence, by its commas; those of a few words are left out."""
    return [part for part in text.split(_CLAUSE) if len(part.split()) >= _WORDS]


def _echoes(part: str, rest: Sequence[str]) -> bool:
    """Whether a part only looks like a question, and goes on to tell: "the back pain? yes, every day"."""
    said = bare(part)
    return len(rest) > 1 and part.endswith("?") and not is_asking(said) and not is_open(part)


def told_last(message: str) -> str:
    """What tells the mood of a message: what is to be answered, and of that what stands behind a "but"."""
    text = focus_of(message).text
    *before, last = _BUT.split(text)
    return last if before and len(last.split()) >= _WORDS else text
