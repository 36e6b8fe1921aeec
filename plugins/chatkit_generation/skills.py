"""What can be worked out rather than said: the time, a sum, a throw of a die, a translation by the head for it.

A language model of a few million weights would make these up. English.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from typing import Final

from chatkit_generation.clock import by_the_clock
from chatkit_generation.foreign import translation
from chatkit_generation.reckoning import reckoned
from chatkit_generation.sums import sum_in, worked_out
from chatkit_generation.tallying import told_sum
from chatkit_generation.wording import bare, sentences

LONGEST: Final = 400  # characters of a message that is looked at
_COIN = re.compile(
    r"(?:(?:please|can you|could you|ok|now|hey) )*(?:flip|toss|throw) (?:a|the|me a) coin(?: (?:for me|please|again))*"
)
_HEADS = re.compile(r"heads or tails")
_DIE = re.compile(
    r"(?:(?:please|can you|could you|ok|now|hey) )*(?:roll|throw) (?:(?P<count>a|one|two|three|2|3|the) )?"
    r"(?:(?P<sides>\d+) sided )?(?:die|dice|d(?P<kind>\d+))(?: (?:for me|please|again))*"
)
_BETWEEN = re.compile(
    r".*\b(?:number|integer) (?:between|from) (?P<first>\d{1,9}) (?:and|to|through) (?P<last>\d{1,9})\b.*"
)
_PICKS = re.compile(r"\b(?:pick|choose|give|random|think of|say|generate|draw)\b")
_LETTERS = re.compile(
    r".*\bhow many letters (?:are |does |has )?(?:there )?(?:in |are in )?(?:the word )?(?P<word>[\w-]+)(?: have)?"
)
_BACKWARDS = re.compile(
    r".*\b(?:spell|write|say|reverse)\b(?: the word)? (?P<word>[\w-]+)(?: backwards| in reverse| backward)"
)
_COUNTS = {"two": 2, "three": 3, "2": 2, "3": 3}


def skilled(
    text: str,
    now: datetime.datetime,
    drawn: Callable[[int], int],
    translated: Callable[[str, str], str],
    before: Sequence[str] = (),
) -> str:
    """The reply to a message that asks for what can be worked out; "" to any other.

    Args:
        text: The message.
        now: The time on this machine.
        drawn: A number from 0 to below one that is given.
        translated: A text in a language by its code, "fr"; "" where that cannot be had.
        before: What was said before it; the latest is the assistant's.
    """
    if len(text) > LONGEST:
        return ""
    said = bare(text)
    return (
        by_the_clock(said, now)
        or by_the_clock(_question_of(text), now)
        or reckoned(text, now)
        or _sum(text)
        or _by_chance(said, drawn)
        or _letters(said)
        or translation(text, translated)
        or told_sum(text, before, drawn)
    )


def _question_of(text: str) -> str:
    """The one question of a message, bare: "What time is it? I must go at three."; "" where it is not one."""
    asks = [sentence for sentence in sentences(text) if sentence.endswith("?")]
    return bare(asks[0]) if len(asks) == 1 else ""


def _sum(text: str) -> str:
    said = sum_in(text)
    if not said:
        return ""
    try:
        value = worked_out(said)
    except ZeroDivisionError:
        return "That divides by zero, which nobody can."
    return f"{value}." if value else ""


def _by_chance(said: str, drawn: Callable[[int], int]) -> str:
    if _COIN.fullmatch(said) or _HEADS.fullmatch(said):
        return ("Heads.", "Tails.")[drawn(2)]
    if found := _DIE.fullmatch(said):
        sides = int(found["sides"] or found["kind"] or 6)
        count = _COUNTS.get(found["count"] or "", 2 if " dice" in f" {said}" and not found["count"] else 1)
        if not 2 <= sides <= 1000:
            return ""
        thrown = [1 + drawn(sides) for _ in range(count)]
        return f"{' and '.join(map(str, thrown))}." if count < 3 else f"{', '.join(map(str, thrown))}."
    if (found := _BETWEEN.fullmatch(said)) and _PICKS.search(said):
        first, last = sorted((int(found["first"]), int(found["last"])))
        return f"{first + drawn(last - first + 1)}."
    return ""


def _letters(said: str) -> str:
    if found := _LETTERS.fullmatch(said):
        return f"{len(found['word'])}."
    if found := _BACKWARDS.fullmatch(said):
        return f"{found['word'][::-1]}."
    return ""
