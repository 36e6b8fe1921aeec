"""Sums as they are spelled in a reply, "23 x 4.20 = 96.60.", and words that change what a number says. English."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import Final

from chatkit_generation.amounts import CURRENCIES, MONEY, Amount, plain

# How often a time is in another one. Months have no number of weeks.
TIMES: Final = {
    ("day", "week"): 7, ("night", "week"): 7, ("week", "year"): 52, ("month", "year"): 12, ("day", "year"): 365,
    ("week", "fortnight"): 2, ("day", "fortnight"): 14, ("minute", "hour"): 60, ("hour", "day"): 24,
}  # fmt: skip
PERIODS: Final = frozenset(name for pair in TIMES for name in pair)
_MEASURED = """
litre gallon kilo metre gram pint yard foot mile km mg ml lb pound ounce unit"""
MEASURES = frozenset(_MEASURED.split())
_COUNTED = """
person kid child way friend mate adult guest player"""
PERSONS = frozenset(_COUNTED.split())
# Words that make more or less of a number than it says.
CHANGES = re.compile(
    r"\b(?:both|average|half|halves|double|twice|triple|treble|(?:quarters?|thirds?|fifths?) of"
    r"|(?:six|seven|eigh|nin|ten)ths?|time and a|(?:plus|with|and) (?:the )?(?:tax|tip|vat|service)"
    r"|couple|few|several|dozens|hundreds"
    r"|thousands|except|apart from|discount|refund\w*|deposit|overtime|commission|interest|fees?|free|most of"
    r"|some of)\b"
)
LESS = re.compile(
    r"\b(?:off|less|minus|(?:gave|give|given|paid|pay|pays|got|get|gets|took|take|sent|put)(?: \w+){0,2} back|percent"
    r"|returned|refunded|cheaper|down|reduced|lost|short|left|plus (?:tax|tip|vat)|(?:tax|tip|vat) on top|back)\b"
)


def spelled(steps: str, value: Fraction, amounts: Sequence[Amount], tail: str = "", count: bool = False) -> str:
    """A sum as it is spelled."""
    money = not count and any(each.is_money for each in amounts)
    money = money or (not count and value.denominator != 1)
    signs = {each.sign for each in amounts if each.sign}
    sign = signs.pop() if len(signs) == 1 and not count else ""
    text = _written(value, money, sign)
    units = {each.unit for each in amounts if each.unit in CURRENCIES}
    name = units.pop() if len(units) == 1 and not count and not sign else ""
    unit = f" {name}" if name in ("", "pence") else f" {name}s"
    return f"{steps} = {text}{unit.rstrip()}{tail}."


def _written(value: Fraction, money: bool, sign: str = "") -> str:
    """A result, with "about" before it where it is rounded."""
    rounded = round(value, 2)
    about = "" if rounded == value else "about "
    text = f"{float(rounded):,.2f}" if money and rounded.denominator != 1 else plain(rounded)
    return f"{about}{'-' if value < 0 else ''}{sign}{text.removeprefix('-')}"


def shown(amount: Amount) -> str:
    """A number as it stands in a sum."""
    return f"{amount.sign}{amount.written}"


def alike(first: str, second: str) -> bool:
    """Whether two units may be one."""
    return first == second or (first in MONEY and second in MONEY)


def per_one(noun: str) -> str:
    """Behind a result, of what it is for each: " a week", " an hour"."""
    return f" {'an' if noun[0] in 'aeiou' or noun == 'hour' else 'a'} {noun}"


def quotient(total: Amount, rate: Amount, noun: str) -> str:
    """How many rates make a total, and how many of them in full."""
    value = total.value / rate.value
    steps = f"{shown(total)} / {shown(rate)}"
    if value.denominator == 1:
        return f"{steps} = {plain(value)} {_many(noun, value)}."
    whole = value.numerator // value.denominator
    full = f"{plain(Fraction(whole))} full {_many(noun, Fraction(whole))}"
    return f"{steps} = {_written(value, False)}: {full}, and part of one more."


def _many(noun: str, value: Fraction) -> str:
    if value == 1:
        return noun
    if noun.endswith(("ch", "sh", "x", "ss")):
        return f"{noun}es"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeou" else f"{noun}s"
