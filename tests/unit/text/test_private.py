from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatkit.text.private import KINDS, mask, passes_iban, passes_luhn


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("write to jane.doe+x@mail.example.org.", "write to <email>."),
        ("<Jörg@bücher.de>, a@b.co", "<<email>>, <email>"),
        ("my IBAN is DE89 3704 0044 0532 0130 00, thanks", "my IBAN is <account>, thanks"),
        ("GB82WEST12345698765432", "<account>"),
        ("pay FR14 2004 1010 0505 0001 3M02 606 NOW", "pay <account> NOW"),
        ("card 4111 1111 1111 1111 please", "card <card> please"),
        ("5500-0000-0000-0004", "<card>"),
        ("call +44 20 7946 0958 or (212) 555-0123.", "call <phone> or <phone>."),
        ("Tel. 089 12345678, 02079460958, 0049 89 1234567", "Tel. <phone>, <phone>, <phone>"),
        ("+1-202-555-0143", "<phone>"),
    ],
)
def test_what_is_masked(text: str, masked: str) -> None:
    assert mask(text)[0] == masked


@pytest.mark.parametrize(
    "text",
    [
        "DE88 3704 0044 0532 0130 00",  # wrong check digits
        "4111 1111 1111 1112",  # wrong check digit
        "ISBN 978-3-16-148410-0",
        "on 01.02.2024, 1/2/2024 and 2024-02-01 at 10:30",
        "0.123456789 and 3.14159265358979",
        "from 1914 to 1918, 10 000 000 people",
        "10.0.0.1 and 192.168.100.200",
        "version 2.13.0, 007, 12345",
        "a @ b, @home, me@",
        "AB12 is a room",
        "1234567890123456789012345678901234567890",
    ],
)
def test_what_is_not(text: str) -> None:
    assert mask(text)[0] == text


def test_counts_and_switches() -> None:
    text = "a@b.org c@d.org 4111111111111111 DE89370400440532013000 +44 20 7946 0958"
    assert mask(text)[1] == {"email": 2, "card": 1, "account": 1, "phone": 1}
    assert mask(text, ("email",))[0] == text.replace("a@b.org", "<email>").replace("c@d.org", "<email>")
    assert mask(text, ()) == (text, {})


@given(st.text(st.sampled_from("0123456789"), min_size=2, max_size=18))
def test_luhn_finds_every_wrong_digit(digits: str) -> None:
    check = next(c for c in "0123456789" if passes_luhn(digits + c))
    for i, digit in enumerate(digits):
        assert not passes_luhn(digits[:i] + str((int(digit) + 1) % 10) + digits[i + 1 :] + check)


@given(st.text(st.sampled_from("0123456789"), min_size=18, max_size=18))
def test_one_check_number_in_97_holds(account: str) -> None:
    assert sum(passes_iban(f"DE{check:02}{account}") for check in range(2, 99)) == 1


@given(st.text(st.sampled_from("DE89 3704+(-)./@abß0\n") | st.characters()))
def test_masking_again_finds_nothing_new(text: str) -> None:
    once, found = mask(text)
    assert mask(once)[0] == once or "<" in text  # a person may type "<phone>1"
    assert set(found) <= set(KINDS)


@pytest.mark.parametrize("unit", ["a.", "1 ", "a@a.", "DE89 ", "+1 ", "(0", "@", "0-"])
def test_time_is_linear(unit: str) -> None:
    def cost(size: int) -> float:
        start = time.process_time()
        mask(unit * size)
        return time.process_time() - start

    cost(100)
    assert cost(40_000) < 80 * max(cost(2_000), 1e-3)  # 20 times as long; quadratic would be 400
