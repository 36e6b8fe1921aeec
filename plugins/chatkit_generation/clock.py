"""Questions for the time and the date, and what this machine's clock says to them. English."""

from __future__ import annotations

import calendar
import datetime
import re

from chatkit_generation.reckoning import written

_BEGINS = (
    r"(?:(?:so|and|ok|okay|hey|hi|hello|please|quick question|by the way|btw|can you|could you|do you know|tell me) )*"
)
_ENDS = r"(?: (?:now|right now|please|today|it is|is it|currently|at the moment|exactly|then))*"
_TIME = re.compile(
    rf"{_BEGINS}(?:what(?:'s| is)? the(?: current| exact)? time(?: is)?|what time(?: is it| it is| is(?= now))"
    r"|how late(?: is it| it is)"
    rf"|(?:what time|how late) is it where (?:i am|you are)|got the time|do you have the time|the time){_ENDS}"
)
_DATE = re.compile(
    rf"{_BEGINS}(?:what(?:'s| is)? (?:the|today's)(?: current)? date|what date(?: is it| it is| is today)"
    r"|what(?:'s| is)? the date of today"
    r"|(?:what|which) day(?: of the (?:week|month))?(?: is it| it is| is today| do we have| are we)"
    rf"|what(?:'s| is)? today|what(?:'s| is)? the day){_ENDS}"
)
_YEAR = re.compile(rf"{_BEGINS}(?:what|which) year (?:is it|it is|are we in|do we have|is this){_ENDS}")
_MONTH = re.compile(rf"{_BEGINS}(?:what|which) month (?:is it|it is|are we in|do we have|is this){_ENDS}")
_TOMORROW = re.compile(
    rf"{_BEGINS}(?:what|which) (?:day|date) (?:is|will be|is it|was)(?: it)? (tomorrow|yesterday){_ENDS}"
)
_HOW_LONG = re.compile(
    rf"{_BEGINS}how (?:many days|long)(?: is it| are there| is there)?(?: left)? (?:until|till|to|before)"
    rf" (?:the )?(.+?){_ENDS}"
)
_WHEN = re.compile(
    rf"{_BEGINS}(?:when(?:'s| is)?|(?:on )?(?:what|which) (?:day|date) is) (?:the )?(.+?)"
    rf"(?: (?:this|next) year)?{_ENDS}"
)
_FEASTS = {
    "christmas": (12, 25),
    "christmas day": (12, 25),
    "christmas eve": (12, 24),
    "xmas": (12, 25),
    "new year": (1, 1),
    "new year's": (1, 1),
    "new years": (1, 1),
    "new year's eve": (12, 31),
    "halloween": (10, 31),
    "valentine's day": (2, 14),
    "valentines day": (2, 14),
}
_MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
_SHORT = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
_DAY = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]+)|([a-z]+) (\d{1,2})(?:st|nd|rd|th)?)")


def by_the_clock(said: str, now: datetime.datetime) -> str:
    """What the clock says to a bare message; "" where it does not ask for that.

    Args:
        said: The message, see ``wording.bare``.
        now: The time on this machine.
    """
    today = now.date()
    if _TIME.fullmatch(said):
        return f"It is {now:%H:%M} by the clock of this machine."
    if _DATE.fullmatch(said):
        return f"It is {written(today)}."
    if _YEAR.fullmatch(said):
        return f"It is {now:%Y}, by the clock of this machine."
    if _MONTH.fullmatch(said):
        return f"It is {now:%B}."
    if found := _TOMORROW.fullmatch(said):
        tomorrow = found[1] == "tomorrow"
        day = today + datetime.timedelta(days=1 if tomorrow else -1)
        return f"{found[1].capitalize()} {'is' if tomorrow else 'was'} {written(day)}."
    if (found := _HOW_LONG.fullmatch(said)) and (until := _next(found[1], today)):
        days = (until - today).days
        left = f"{days} days" if days > 1 else "One day"
        return f"{left}: it is {written(until)}." if days else f"That is today, {written(until)}."
    if (found := _WHEN.fullmatch(said)) and (until := _next(found[1], today)):
        return f"{written(until)}." if until != today else f"That is today, {written(today)}."
    return ""


def _next(named: str, today: datetime.date) -> datetime.date | None:
    """The next day of that name; None where it is none."""
    month, day = _FEASTS.get(named, (0, 0))
    if not month and (found := _DAY.fullmatch(named)):
        word, number = (found[2], found[1]) if found[1] else (found[3], found[4])
        month, day = _MONTHS.get(word, _SHORT.get(word, 0)), int(number)
    try:
        for year in range(today.year, today.year + 5 if month else today.year):  # the 29th of February may be far
            here = _day(year, month, day)
            if here and here >= today:
                return here
    except ValueError:
        pass
    return None


def _day(year: int, month: int, day: int) -> datetime.date | None:
    return datetime.date(year, month, day) if 1 <= day <= calendar.monthrange(year, month)[1] else None
