"""What is said of the matter of a message: chosen by what the message does.

A cue that takes a few words of a long message often names them in another sense. Of 707 replies to messages that tell
something, graded by readers, a third was bad where the cue takes at least three words and a fifth of all, and of the
others two thirds: only those count.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from chatkit_generation.acts import act_alone
from chatkit_generation.focus import Focus
from chatkit_generation.listening import invites
from chatkit_generation.matters import Found, Matter, Matters
from chatkit_generation.wording import bare, sentences

_OF_TELLING = ("told", "more")
_KEYS: Final = {  # act -> what is said to it, the first that there is
    "advice": ("advice", "question", "ask"),
    "question": ("question", "advice"),
    "opinion": ("advice", "question"),
    "personal": ("you", "question", "advice"),
    "choice": ("advice",),
    "directive": ("ask", "advice"),
    "plan": ("plan", *_OF_TELLING),
    **dict.fromkeys(("statement", "hope", "answer", "praise", "complaint", "agree", "reject"), _OF_TELLING),
}
_ASKING = frozenset({"advice", "question", "opinion", "personal", "choice", "directive"})
# In how many parts of cues a word begins something that stands in a question and tells what it goes on with.
RARE = 25
_BACK = 2  # messages of the user's in which parts of a cue may stand
_SHORT = 6  # words of what is to be answered beside which all of a message is looked at
LEAST_WORDS, LEAST_SHARE = 3, 0.2  # that a cue takes of a message; of one that asks, the share alone
LESS = 0.12  # the share where the reply before said no more than that it listens
_HOW = re.compile(
    r"\bhow (?:do|can|could|would|to|should)\b|\b(?:tips?|advice|ideas?|suggestions?|recommend(?:ations?)?|suggest)\b"
    r"|\bwhat (?:can|could|should|do|to)\b(?:.*\b(?:do|try|cook|eat|make|say|wear|give|buy|read|watch|play)\b)"
    r"|\bwhat helps\b|\bhelp me\b|\bthe best way\b"
)
SURE: Final = 3  # parts of a cue that says most of a message
_ANOTHER = re.compile(
    r"(?:(?:ok|lol|haha|and|please|yes|now|tell me|give me) )*(?:another|another one|one more|more|again)\b.{0,12}$"
)


@dataclasses.dataclass(frozen=True)
class Attended:
    """What may be said of a matter.

    Args:
        replies: In an order that is drawn.
        parts: Of how many parts the cue is that was found.
    """

    replies: Sequence[str]
    parts: int


def attended(
    matters: Matters,
    focus: Focus,
    text: str,
    said: Sequence[str],
    kind: str,
    drawn: Callable[[int], Sequence[int]],
) -> Attended | None:
    """What may be said of the matter of a message; None where it has none, or all was said.

    Args:
        matters: The table.
        focus: What of it is to be answered.
        text: The message.
        said: What was said before it; the latest is the assistant's.
        kind: Its kind, see ``acts.kind_of``.
        drawn: Numbers from 0 to below one that is given, in an order that is drawn.
    """
    act, before = act_alone(kind), "\n".join(said)
    share = LESS if said and invites(said[-1]) else LEAST_SHARE
    keys = (*_KEYS.get(act, ()), *(("tips",) if act == "advice" and _HOW.search(bare(focus.text)) else ()))
    found = [each for each in matters.found(focus.text) if not is_weak(each, focus.text, act, share)]
    if focus.others and len(bare(focus.text).split()) <= _SHORT:  # "a book, maybe. what do you recommend?"
        found += [each for each in matters.found(text) if not is_weak(each, text, act, share)]
    # What a question leaves open, what was said before it may say: "any tips for practising?" of the violin.
    context = " ".join(said[-2 * _BACK :: 2]) if act in _ASKING else ""
    completed = [each for each in matters.found(focus.text, context, RARE) if each.fit.parts > 1] if context else []
    for each in (*found, *completed):
        if lines := _new(each.matter, keys, before, drawn):
            return Attended(lines, each.fit.parts)
    at_hand = _of_line(matters, said[-1]) if said and _ANOTHER.fullmatch(bare(text)) else None
    lines = _new(at_hand, ("ask",), before, drawn) if at_hand else []
    return Attended(lines, SURE) if lines else None


def is_weak(found: Found, text: str, act: str, least: float = LEAST_SHARE) -> bool:
    """Whether a cue says too little of a message to be what it is about.

    Args:
        found: The matter, and how well it fits.
        text: The message.
        act: Its act.
        least: The share of its words that the cue must take.
    """
    share = found.fit.words / max(len(bare(text).split()), 1)
    return share < least or (found.fit.words < LEAST_WORDS and act not in _ASKING)


def _of_line(matters: Matters, reply: str) -> Matter | None:
    """The matter of a reply, with what may have been said before it; None where it is no line of any."""
    parts = sentences(reply)
    texts = (" ".join(parts[first:]) for first in range(len(parts)))
    return next((matter for text in texts if (matter := matters.of_reply(text)) is not None), None)


def _new(matter: Matter, keys: Iterable[str], before: str, drawn: Callable[[int], Sequence[int]]) -> list[str]:
    """Lines under the first of the keys that has one which was not said before, in an order that is drawn."""
    for key in keys:
        lines = [line for line in matter.lines.get(key, ()) if line not in before]
        if lines:
            return [lines[place] for place in drawn(len(lines))]
    return []
