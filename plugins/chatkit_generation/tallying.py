"""Sums that a message tells in its own words, and what they come to: "23 deliveries at 4.20 each, how much is it?"

A reading is a rate and what it is for, parts of a total, what is had and what goes off it, or so many percent. It must
use each number of the message and fit what is asked; else none is made, for a wrong result is worse than none. Every
result is spelled, so that one can check it: "23 x 4.20 = 96.60." English.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Final

from chatkit_generation.amounts import EACH, MONEY, PERCENT, Amount, Reading, read
from chatkit_generation.asking import Asked, asked, is_of_money
from chatkit_generation.parts import chain, changed_by, difference, left, percents, total
from chatkit_generation.rates import converted, doses, each_cost, groups, how_often, packs, rates, shares
from chatkit_generation.spelling import CHANGES, LESS, quotient, shown, spelled

LONGEST: Final = 300  # characters of a message that is read
_MUCH: Final = 20  # "two down, three to go" is no sum
_SPELL = (
    "I can do a plain sum if you spell it out, such as 23 x 4.20.",
    "I can't tell which number goes with which. Spelled out as a plain sum, such as 1,790 - 875, I can do it.",
    "That is one I could get wrong as it stands. Give me the plain sum, such as 350 + 275 + 140, and I work it out.",
    "Give it to me as a plain sum, such as 2,480 / 220, and you have the result at once.",
)
_GOES_ON = re.compile(
    r"(?:(?:ok|okay|and|so|then|now|right|please|well|great|thanks|if you|you|can you|could you)[,.]? )*"
    r"(?P<on>plus|add(?: on)?|minus|take (?:away|off)|subtract|less|times|multipl(?:y|ied)(?: it| that| this)? by"
    r"|divided?(?: it| that| this)? (?:by|between)|split(?: it| that| this)? (?:by|between|into)|knock off)"
    r"(?: another| the| about)? #0(?: (?P<percent>percent))?(?P<rest>[^?.!#]{0,40})[?.! ]*(?:please)?[?.! ]*"
)
_RESULT = re.compile(r"(?:^|= )(?:about )?(?P<sign>[£$€]?)(?P<value>-?[\d,]+(?:\.\d+)?)(?: [a-z ]+)?[.:,](?!\d)")
_ADDS = re.compile(r"plus|add|minus|take|subtract|less|knock")
_NOTED = re.compile(r"\b(?:list|note|notes|reminder|recipe)\b")


def told_sum(text: str, said: Sequence[str] = (), drawn: Callable[[int], int] = lambda count: 0) -> str:
    """The reply to a message that asks for a sum in its own words; "" where it does not.

    Args:
        text: The message.
        said: What was said before it; the latest is the assistant's.
        drawn: A number from 0 to below one that is given.
    """
    if len(text) > LONGEST:
        return ""
    reading = read(text)
    if on := _going_on(reading, said):
        return on
    wanted = asked(reading.masked)
    if wanted is None:
        return ""
    if not reading.amounts:
        of_sum = bool(said) and _result_in(said[-1], spelled=True) is not None
        is_short = len(reading.masked.split()) <= 10
        return _spell(drawn) if of_sum and is_short and wanted.left else ""
    if not reading.is_odd:
        for way in _WAYS:
            if result := way(reading, wanted):
                return result
        if wanted.to_buy and (result := _until_bought(reading, wanted, said)):
            return result
        if result := _supposed(reading):
            return result
    return _spell(drawn) if _is_sum(reading, wanted) else ""


def _is_sum(reading: Reading, wanted: Asked) -> bool:
    """Whether a message is clearly about a sum, though it cannot be read."""
    if len(reading.amounts) == 1:
        changed = CHANGES.search(reading.masked) is not None and wanted.is_sure
        return (is_of_money(reading.masked) and (wanted.left or changed)) or wanted.to_buy
    is_much = any(each.is_money or (each.unit in MONEY and each.value >= _MUCH) for each in reading.amounts)
    is_left = wanted.left and (is_of_money(reading.masked) or is_much)
    return wanted.is_sure and (is_left or not wanted.left)


def _spell(drawn: Callable[[int], int]) -> str:
    return _SPELL[drawn(len(_SPELL))]


def _supposed(reading: Reading) -> str:
    """A sum that stands in one sentence, whatever the others say: "If I sold 30 at 22 each, what would that make?"."""
    for sentence in re.split(r"(?<=[.!?;]) (?=[a-z#])", reading.masked):
        if not re.match(r"(?:so |and |but |well )*(?:if|say|suppose)\b", sentence):
            continue
        places = [int(place) for place in re.findall(r"#(\d+)", sentence)]
        wanted = asked(sentence)
        if len(places) != 2 or wanted is None or EACH not in reading.amounts[places[1]].pers:
            continue
        if not wanted.is_sure or not wanted.total or wanted.left or wanted.each or wanted.period:
            continue
        count, price = (reading.amounts[place] for place in places)
        is_clear = re.search(rf"#{places[0]}(?: [a-z]+)? (?:at|for|@) #{places[1]}", sentence)
        if (
            is_clear
            and not count.pers
            and price.pers == (EACH,)
            and not CHANGES.search(sentence)
            and not count.is_money
            and not LESS.search(sentence)
        ):
            return spelled(f"{count.written} x {shown(price)}", count.value * price.value, (count, price))
    return ""


def _going_on(reading: Reading, said: Sequence[str]) -> str:
    """What goes on with the result that was said just before, or with the only number that was."""
    found = _GOES_ON.fullmatch(reading.masked)
    if not found or len(reading.amounts) != 1 or not said or reading.is_odd or _NOTED.search(found["rest"]):
        return ""
    before = _result_in(said[-1]) or _only_number(said, of_money=_ADDS.match(found["on"]) is not None)
    by = reading.amounts[0]
    if (
        before is None
        or by.pers
        or CHANGES.search(found["rest"])
        or re.search(r"\b(?:off|percent|then)\b", found["rest"])
    ):
        return ""
    if by.unit == PERCENT:
        is_change = _ADDS.match(found["on"])
        way = 1 if re.match("plus|add", found["on"]) else -1
        return changed_by(before, by, way) if is_change else ""
    if re.match("plus|add", found["on"]):
        return spelled(f"{shown(before)} + {shown(by)}", before.value + by.value, (before, by))
    if _ADDS.match(found["on"]):
        return spelled(f"{shown(before)} - {shown(by)}", before.value - by.value, (before, by))
    if re.match("times|multipl", found["on"]):
        return spelled(f"{shown(before)} x {by.written}", before.value * by.value, (before,))
    if not by.value:
        return "That divides by zero, which nobody can."
    return spelled(f"{shown(before)} / {by.written}", before.value / by.value, (before,))


def _until_bought(reading: Reading, wanted: Asked, said: Sequence[str]) -> str:
    """How many of one rate pay for what was reckoned up just before."""
    amounts, before = reading.amounts, _result_in(said[-1], spelled=True) if said else None
    if before is None or len(amounts) != 1 or not wanted.how_many or amounts[0].pers != (wanted.how_many,):
        return ""
    rate = amounts[0]
    return quotient(before, rate, wanted.how_many) if 0 < rate.value <= before.value else ""


def _result_in(reply: str, *, spelled: bool = False) -> Amount | None:
    """The result of a sum that a reply says; None where it says none."""
    found = list(_RESULT.finditer(reply.strip().removeprefix("about ")))
    if not found or (spelled and " = " not in reply) or len(reply) > 120:
        return None
    last = found[-1]
    value = last["value"]
    return Amount(Fraction(value.replace(",", "")), value, last["sign"])


def _only_number(said: Sequence[str], *, of_money: bool) -> Amount | None:
    """The number of the user's last message, where it has one alone."""
    if len(said) < 2:
        return None
    reading = read(said[-2])
    if len(reading.amounts) != 1 or reading.is_odd or reading.amounts[0].unit == PERCENT:
        return None
    if of_money and not (is_of_money(reading.masked) and reading.amounts[0].unit in MONEY):
        return None
    found = reading.amounts[0]
    return Amount(found.value, found.written, found.sign)


_WAYS: Final = (
    percents, chain, left, difference, shares, each_cost, how_often, converted, doses, packs, groups, rates, total,
)  # fmt: skip
