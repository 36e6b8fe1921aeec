"""Normalisation changes what it documents and nothing else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.text.normalise import normalise

any_text = st.text(st.characters())  # lone surrogates and NUL too


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("plain  text, Kept As it is \t", "plain  text, Kept As it is \t"),
        ("a\r\nb\rc\n", "a\nb\nc\n"),
        ("nul\x00here", "nul\ufffdhere"),
        ("lone \ud800 surrogate \udfff", "lone \ufffd surrogate \ufffd"),
        ("cafe\u0301", "café"),
        ("marks \u2581 \u2585", "marks \ufffd \ufffd"),
        ("\ufb01 \u2460 \uff21", "\ufb01 \u2460 \uff21"),  # compatibility forms stay
    ],
)
def test_what_changes(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(any_text)
def test_once_is_enough_and_the_result_is_encodable_nfc(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once
    once.encode("utf-8")
    assert unicodedata.is_normalized("NFC", once)
    assert not set(once) & {"\x00", "\r", "\u2581", "\u2585"}
