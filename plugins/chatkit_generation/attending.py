"""What is said of the matter of a message: chosen by what the message does, and by what was said before.

A few words in answer to a question of the assistant's are of the matter that it asked about: "about six months" after
"how long have you been playing?" is of the guitar, though it does not say so. Then what is asked next of this matter is
said, behind a word on the answer.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from chatkit_generation.acts import act_alone
from chatkit_generation.focus import Focus
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
_ANSWERS = frozenset({"statement", "plan", "hope", "answer", "agree", "reject", "unsure", "naming"})
# In how many parts of cues a word begins something that stands in a message and tells what it goes on with.
RARE, RARE_OF_ASKED = 12, 25
_BACK = 2  # messages of the user's in which parts of a cue may stand
_SHORT = 6  # words of an answer, and of a question for each word of a cue that says little
_SAYS_ENOUGH = 3  # words of a cue of one part
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
        parts: Of how many parts the cue is that was found; 0 where the message goes on with a matter.
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
    word_on: Callable[[], Sequence[str]] = tuple,
) -> Attended | None:
    """What may be said of the matter of a message; None where it has none, or all was said.

    Args:
        matters: The table.
        focus: What of it is to be answered.
        text: The message.
        said: What was said before it; the latest is the assistant's.
        kind: Its kind, see ``acts.kind_of``.
        drawn: Numbers from 0 to below one that is given, in an order that is drawn.
        word_on: What is said to an answer like it, before what is asked next.
    """
    act, before = act_alone(kind), "\n".join(said)
    keys = (*_KEYS.get(act, ()), *(("tips",) if act == "advice" and _HOW.search(bare(focus.text)) else ()))
    # What a message leaves open, what was said before it may say: "any tips?" of the violin.
    context = f"{text if focus.asks else ''} {' '.join(said[-2 * _BACK :: 2])}"
    found = [each for each in matters.found(focus.text) if not _is_weak(each, focus.text, act)]
    if focus.others and len(bare(focus.text).split()) <= _SHORT:  # "a book, maybe. what do you recommend?"
        found += [each for each in matters.found(text) if each.fit.parts > 1]
    # What a message leaves open, what was said before it may say: "any tips for practising?" of the violin.
    context, rare = " ".join(said[-2 * _BACK :: 2]), RARE_OF_ASKED if focus.asks else RARE
    completed = [each for each in matters.found(focus.text, context, rare) if each.fit.parts > 1] if context else []
    for each in (*found, *completed):
        if lines := _new(each.matter, keys, before, drawn):
            return Attended(lines, each.fit.parts)
    at_hand = _of_line(matters, said[-1]) if said else None
    if at_hand is None:
        return None
    if _ANOTHER.fullmatch(bare(text)) and (lines := _new(at_hand, ("ask",), before, drawn)):
        return Attended(lines, SURE)
    if len(bare(focus.text).split()) > _SHORT:
        lines = []  # what says more has a matter of its own
    elif act in ("advice", "opinion"):
        lines = _new(at_hand, ("advice", "tips"), before, drawn)
    elif act in _ANSWERS and said[-1].endswith("?"):
        lines = _behind(_new(at_hand, ("more",), before, drawn), word_on(), before, drawn)
    else:
        lines = []
    return Attended(lines, 0) if lines else None


def _is_weak(found: Found, text: str, act: str) -> bool:
    """Whether a cue says too little of a message: a word or two of one that tells, or of many that ask."""
    says = found.fit.words
    if found.fit.parts > 1 or says >= _SAYS_ENOUGH:
        return False
    return act not in _ASKING or len(bare(text).split()) > _SHORT * says


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


def _behind(
    lines: Sequence[str], words: Sequence[str], before: str, drawn: Callable[[int], Sequence[int]]
) -> list[str]:
    """Lines behind a word that asks nothing, one that was not said before, if there is one."""
    words = [word for word in words if not word.endswith("?") and word not in before]
    return [f"{words[drawn(len(words))[0]]} {line}" for line in lines] if words else list(lines)
