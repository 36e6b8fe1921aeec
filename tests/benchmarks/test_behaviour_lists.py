"""The lists of ``moods.py``, ``keeping.py`` and ``untold.py`` are whole: their size, no text in both splits, patterns.

And a reply that keeps what it is told passes where one that mixes it up does not.
"""

from __future__ import annotations

import re
import sys
from itertools import chain
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from keeping import KEEPING, Kept
from moods import LABELS, MOODS
from untold import OTHER, TOLD, UNTOLD, not_told, owns_up

EVERY = [kept for kinds in KEEPING.values() for kept in chain(*kinds.values())]
EMPTY = ("", "I do not know.")


def test_moods_are_balanced_and_no_message_comes_twice():
    assert {split: {label: len(texts) for label, texts in by.items()} for split, by in MOODS.items()} == {
        split: dict.fromkeys(LABELS, 20) for split in ("dev", "test")
    }
    texts = [text.lower() for by in MOODS.values() for text in chain(*by.values())]
    assert len(set(texts)) == 120


def test_conversations_are_balanced_and_no_message_comes_twice():
    assert {split: {kind: len(of) for kind, of in kinds.items()} for split, kinds in KEEPING.items()} == {
        split: dict.fromkeys(("people", "orders", "bookings"), 8) for split in ("dev", "test")
    }
    texts = [text.lower() for kept in EVERY for text in kept.texts]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("kept", EVERY, ids=lambda kept: kept.texts[0])
def test_patterns_compile_and_match_no_reply_that_says_nothing(kept: Kept):
    assert not any(re.compile(pattern).search(text) for pattern in (kept.must, kept.never) if pattern for text in EMPTY)
    assert not any(kept.holds(text) for text in EMPTY)


@pytest.mark.parametrize(
    ("opening", "right", "wrong"),
    [
        ("my sister Ingrid", "Your sister lives in Turin.", "Turin, or was it Leeds?"),
        ("I have two cats", "pickle is 3.", "Pickle is nine."),
        ("I'd like a burger", "a burger with bacon, no onions.", "a burger with bacon and onions."),
        ("I need a taxi", "at 10:00 on Monday, not nine", "at 9pm or ten"),
        ("I'll have the fish", "fish with rice and peas instead of the chips.", "fish with chips, rice and peas."),
        ("reserve a table", "No, that is cancelled.", "Yes, nothing is cancelled."),
        ("please get me a train", "fine, I have dropped the train.", "I cannot cancel trains."),
        ("a taxi for four", "A taxi for 4 tomorrow at five.", "A taxi for four tomorrow at six."),
    ],
)
def test_what_is_kept_passes_and_what_is_mixed_up_does_not(opening, right, wrong):
    (kept,) = (kept for kept in EVERY if kept.texts[0].startswith(opening))
    assert kept.holds(right)
    assert not kept.holds(wrong)


def test_questions_for_what_was_told_and_was_not_are_balanced_and_none_comes_twice():
    assert {len(of[split]) for of in (UNTOLD, OTHER) for split in ("dev", "test")} == {30}
    assert {len(TOLD[split]) for split in ("dev", "test")} == {20}
    last = [texts[-1].lower() for of in (UNTOLD, OTHER) for split in of.values() for texts in split]
    last += [told.texts[-1].lower() for split in TOLD.values() for told in split]
    assert len(set(last)) == len(last)
    for told in chain(*TOLD.values()):
        assert told.holds(" ".join(told.texts[:-1]))
        assert not told.holds(told.texts[-1])


@pytest.mark.parametrize(
    ("text", "owns", "says_so"),
    [
        ("You have not told me your name.", True, True),
        ("I don't know that, sorry.", True, False),
        ("You never said which one.", True, True),
        ("Your name is Sean.", False, False),
        ("You do not know it yet?", False, False),
        ("Tell me about it.", False, False),
    ],
)
def test_what_owns_up_is_told_from_what_does_not(text, owns, says_so):
    assert (owns_up(text), not_told(text)) == (owns, says_so)
