"""Numbers in a message, in figures or in words, and what each of them counts: "23 deliveries at 4.20 each".

Times, days, years, ages and labels ("at three", "the 14th", "in 2019", "flat 3") are no amounts. English.
"""

from __future__ import annotations

import dataclasses
import re
from fractions import Fraction
from typing import Final

_UNITS = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
eighteen nineteen"""
NUMBERS: Final = {word: value for value, word in enumerate(_UNITS.split())}
TENS: Final = {
    word: 10 * value
    for value, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], 2)
}
_HUNDRED, _DOZEN = "hundred", "dozen"
_LARGE = {"thousand": 1000, "grand": 1000, "million": 1_000_000}
_UNDER_TEN = "|".join(word for word, value in NUMBERS.items() if 0 < value < 10)
_TEENS = "|".join(word for word, value in NUMBERS.items() if value >= 10)
_BELOW = rf"(?:(?:{'|'.join(TENS)})(?:[- ](?:{_UNDER_TEN}))?|(?:{_TEENS})|(?:{_UNDER_TEN}))"
_HUNDREDS = rf"(?:(?:an?|{_BELOW}) hundred(?:(?: and)? {_BELOW})?|{_BELOW})"
_THOUSANDS = rf"(?:an?|{_HUNDREDS}) (?:thousand|grand)(?:,?(?: and)? {_HUNDREDS})?"
_MILLIONS = rf"(?:an?|{_HUNDREDS}) million(?:,?(?: and)? (?:{_THOUSANDS}|{_HUNDREDS}))?"
IN_WORDS: Final = re.compile(
    rf"\b(?:{_MILLIONS}|{_THOUSANDS}|(?:an?|{_BELOW}) dozen|{_HUNDREDS}|zero)(?: and a half)?\b(?!-)"
)
_FIGURES = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_FOUND = re.compile(
    rf"(?P<sign>[£$€])? ?(?<![\w.])(?P<figures>{_FIGURES})"
    r"(?:(?P<k>k)\b|(?: ?(?P<size>hundred|thousand|grand|million|dozen)\b))?(?P<half> and a half\b)?(?![\w-]*\d)"
    rf"|(?P<words>{IN_WORDS.pattern})"
)
_SMALL = rf"(?:\d{{1,2}}|{'|'.join(list(NUMBERS)[1:13])})"
# What stands in figures and is no amount. What these replace is gone: nothing is added up of it.
_NONE = re.compile(
    rf"\b\d{{1,2}}(?:[:.]\d\d)? ?(?:am|pm|a\.m\.?|p\.m\.?)\b|\b\d{{1,2}}:\d\d\b|\b{_SMALL} o'? ?clock\b"
    rf"|\b(?:half|quarter) (?:past|to) {_SMALL}\b|\b(?:the )?\d{{1,2}}(?:st|nd|rd|th)\b"
    rf"|\b(?:in|since|until|by|from) (?:19|20)\d\d\b(?! ?(?:[a-z]+s\b|a\b|per\b|each\b|to\b|[.,]\d))"
    rf"|\b(?:{_SMALL}|\d\d)(?:[- ]?years?|[- ]?yrs?)[- ]?olds?\b|\baged? {_SMALL}\b"
    r"|\b(?:number|no\.|flat|room|page|chapter|bus|platform|channel|size|week|route|gate) \d{1,3}\b(?![.,]\d)"
    rf"|(?<!\d )(?<![a-z]s )\bat {_SMALL}(?= *(?:$|[.?!;](?!\d)|,(?! *\d)|on\b|today\b|tomorrow\b|tonight\b|this\b"
    rf"|in the\b|sharp\b))"
    r"|\b(?:this|that|the|which|another|each|every|no|good|big|small|new|old|next|last|first|other) one\b"
    r"|\bone (?:of|day|more|another|thing|time|last|good)\b|\bone(?='s\b)"
    r"|\bone (?=(?:is|was|costs?|came|goes|has|had)\b)"
)
_ODD = re.compile(r"\d+ ?[/:] ?\d+|\d+-\d+|(?:^| )[-\u2212]\d|\d{13}")  # ranges, scores, days: not to be read
_STOP_WORDS = """
at and or a an per each every in on for to of off from is was are were be been left with by times plus minus divided
multiplied x so what what's whats what'd how when if i i'm i've we we're they he she it it's its you but then that
this these those the my our his her their please just now today yesterday tomorrow tonight altogether total over under
about between among till until before after because cos as ago already more less than do did does have has had get
gets got make makes made will would can could am pm up out not no both all only come comes came go goes went going
take takes took pay pays paid give gives gave cost costs who which where why there here me us them him apiece back
again saved need needs want wants still since while without add into roughly monday tuesday wednesday thursday friday
saturday sunday split share shared thanks ok okay ahead behind later earlier late early"""
_STOPS = frozenset(_STOP_WORDS.split())
_MEANT = {
    "hrs": "hour", "hr": "hour", "h": "hour", "mins": "minute", "min": "minute", "wk": "week", "wks": "week",
    "yr": "year", "yrs": "year", "mth": "month", "mths": "month", "quid": "pound", "bucks": "dollar", "p": "pence",
    "pennies": "pence",
    "people": "person", "children": "child", "kg": "kilo", "kgs": "kilo", "l": "litre", "liter": "litre",
    "us": "person", "them": "person", "head": "person", "mates": "person", "friends": "person", "bodies": "body",
    "annum": "year", "fortnights": "fortnight",
}  # fmt: skip
MONEY: Final = frozenset({"", "pound", "dollar", "euro"})  # of which two may be added up
CURRENCIES: Final = frozenset({"pound", "dollar", "euro", "pence", "cent"})
EACH: Final = "each"
PERCENT: Final = "percent"
_MOST: Final = 9  # amounts of a message that is read
_TOKEN = re.compile(r"#\d+|[a-z][a-z'-]*|[^\sa-z#]")
_HOLDS = "holds|seats|carries|contains|fits"
_TWO_UNITS = re.compile(  # "7 pounds 50", "5 foot 2"
    r"#\d+ (?:pounds?|quid|dollars?|euros?|foot|feet|stone|hours?|hrs?|minutes?|mins?|p|kilos?"
    r"|weeks?) (?:and )?#\d+(?! [a-z]*(?:ly|at)\b)"
)
_EACH_HOLDS = re.compile(
    rf"\b(?:(?:each|every|per) (?P<noun>[a-z]+) (?:{_HOLDS}|has|takes|is|costs|pays|weighs)"
    rf"|an? (?P<other>[a-z]+) (?:{_HOLDS})|in (?P<packs>[a-z]{{3,}}s) of) (?:about |roughly )?#(?P<place>\d+)"
)


@dataclasses.dataclass(frozen=True)
class Amount:
    """A number and what it counts.

    Args:
        value: The number.
        written: As it is written in a reply: "1,790", "4.20".
        sign: Sign of a currency, or "".
        unit: What it counts, singular: "hour"; "" where that is not said.
        pers: For each of what it is, singular: "day"; ``EACH`` where that is not said.
        bare_before: The word before it.
    """

    value: Fraction
    written: str
    sign: str = ""
    unit: str = ""
    pers: tuple[str, ...] = ()
    before: str = ""

    @property
    def is_money(self) -> bool:
        """Whether it is money for sure."""
        pence = "." in self.written and len(self.written.partition(".")[2]) == 2
        return bool(self.sign) or self.unit in CURRENCIES or (pence and not self.unit)


@dataclasses.dataclass(frozen=True)
class Reading:
    """A message with its numbers replaced.

    Args:
        masked: The message, lower case, "#0" for its first amount.
        amounts: The amounts.
        is_odd: Whether it has figures that cannot be read.
    """

    masked: str
    amounts: tuple[Amount, ...]
    is_odd: bool


def read(text: str) -> Reading:
    """The amounts of a message."""
    said = re.sub(r"\s+", " ", text.lower().replace("\u2019", "'")).strip()
    said = re.sub(r" ?%| per ?cent\b", " percent", said)
    said = _NONE.sub("@", said)
    is_odd = bool(_ODD.search(said))
    found: list[tuple[Fraction, str, str]] = []

    def mask(match: re.Match[str]) -> str:
        if match["words"]:
            value = number(match["words"])
            written = plain(value)
        else:
            value = Fraction(match["figures"].replace(",", ""))
            value *= 1000 if match["k"] else _size(match["size"] or "")
            value += Fraction(1, 2) if match["half"] else 0
            decimals = match["figures"].partition(".")[2]
            is_short = match["k"] or match["size"] or match["half"]
            written = plain(value) if is_short or not decimals else f"{float(value):,.{len(decimals)}f}"
        found.append((value, written, match["sign"] or ""))
        return f" #{len(found) - 1} "

    masked = re.sub(r"\s+", " ", _FOUND.sub(mask, said)).strip()
    is_odd = is_odd or bool(re.search(r"#\d+ #\d+|\d", re.sub(r"#\d+(?! #)", "", masked)))
    is_odd = is_odd or bool(_TWO_UNITS.search(masked)) or len(found) > _MOST
    tokens = _TOKEN.findall(masked)
    amounts = []
    for place, (value, written, sign) in enumerate(found):
        at = tokens.index(f"#{place}")
        unit, pers = _counted(tokens[at + 1 :])
        amounts.append(Amount(value, written, sign, unit, pers, tokens[at - 1] if at else ""))
    for each in _EACH_HOLDS.finditer(masked):
        place = int(each["place"])
        noun = singular(each["noun"] or each["other"] or each["packs"])
        amounts[place] = dataclasses.replace(amounts[place], pers=(*amounts[place].pers, noun))
    return Reading(masked, tuple(amounts), is_odd)


def number(words: str) -> Fraction:
    """A number in words: "two hundred and five", "a million two hundred thousand", "two and a half"."""
    total = part = 0
    half = words.endswith(" and a half")
    for word in re.findall(r"[a-z]+", words.removesuffix(" and a half")):
        if word in ("a", "an"):
            part += 1
        elif word in _LARGE:
            total, part = total + part * _LARGE[word], 0
        elif word in (_HUNDRED, _DOZEN):
            part = part * _size(word)
        else:
            part += NUMBERS.get(word, TENS.get(word, 0))
    return Fraction(total + part) + (Fraction(1, 2) if half else 0)


def plain(value: Fraction) -> str:
    """A number as it is written where its places are few: "1,790", "2.5"."""
    if value.denominator == 1:
        return f"{value.numerator:,}"
    return f"{float(value):,.6f}".rstrip("0").rstrip(".")


def singular(word: str) -> str:
    """The word for one of what it counts: "deliveries" -> "delivery"."""
    if word in _MEANT:
        return _MEANT[word]
    for ending, by in (("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss")):
        if word.endswith(ending) and len(word) > len(ending) + 1:
            return word[: -len(ending)] + by
    one = word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
    return _MEANT.get(one, one)


def _size(word: str) -> int:
    return {_HUNDRED: 100, _DOZEN: 12, **_LARGE}.get(word, 1)


def _counted(tokens: list[str]) -> tuple[str, tuple[str, ...]]:
    """What a number counts, and for each of what, by the words behind it."""
    place, nouns = 0, list[str]()
    if tokens[:2] in (["of", "us"], ["of", "them"], ["of", "you"]):
        nouns, place = ["person"], 2
    if (tokens[:1] == ["times"] and not tokens[1:2]) or (tokens[:1] == ["times"] and not tokens[1].startswith("#")):
        nouns, place = ["times"], 1  # "3 times a day" multiplies nothing
    while place < min(len(tokens), 3) and tokens[place][0].isalpha() and tokens[place] not in _STOPS:
        nouns.append(tokens[place])
        place += 1
    pers: list[str] = []
    while place < len(tokens):
        word, behind = tokens[place], tokens[place + 1] if place + 1 < len(tokens) else ""
        is_noun = bool(behind) and behind[0].isalpha() and behind not in _STOPS
        third = tokens[place + 2] if place + 2 < len(tokens) else ""
        if (
            (word, behind) in (("to", "the"), ("to", "a"), ("in", "a"), ("in", "an"))
            and third[:1].isalpha()
            and third not in _STOPS | {"row"}
        ):
            pers.append(singular(third))
            break
        if word in ("a", "an", "per", "every", "each") and is_noun:
            pers.append(singular(behind))
            place += 2
        elif word in ("each", "apiece"):
            pers.append(EACH)
            place += 1
        elif word in ("in", "to", "on") and behind in ("each", "every"):
            pers.append(EACH)
            break
        else:
            break
    if PERCENT in nouns:
        return PERCENT, tuple(pers)
    return singular(nouns[-1]) if nouns else "", tuple(pers)
