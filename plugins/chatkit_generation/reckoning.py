"""Days and hours that are reckoned from others: "six weeks from the 4th", "8 hours ahead, and 4pm here". English."""

from __future__ import annotations

import calendar
import datetime
import re
from typing import Final

from chatkit_generation.amounts import IN_WORDS, number, plain

_MONTHS: Final = {
    name.lower(): at for names in (calendar.month_name, calendar.month_abbr) for at, name in enumerate(names) if name
} | {"sept": 9}
_DAYS: Final = {
    name.lower(): at for names in (calendar.day_name, calendar.day_abbr) for at, name in enumerate(names)
} | {"tues": 1, "thurs": 3, "thur": 3, "weds": 2}
_MONTH, _WEEKDAY = "|".join(sorted(_MONTHS, key=len, reverse=True)), "|".join(sorted(_DAYS, key=len, reverse=True))
_ORDINAL = r"\d{1,2}(?:st|nd|rd|th)"
_NAMED = (
    rf"today|now|tomorrow|yesterday|(?:this |next |the )?(?:{_WEEKDAY})|(?:the )?{_ORDINAL}(?: of)? (?:{_MONTH})"
    rf"|(?:the )?{_ORDINAL}|\d{{1,2}} (?:{_MONTH})|(?:{_MONTH}) \d{{1,2}}(?:st|nd|rd|th)?"
)
_FROM = re.compile(
    rf"\b(?P<many>\d{{1,3}}|an?) (?P<unit>days?|weeks?|fortnights?|months?) (?P<way>from|after"
    rf"|before) (?P<day>{_NAMED})\b"
    rf"(?! (?:to|till|until)\b)"
)
_AGO = re.compile(r"\bin (?P<many>\d{1,3}|an?) (?P<unit>days?|weeks?|fortnights?|months?)\b")
_BACK = re.compile(r"\b(?P<many>\d{1,3}|an?) (?P<unit>days?|weeks?|fortnights?|months?) ago\b")
_ASKS_DATE = re.compile(
    r"\b(?:what|which) (?:date|day)\b|\bwhat(?:'s| is) (?:the date|\d{1,3} (?:day|week|month|fortnight)|a (?:week"
    r"|fortnight|month))"
    r"|\bwhen(?:'s| is)\b|\bis (?:what|which) (?:date|day)\b|\bwhat is the date\b"
)
_HOW_FAR = re.compile(
    rf"\bhow (?:many (?P<unit>days|weeks|sleeps)|long)(?: is it| is there| are there| have (?:i|we) got| do (?:i"
    rf"|we) have)?"
    rf"(?: left)?(?: now)? (?:until|till|til|to|before)(?: it is| it's)? (?P<day>{_NAMED})(?: (?:please|now|then))*$"
)
_AHEAD = re.compile(
    r"\b(?P<hours>\d{1,2}(?:\.5| and a half|½)?) (?:hours?|hrs?) (?P<way>ahead|in front|behind|back|earlier|later)\b"
)
_AT_HERE = re.compile(
    r"\b(?P<hour>\d{1,2})(?:[: ](?P<minute>\d\d))? ?(?P<half>am|pm|o'clock|in the morning|in the afternoon"
    r"|in the evening|at night)?"
    r" (?:here|my time|our time|in (?:the )?uk|with us)\b|\b(?P<noon>noon|midday|midnight) (?:here|my time|our time"
    r"|with us)\b"
)
_TIME_THERE = re.compile(
    r"\bwhat time(?:'s| is) (?:it|that)\b(?! here)|\bwhat time (?:is it|is that|will it be|would it be"
    r"|would that be|it is|does that make it|is it now)\b(?! here)"
    r"|\bwhat(?:'s| is) the time\b|\bwhat time there\b|\bwhat is that (?:there|over there)\b"
)
_NOW_HERE = re.compile(r"\b(?:now|right now|currently|at the moment)\b")


def reckoned(text: str, now: datetime.datetime) -> str:
    """The day or the hour that a message asks to be reckoned; "" where it asks for none.

    Args:
        text: The message.
        now: The time on this machine.
    """
    said = _plain(text)
    return _there(said, now) or _far(said, now.date()) or _day_from(said, now.date())


def written(day: datetime.date) -> str:
    """A day as it is written."""
    return f"{day:%A}, {day.day} {day:%B} {day.year}"


def _plain(text: str) -> str:
    said = text.lower().replace("\u2019", "'")
    said = re.sub(r"\b([ap])\.m\.?", r"\1m", said)
    said = re.sub(r"(\d)\.(\d\d) ?(am|pm)\b", r"\1:\2\3", said)
    said = re.sub(r"[^\w':. ]|\.(?!\d)|:(?!\d)", " ", said)
    said = re.sub(r"\bwhats\b", "what's", said)
    said = IN_WORDS.sub(lambda found: plain(number(found[0])), said)
    return " ".join(said.split())


def _day_from(said: str, today: datetime.date) -> str:
    """The day so many weeks from another one."""
    if len(said.split()) > 20 or not _ASKS_DATE.search(said):
        return ""
    found = _FROM.search(said)
    ahead = None if found else _AGO.search(said)
    if found:
        begins = _named(found["day"], today)
    elif ahead and re.search(r"\bwhat (?:date|day) (?:is it|will it be|is that|would it be)\b", said):
        begins, found = today, ahead
    elif (ago := _BACK.search(said)) and re.search(
        r"\bwhat (?:date|day) was (?:it|that)\b|\bwas what (?:day|date)\b", said
    ):
        begins, found = today, ago
    else:
        return ""
    if begins is None or len(_FROM.findall(said)) > 1:
        return ""
    many = 1 if found["many"] in ("a", "an") else int(found["many"])
    if found.re is _BACK or (found.re is _FROM and found["way"] == "before"):
        many = -many
    try:
        day = _moved(begins, many, found["unit"].rstrip("s"))
    except (ValueError, OverflowError):
        return ""
    begun = "" if begins == today else f", counted from {written(begins)}"
    return f"{written(day)}{begun}."


def _moved(day: datetime.date, many: int, unit: str) -> datetime.date:
    if unit != "month":
        return day + datetime.timedelta(days=many * {"day": 1, "week": 7, "fortnight": 14}[unit])
    months = day.year * 12 + day.month - 1 + many
    year, month = months // 12, months % 12 + 1
    return datetime.date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _far(said: str, today: datetime.date) -> str:
    """How many days there are until one."""
    found = _HOW_FAR.search(said)
    if not found or len(said.split()) > 20:
        return ""
    day = _named(found["day"], today)
    if day is None or day < today:
        return ""
    days = (day - today).days
    if not days:
        return f"That is today, {written(day)}."
    if found["unit"] == "weeks" and days % 7 == 0:
        weeks = days // 7
        return f"{weeks} week{'s' if weeks > 1 else ''}: it is {written(day)}."
    if found["unit"] == "weeks" and days > 7:
        rest = days % 7
        return (
            f"{days // 7} week{'s' if days > 13 else ''} and {rest} day{'s' if rest > 1 else ''}: it is {written(day)}."
        )
    return f"{days} days: it is {written(day)}." if days > 1 else f"One day: it is {written(day)}."


def _named(name: str, today: datetime.date) -> datetime.date | None:
    """The next day of a name, "the 4th", "friday"; None where there is none."""
    words = name.removeprefix("the ").removeprefix("this ").split()
    if words[0] in ("today", "now", "tomorrow", "yesterday"):
        return today + datetime.timedelta(days={"tomorrow": 1, "yesterday": -1}.get(words[0], 0))
    if words[0] == "next":
        return None  # some mean the coming one by it, others that of next week
    if words[0] in _DAYS:
        return today + datetime.timedelta(days=(_DAYS[words[0]] - today.weekday() - 1) % 7 + 1)
    month = next((_MONTHS[word] for word in words if word in _MONTHS), 0)
    day = next(int(figures[0]) for word in words if (figures := re.match(r"\d+", word)))
    for ahead in range(60):
        months = today.year * 12 + today.month - 1 + ahead
        year, at = months // 12, months % 12 + 1
        fits = month in (0, at) and 1 <= day <= calendar.monthrange(year, at)[1]
        if fits and (date := datetime.date(year, at, day)) >= today:
            return date
    return None


def _there(said: str, now: datetime.datetime) -> str:
    """What time it is where they are so many hours ahead."""
    ahead = _AHEAD.search(said)
    if not ahead or not _TIME_THERE.search(said) or len(_AHEAD.findall(said)) > 1 or len(said.split()) > 30:
        return ""
    hours = float(ahead["hours"].replace(" and a half", ".5"))
    way = 1 if ahead["way"] in ("ahead", "in front", "later") else -1
    rest = said.replace(ahead[0], " ")
    if here := _AT_HERE.search(rest):
        at = _clock(here)
    elif re.search(r"\d", rest) or not _NOW_HERE.search(rest):
        return ""
    else:
        at = now.hour * 60 + now.minute
    if at is None or hours > 24:
        return ""
    there = at + way * round(hours * 60)
    day = "the day before" if there < 0 else "the next day" if there >= 24 * 60 else ""
    shown = _shown(there % (24 * 60))
    return f"{shown} there{f', {day}' if day else ''}: {_shown(at)} {'+' if way > 0 else '-'} {hours:g} hours."


def _clock(found: re.Match[str]) -> int | None:
    """Minutes since midnight; None where it is not clear which half of the day is meant."""
    if found["noon"]:
        return 0 if found["noon"] == "midnight" else 12 * 60
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"] or ""
    if hour > 23 or minute > 59:
        return None
    if half in ("am", "in the morning") and 1 <= hour <= 12:
        return hour % 12 * 60 + minute
    if half in ("pm", "in the afternoon", "in the evening", "at night") and 1 <= hour <= 12:
        return (hour % 12 + 12) * 60 + minute
    return hour * 60 + minute if not half and (hour > 12 or found["minute"]) else None


def _shown(minutes: int) -> str:
    hour, minute = divmod(minutes, 60)
    if not minute and hour in (0, 12):
        return "midnight" if not hour else "noon"
    past = f":{minute:02}" if minute else ""
    return f"{hour % 12 or 12}{past} {'am' if hour < 12 else 'pm'}"
