"""What kind of question a reply ends with."""

from __future__ import annotations

import pytest
from chatkit_generation.asked import QUESTIONS, asked_by
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("That is sad. Do you want to talk about it?", "offer"),
        ("I see. Tell me more?", "telling"),
        ("Oh no. What happened?", "telling"),
        ("Do you go alone, or with somebody?", "choice"),
        ("Is it more or less than you expected?", "whether"),
        ("What joyful news! How long have you been waiting for it?", "long"),
        ("How many of them are there?", "amount"),
        ("I am sorry. How are you holding up?", "feeling"),
        ("And how do you feel about it?", "feeling"),
        ("What made you think of it?", "why"),
        ("How did it come about?", "why"),
        ("And who gets to hear it next?", "who"),
        ("When is it due?", "when"),
        ("Where did you see it last?", "where"),
        ("What worries you most about it?", "worst"),
        ("I cannot see it, so tell me: what do you like best?", "best"),
        ("What will you do with the day?", "plan"),
        ("Is there a name yet?", "whether"),
        ("Which part was it?", "thing"),
        ("How old are you? I am small.", ""),
        ("Say it once more?", ""),
        ("I see.", ""),
        ("", ""),
    ],
)
def test_the_last_sentence_tells_the_kind(reply: str, kind: str) -> None:
    assert asked_by(reply) == kind


@given(st.text(max_size=200))
def test_any_text_has_a_kind_or_none(reply: str) -> None:
    assert asked_by(reply) in {"", *QUESTIONS}
