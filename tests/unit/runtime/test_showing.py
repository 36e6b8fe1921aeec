"""What of an answer is shown."""

from __future__ import annotations

import pytest

from chatkit.head.answer import Bars, Hit, Ranking, Text
from chatkit.runtime.showing import worth_showing

NOTHING, FOUND = Ranking([]), Ranking([Hit("a passage", 1.0, "notes.md")])
BARS = Bars({"positive": 0.9, "negative": 0.1})


@pytest.mark.parametrize(
    ("text", "by_name", "shown"),
    [
        ("hello", False, False),
        ("I had soup for lunch", False, False),
        ("how do I bake bread?", False, True),  # whoever asks wants to know that nothing was found
        ("what should I do?", False, False),
        ("so what's this?", False, False),
        ("what should I do?", True, True),
        ("soup", True, True),
    ],
)
def test_that_nothing_was_found_is_said_to_whoever_looked_for_something(text: str, by_name: bool, shown: bool) -> None:
    assert worth_showing([NOTHING], text, by_name=by_name) == [NOTHING] * shown
    assert worth_showing([Text("x"), NOTHING, FOUND, BARS], text, by_name=by_name)[-2:] == [FOUND, BARS]
