"""Times as they are shown: those of a damaged file may lie beyond what a calendar holds."""

from __future__ import annotations

import datetime

MINUTES = "%Y-%m-%d %H:%M"


def local(seconds: float) -> datetime.datetime:
    """The local time of so many seconds after 1970; the year 1 where there is no such time."""
    try:
        return datetime.datetime.fromtimestamp(seconds)
    except (OverflowError, ValueError, OSError, TypeError):
        return datetime.datetime.min


def shown(seconds: float, form: str = MINUTES) -> str:
    """The local time in words, "?" where there is no such time."""
    moment = local(seconds)
    return "?" if moment == datetime.datetime.min else moment.strftime(form)
