"""Times of a damaged file are shown as unknown, and no accident."""

import datetime

import pytest

from chatkit.runtime import clock


@pytest.mark.parametrize("seconds", [1e300, -1e300, float("nan"), float("inf"), 2**62, "soon", None])
def test_a_time_that_no_calendar_holds(seconds):
    assert clock.shown(seconds) == "?"
    assert clock.local(seconds) == datetime.datetime.min


def test_a_time():
    now = datetime.datetime(2026, 11, 24, 19, 10)
    assert clock.shown(now.timestamp()) == "2026-11-24 19:10"
