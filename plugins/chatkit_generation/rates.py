"""Sums of rates: so much each, an hour or a night, and for how many; or how many it takes to come to a sum.

Each way of reading gives the sum as it is spelled, and "" where it does not fit; it uses each number.

Source: quantities put together by their units, Roy & Roth 2017, "Unit dependency graph and its application to
arithmetic word problem solving", by rules. English.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from chatkit_generation.amounts import EACH, MONEY, PERCENT, Amount, Reading
from chatkit_generation.asking import Asked
from chatkit_generation.parts import SHARED
from chatkit_generation.spelling import (
    CHANGES,
    LESS,
    MEASURES,
    PERIODS,
    PERSONS,
    TIMES,
    alike,
    per_one,
    quotient,
    shown,
    spelled,
)

_USES = (
    r"(?:burns?|uses?|takes?|eats?|drinks?|smokes?|reads?|through|needs?|feeds?|have|has|plants?|sells?|makes?|writes?"
    r"|learns?|prints?|bakes?|holds?|does|do|in packs of|in [a-z]+s of)(?: about| roughly| only| just)?"
)
_CONVERTS = re.compile(r"(?:.* )?how many [a-z]+ (?:is|are|in|are in|are there in|does|do) #0 [a-z]+(?: make)?[ ?.!]*")
_PACKS = re.compile(r"#0(?: [a-z]+){1,2} (?:of|with|holding) #1\b(?! (?:off|percent))")
_AT = re.compile(r"#(\d+)(?: (?!and\b|or\b|plus\b|then\b|at\b|for\b)[a-z]+){1,4} (?:at|@|for) #(\d+)\b")
_NEEDS = re.compile(r"\bneeds? (?:about )?#(\d+)")
_ITEM = re.compile(
    r"\b(?:are|is|hold|holds|come in|comes in|of) #(\d+)|#(\d+) [a-z]+ (?:tablets|bottles|bags|packs|tins)"
)


def shares(reading: Reading, wanted: Asked) -> str:
    """A total, and among how many it is shared."""
    amounts, said = reading.amounts, reading.masked
    if len(amounts) != 2 or CHANGES.search(said) or LESS.search(said):
        return ""
    counts = [place for place in (0, 1) if amounts[place].unit in PERSONS or amounts[place].before in ("between",)]
    if not counts and not _AT.search(said):  # "3 tickets are 45"
        others = PERIODS | MEASURES | MONEY | {PERCENT}
        counts = [place for place in (0, 1) if amounts[place].unit not in others and amounts[1 - place].unit in MONEY]
    if len(counts) != 1 or not (wanted.each or (SHARED.search(said) and wanted.total)):
        return ""
    count, total = amounts[counts[0]], amounts[1 - counts[0]]
    if count.value.denominator != 1 or count.value < 2 or total.value < 2 or total.unit == PERCENT or count.is_money:
        return ""
    per = total.pers[0] if total.pers else ""
    if count.pers or len(total.pers) > 1 or (per and per not in PERIODS) or wanted.period not in ("", per):
        return ""
    tail = f" each{per_one(per)}" if per else " each"
    return spelled(f"{shown(total)} / {count.written}", total.value / count.value, (total,), tail)


def each_cost(reading: Reading, wanted: Asked) -> str:
    """A price for all of it, and how many there are."""
    amounts, said = reading.amounts, reading.masked
    if len(amounts) != 2 or not wanted.each_cost or CHANGES.search(said) or LESS.search(said):
        return ""
    counts = [place for place in (0, 1) if amounts[place].unit == wanted.each_cost]
    if len(counts) != 1:
        return ""
    count, total = amounts[counts[0]], amounts[1 - counts[0]]
    if total.unit not in MONEY or count.pers or wanted.each_cost in total.pers or EACH in total.pers or not count.value:
        return ""
    if total.pers and not set(total.pers) <= {"year", "season"}:
        return ""
    return spelled(f"{shown(total)} / {count.written}", total.value / count.value, (total,), per_one(wanted.each_cost))


def how_often(reading: Reading, wanted: Asked) -> str:
    """A total, and how much of it goes in each: how many there are."""
    amounts, said = reading.amounts, reading.masked
    if len(amounts) != 2 or not wanted.how_many or CHANGES.search(said):
        return ""
    rates = [place for place in (0, 1) if amounts[place].pers == (wanted.how_many,)]
    if len(rates) != 1 or wanted.left:
        return ""
    rate, total = amounts[rates[0]], amounts[1 - rates[0]]
    if total.pers or total.unit in PERIODS or PERCENT in (rate.unit, total.unit):
        return ""
    uses = not rate.unit and re.search(rf"\b{_USES} #{rates[0]}\b", said)  # "nine candles, and I burn two a night"
    fits = alike(rate.unit, total.unit) or not total.unit or uses
    if not fits or not 0 < rate.value <= total.value or rate.unit == wanted.how_many == total.unit:
        return ""
    return quotient(total, rate, wanted.how_many)


def converted(reading: Reading, wanted: Asked) -> str:
    """So much time in another unit: "how many days is 6 weeks"."""
    amounts, noun = reading.amounts, wanted.how_many
    if len(amounts) != 1 or amounts[0].pers or not _CONVERTS.fullmatch(reading.masked):
        return ""
    time = amounts[0]
    if (noun, time.unit) in TIMES:
        many = TIMES[noun, time.unit]
        return spelled(f"{time.written} x {many}", time.value * many, amounts, f" {noun}s", count=True)
    if (time.unit, noun) in TIMES:
        many = TIMES[time.unit, noun]
        return spelled(f"{time.written} / {many}", time.value / many, amounts, f" {noun}s", count=True)
    return ""


def doses(reading: Reading, wanted: Asked) -> str:
    """A measure that is needed, and that of one piece."""
    amounts = reading.amounts
    needs, item = _NEEDS.search(reading.masked), _ITEM.search(reading.masked)
    if len(amounts) != 2 or not needs or not item or "how many" not in reading.masked or CHANGES.search(reading.masked):
        return ""
    first, second = amounts[int(needs[1])], amounts[int(item[1] or item[2])]
    units = {first.unit, second.unit} - {"tablet", "bottle", "bag", "pack", "tin"}
    if (
        first is second
        or len(units) != 1
        or not second.value
        or first.value < second.value
        or first.pers
        or second.pers
    ):
        return ""
    if first.unit not in MEASURES | {"cm", "m", "mg"}:
        return ""
    value = first.value / second.value
    return spelled(f"{first.written} / {second.written}", value, amounts, count=True)


def packs(reading: Reading, wanted: Asked) -> str:
    """So many of so many: "3 trays of 24"."""
    amounts, said = reading.amounts, reading.masked
    if len(amounts) != 2 or not _PACKS.search(said) or CHANGES.search(said) or LESS.search(said) or not wanted.total:
        return ""
    if (
        any(each.pers or each.is_money for each in amounts)
        or amounts[0].unit in PERIODS
        or wanted.each
        or wanted.period
    ):
        return ""
    if amounts[1].unit in PERSONS | PERIODS or wanted.how_many == amounts[0].unit:
        return ""
    return spelled(
        f"{amounts[0].written} x {amounts[1].written}", amounts[0].value * amounts[1].value, amounts, count=True
    )


def rates(reading: Reading, wanted: Asked) -> str:
    """A rate, times what it is for, by their units; or the same rate for another time."""
    said = reading.masked
    if not wanted.total or wanted.each or wanted.left or CHANGES.search(said) or LESS.search(said):
        return ""
    return _product(list(_priced(reading)), wanted)


def _priced(reading: Reading) -> Sequence[Amount]:
    """Amounts, with prices behind "at" as prices of each, and a price of what is measured as one of that measure."""
    amounts, said = list(reading.amounts), reading.masked
    for found in _AT.finditer(said):
        place, price = int(found[1]), amounts[int(found[2])]
        count = amounts[place]
        is_price = price.is_money or "." in price.written or price.value >= 13
        if "for #" in found[0] or not is_price or not count.unit or price.unit not in MONEY:
            continue
        if not price.pers:
            amounts[int(found[2])] = _with(price, count.unit if count.unit in PERIODS else EACH)
        elif count.unit in PERSONS and set(price.pers) <= PERIODS:  # "4 kids at 3.50 a day"
            amounts[int(found[2])] = _with(price, EACH)
    if len(amounts) == 2 and not any(each.pers for each in amounts):
        measured = [each for each in amounts if each.unit in MEASURES - {"pound"} | {"hour"}]
        prices = [each for each in amounts if not each.unit and len(each.written.partition(".")[2]) >= 2]
        if len(measured) == 1 and len(prices) == 1 and prices[0].before in ("is", "was", "at", "@", "cost", "costs"):
            place = amounts.index(prices[0])
            amounts[place] = _with(prices[0], measured[0].unit)
    return amounts


def _with(amount: Amount, per: str) -> Amount:
    return Amount(amount.value, amount.written, amount.sign, amount.unit, (*amount.pers, per), amount.before)


def _product(amounts: list[Amount], wanted: Asked) -> str:
    if any(each.unit == PERCENT for each in amounts) or not 1 <= len(amounts) <= 4:
        return ""
    among = amounts[wanted.among] if 0 <= wanted.among < len(amounts) else None
    of_other = {per for each in amounts for per in each.pers}
    events = of_other - PERIODS - MEASURES - {EACH}
    rates = [each for each in amounts if each.pers and each.unit not in of_other]
    if events:  # "18 a visit, 13 times a year"
        rates = [each for each in rates if each.unit != "time"]
    of_each = [each for each in rates if EACH in each.pers]
    if len(rates) != 1 and len(of_each) != 1:  # "6 flats a week at 32.50 each" has one price
        return ""
    rate = (of_each or rates)[0]
    if wanted.how_many in rate.pers:
        return ""
    rest = [each for each in amounts if each is not rate]
    pers, value, steps = list(rate.pers), rate.value, [shown(rate)]
    if rate.unit in PERIODS and rate.unit in pers:
        return ""
    progress = True
    while progress:
        progress = False
        for other in rest:
            per = _per_of(other, pers, is_among=other is among)
            if not per or other.is_money:
                continue
            rest.remove(other)
            pers.remove(per)
            pers += other.pers
            steps.append(shown(other))
            value *= other.value
            if per != other.unit and (per, other.unit) in TIMES:
                value *= TIMES[per, other.unit]
                steps.append(str(TIMES[per, other.unit]))
            progress = True
            break
    if rest or EACH in pers or len(pers) > 1:
        return ""
    return _for_period(value, steps, pers, amounts, wanted)


def _per_of(other: Amount, pers: Sequence[str], *, is_among: bool) -> str:
    """For which part of a rate an amount tells how many there are; "" for none."""
    if other.unit in pers and not is_among:
        return other.unit
    events = [per for per in pers if per not in PERIODS | MEASURES | {EACH, "person"}]
    if other.unit == "time" and len(events) == 1:  # 18 a visit, 13 times
        return events[0]
    if "person" in pers and other.unit in PERSONS:
        return "person"
    if times := next((per for per in pers if (per, other.unit) in TIMES and per != "hour"), ""):
        return times
    if EACH not in pers:
        return ""
    if is_among or other.unit in PERSONS:
        return EACH
    return EACH if other.unit and other.unit not in PERIODS | MONEY | MEASURES else ""


def _for_period(value: Fraction, steps: list[str], pers: list[str], amounts: Sequence[Amount], wanted: Asked) -> str:
    """A product, for the time that is asked for."""
    own, period = (pers[0] if pers else ""), wanted.period
    is_alone = len(amounts) == 1
    if not own:
        if period:
            by_hour = period == "week" and any("hour" in each.pers for each in amounts)
            if not by_hour or not any(each.unit == "hour" and 12 < each.value <= 100 for each in amounts):
                return ""
            return spelled(" x ".join(steps), value, amounts, " a week")
        return "" if is_alone else spelled(" x ".join(steps), value, amounts)
    if not period or period == own:
        # Of a rate alone nothing is asked, and of "80 a month" and some number neither.
        return "" if is_alone or own not in PERIODS else spelled(" x ".join(steps), value, amounts, per_one(own))
    if (own, period) in TIMES and own != "hour":
        many = TIMES[own, period]
        return spelled(" x ".join([*steps, str(many)]), value * many, amounts, per_one(period))
    if (period, own) in TIMES and period != "hour" and is_alone:
        many = TIMES[period, own]
        return spelled(f"{' x '.join(steps)} / {many}", value / many, amounts, per_one(period))
    return ""


def groups(reading: Reading, wanted: Asked) -> str:
    """So many at so much each, and so many others at another price."""
    amounts = list(_priced(reading))
    said = reading.masked
    if len(amounts) < 4 or len(amounts) % 2 or not wanted.total or wanted.each or wanted.left or wanted.period:
        return ""
    if CHANGES.search(said) or LESS.search(said):
        return ""
    pairs = list(zip(amounts[::2], amounts[1::2], strict=True))
    if not all(
        count.unit and not count.pers and not count.is_money and price.pers in ((EACH,), (count.unit,))
        for count, price in pairs
    ):
        return ""
    steps = " + ".join(f"{count.written} x {shown(price)}" for count, price in pairs)
    return spelled(steps, sum((count.value * price.value for count, price in pairs), Fraction(0)), amounts)
