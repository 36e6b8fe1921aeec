"""Sums of parts: a total of several, what is left of one, so much percent of it, numbers with "plus" between them.

Each way of reading gives the sum as it is spelled, and "" where it does not fit; it uses each number. English.
"""

from __future__ import annotations

import re
from fractions import Fraction

from chatkit_generation.amounts import MONEY, PERCENT, Amount, Reading, plain
from chatkit_generation.asking import Asked
from chatkit_generation.spelling import CHANGES, LESS, MEASURES, PERIODS, alike, per_one, shown, spelled

_TAKEN = re.compile(
    r"\b(?:ate|eaten|used|gone|died|broken?|stolen|missing|cancelled|sent|sold|voucher|saved|dropped|knocked)\b"
    r"|#\d+(?: [a-z]+)? (?:for|at|@|x|times|by) (?:a )?#\d+|\beach\b|\bper\b"
    r"|\bis now\b|\bnow (?:it's|its|is)\b|\bwent (?:up|down)\b"
)
_ADDED = re.compile(r"\b(?:more|another|extra|bought|added|came back|found|stayed|kept|remained|now)\b")
_COMES_IN = re.compile(
    r"\b(?:take[- ]home|takes? home|bring home|earns?|earned|wages?|income|pay is|salary|get(?:s)? paid|gets?|budget"
    r"|saved|savings|pension|brings?|owes? (?:me|us)|(?:gave|gives|sent) me|husband|wife|partner)\b"
)
_HAD = re.compile(
    r"\b(?:have|had|has|'ve|'d|got|start(?:ed)?(?: \w+)? with|there (?:are|were|is|was)|voucher|in the bank|bought"
    r"|baked|made|lent|borrowed|owed)\b"
)
_GOES_OUT = re.compile(
    r"\b(?:rent|mortgage|bills?|spent|spend|spends|costs?|gave|given|give|used|use|burnt?|ate|eaten|lost|sold"
    r"|broken|broke"
    r"|food|gas|electric|council|heating|insurance|phone|petrol|shopping|nursery|water|train|bus|debts?"
    r"|wants|goes on|went on|paid(?: back)?|pay|pays|owes?(?! me| us)|tax|is gone|left|the [a-z]+ (?:is|was)"
    r"|took out|threw)\b"
)
_ON = r"(?:plus|minus|less|times|x|\*|\+|-|/|multiplied by|divided by|take away|added to)"
_SIGNS = {
    "plus": "+", "+": "+", "added to": "+", "minus": "-", "less": "-", "-": "-", "take away": "-", "times": "x",
    "x": "x", "*": "x", "multiplied by": "x", "divided by": "/", "/": "/",
}  # fmt: skip
_CHAIN = re.compile(
    rf"#0(?: (?!{_ON} )[a-z]+){{0,2}}(?:,? (?:and )?{_ON} (?:another |the )?#\d+(?: (?!{_ON} )[a-z]+){{0,2}}?)+"
)
_STEP = re.compile(rf"({_ON}) (?:another |the )?#(\d+)")
_MORE_PERCENT = re.compile(r"#(\d+)(?: [a-z]+){0,3},? (?:plus|with|\+|add)(?: another| an?)? #(\d+) percent(?! off)")
_TAXED = re.compile(r"#(\d+)(?: [a-z]+){0,2},? and #(\d+) percent (?:tax|vat|tip|service|interest|on top)")
_OFF = re.compile(r"#(\d+) percent (?:off|discount on)(?: of| the| an?)?(?: [a-z]+){0,2} #(\d+)")
_LESS_PERCENT = re.compile(
    r"#(\d+)(?: [a-z]+){0,3},? (?:(?:minus|less) #(\d+) percent|(?:with|and|at|but) #(\d+) percent off)"
)
_PART = re.compile(
    r"#(\d+) percent(?: (?:tip|tax|vat|service))? (?:of|on)(?: the| my| our| an?)?(?: [a-z]+){0,2} #(\d+)"
)
_ALL = re.compile(r"\b(?:altogether|in total|in all)\b")
_TO_PAY = re.compile(r"\b(?:left to (?:pay|go)|still (?:to (?:pay|go)|owes?|need)|owe still)\b")
_PAID = re.compile(r"\b(?:paid|pay|gave|given|put (?:down|in))\b")
_PLAIN_SUM = re.compile(
    r"(?:(?:so|please|can you|could you) )*(?:what(?:'?s| is)(?: the (?:total|sum) of)?|how much is"
    r"|add(?: up| together)?)"
    r" #0(?: ?,? (?:and |to )?#\d+)+(?: together| up)?[ ?.!]*"
)
_FROM = re.compile(r"(?:.* )?(?:take|what(?:'?s| is)) #0 (?:away )?from #1[ ?.!]*")
_OUT_OF = re.compile(r"#0(?: [a-z]+)? (?:out )?of #1\b.*\b(?:what|as a) percent(?:age)?\b")
SHARED = re.compile(
    r"\b(?:split|shared?|divided?)\b(?:(?! (?:in|on|from)\b) [#\w]+){0,3} (?:between|among|amongst|by|#\d+)|#\d+ ways\b"
    r"|\b(?:between|among|amongst) (?:us|them|the|#\d+)"
)


def percents(reading: Reading, wanted: Asked) -> str:
    """So many percent of something, or more or less by them."""
    amounts, said = reading.amounts, reading.masked
    if len(amounts) == 2 and _OUT_OF.search(said) and 0 < amounts[0].value <= amounts[1].value:
        part, whole = amounts
        share = spelled(f"{part.written} / {whole.written} x 100", part.value / whole.value * 100, amounts, count=True)
        return f"{share.removesuffix('.')}%." if PERCENT not in (part.unit, whole.unit) else ""
    if len(amounts) != 2 or sum(each.unit == PERCENT for each in amounts) != 1 or not wanted.total:
        return ""
    if CHANGES.search(said.replace("discount on", "")):
        return ""
    if found := _MORE_PERCENT.search(said) or _TAXED.search(said):
        return changed_by(amounts[int(found[1])], amounts[int(found[2])], 1)
    if found := _OFF.search(said):
        return changed_by(amounts[int(found[2])], amounts[int(found[1])], -1)
    if found := _LESS_PERCENT.search(said):
        return changed_by(amounts[int(found[1])], amounts[int(found[2] or found[3])], -1)
    if found := _PART.search(said):
        of, part = amounts[int(found[2])], amounts[int(found[1])]
        return spelled(f"{part.written}% of {shown(of)}", of.value * part.value / 100, (of,))
    return ""


def changed_by(of: Amount, part: Amount, way: int) -> str:
    """A number, and so many percent more (``way`` 1) or less (-1)."""
    if of.unit == PERCENT or part.unit != PERCENT or of.pers:
        return ""
    factor = 1 + way * part.value / 100
    steps = f"{shown(of)} {'+' if way > 0 else '-'} {part.written}% = {shown(of)} x {plain(factor)}"
    return spelled(steps, of.value * factor, (of,)) if factor >= 0 else ""


def chain(reading: Reading, wanted: Asked) -> str:
    """Numbers with "plus", "times" between them."""
    amounts, found = reading.amounts, _CHAIN.search(reading.masked)
    if not found or any(each.unit == PERCENT or each.pers for each in amounts) or CHANGES.search(reading.masked):
        return ""
    taken = [(_SIGNS[step[1]], int(step[2])) for step in _STEP.finditer(found[0])]
    signs = {sign for sign, _ in taken}
    if [place for _, place in taken] != list(range(1, len(amounts))) or (wanted.left and signs != {"-"}):
        return ""
    if signs & {"+", "-"} and (signs & {"x", "/"} or len({each.unit for each in amounts} - {""}) > 1):
        return ""
    if "/" in signs and len(taken) > 1:
        return ""
    value, steps = amounts[0].value, shown(amounts[0])
    for sign, place in taken:
        by = amounts[place].value
        if sign == "/" and not by:
            return ""
        value = value + by if sign == "+" else value - by if sign == "-" else value * by if sign == "x" else value / by
        steps += f" {sign} {shown(amounts[place])}"
    return spelled(steps, value, amounts)


def left(reading: Reading, wanted: Asked) -> str:
    """What is had, less what goes off it."""
    amounts, said = reading.amounts, reading.masked
    if not wanted.left or wanted.each or not 2 <= len(amounts) <= 5 or CHANGES.search(said):
        return ""
    pers = {each.pers for each in amounts}
    if any(each.unit == PERCENT for each in amounts) or len(pers) > 1 or (wanted.period and pers != {(wanted.period,)}):
        return ""
    if _ADDED.search(re.sub(r"how much more", "", said)):
        return ""
    befores = _befores(said, len(amounts))
    comes, had, goes = (
        [form.search(before) is not None for before in befores] for form in (_COMES_IN, _HAD, _GOES_OUT)
    )
    most = max(range(len(amounts)), key=lambda place: amounts[place].value)
    rest = [place for place in range(len(amounts)) if place != most]
    whole = amounts[most]
    if _TO_PAY.search(said) and len(rest) == 1 and _PAID.search(befores[rest[0]]):
        had[most] = True  # it is the price
    if any(comes[place] for place in rest) or (goes[most] and not (comes[most] or had[most])):
        return ""
    if len(rest) > 1 and not ((comes[most] or had[most]) and all(goes[place] for place in rest)):
        return ""
    if not (comes[most] or had[most] or goes[rest[0]]):
        return ""
    if any(not _goes_off(amounts[place], whole) for place in rest):
        return ""
    value = whole.value - sum(amounts[place].value for place in rest)
    if value < 0:
        return ""
    steps = " - ".join(shown(amounts[place]) for place in (most, *rest))
    return spelled(steps, value, amounts, per_one(whole.pers[0]) if whole.pers else "")


def _goes_off(part: Amount, whole: Amount) -> bool:
    if part.is_money and whole.unit not in MONEY:
        return False
    return alike(part.unit, whole.unit) or (not part.unit and "." not in part.written)


def _befores(said: str, count: int) -> list[str]:
    """The words of each amount: those before it, from the mark, "and" or the amount ahead of them on."""
    out = []
    for place in range(count):
        ahead, _, behind = said.partition(f"#{place}")
        clause = re.split(r"[,.;?!]|\band\b|\bbut\b|#\d+", ahead)[-1]
        after = re.split(r"[,.;?!]|\band\b|\bbut\b|\bwhat|\bhow|#\d+", behind[1:] if behind else "")[0]
        out.append(
            f"{clause} {after}"
            if after.strip() in ("saved", "got broken", "got sold", "is gone")
            or (re.match(r" (?:got|were|was|are|have|saved|in the bank|spent|broke|sold)\b", after) is not None)
            else clause
        )
    return out


def difference(reading: Reading, wanted: Asked) -> str:
    """How much it went up or down, from one number to another."""
    if len(reading.amounts) == 2 and _FROM.fullmatch(reading.masked):
        part, whole = reading.amounts
        is_plain = not part.pers and not whole.pers and part.unit == whole.unit == ""
        return spelled(f"{shown(whole)} - {shown(part)}", whole.value - part.value, reading.amounts) if is_plain else ""
    found = re.search(r"\bfrom #0 to #1\b", reading.masked)
    if not wanted.more or not found or len(reading.amounts) != 2:
        return ""
    first, second = reading.amounts
    if first.pers != second.pers or not alike(first.unit, second.unit) or PERCENT in (first.unit, second.unit):
        return ""
    above, below = (second, first) if second.value >= first.value else (first, second)
    return spelled(f"{shown(above)} - {shown(below)}", above.value - below.value, reading.amounts)


def total(reading: Reading, wanted: Asked) -> str:
    """Parts that are added up."""
    amounts, said = reading.amounts, reading.masked
    if len(amounts) < 2 or not wanted.total or wanted.left or wanted.each or wanted.each_cost or wanted.more:
        return ""
    is_asked = wanted.is_sure or _PLAIN_SUM.fullmatch(said)
    if not is_asked or wanted.how_many in PERIODS or any(form.search(said) for form in (CHANGES, LESS, SHARED, _TAKEN)):
        return ""
    pers = {each.pers for each in amounts}
    per = next(iter(pers))
    if len(pers) > 1 or len(per) > 1 or not set(per) <= PERIODS or (wanted.period and per != (wanted.period,)):
        return ""
    if (any(_is_aside(each) for each in amounts) and not _PLAIN_SUM.fullmatch(said)) or re.search(
        r"#\d+ of #\d+", said
    ):
        return ""
    if _goes_both_ways(said, len(amounts)) or not _adds_up(reading, wanted):
        return ""
    tail = per_one(per[0]) if per else ""
    return spelled(" + ".join(map(shown, amounts)), sum((each.value for each in amounts), Fraction(0)), amounts, tail)


def _goes_both_ways(said: str, count: int) -> bool:
    """Whether one number comes in and another goes out."""
    ways = set()
    for before in _befores(said, count):
        comes, goes = bool(_COMES_IN.search(before) or _HAD.search(before)), bool(_GOES_OUT.search(before))
        ways.add(comes - goes)
    return {1, -1} <= ways


def _adds_up(reading: Reading, wanted: Asked) -> bool:
    """Whether numbers are of one sort."""
    amounts, said = reading.amounts, reading.masked
    units = {each.unit for each in amounts}
    if PERCENT in units or (wanted.how_many and wanted.how_many not in units and not _ALL.search(said)):
        return False
    if len(units) == 1 or units <= MONEY:
        return True
    if all(each.unit and each.unit not in PERIODS | MEASURES | MONEY for each in amounts):  # "12 apples and 7 pears"
        return _ALL.search(said) is not None
    # "5 miles on Monday, 7 on Tuesday": the unit is not said again.
    first = amounts[0].unit
    is_elided = first not in MONEY and units == {first, ""} and wanted.how_many in ("", first)
    stand = all(re.search(rf"#{place}(?: [a-z]+)? (?:on|in|from)\b", said) for place in range(len(amounts)))
    return is_elided and stand and all("." not in each.written or each.unit for each in amounts)


def _is_aside(amount: Amount) -> bool:
    """Whether a number may tell for how many, or when: "for 2", "the 3", "at 4"."""
    if amount.value == 1 and not amount.unit and "." not in amount.written:
        return True
    behind = amount.before in (
        "for",
        "of",
        "by",
        "with",
        "in",
        "last",
        "next",
        "all",
        "these",
        "those",
        "at",
        "to",
        "over",
    )
    return behind and amount.value <= 12 and "." not in amount.written and not amount.sign and not amount.unit
