"""Masks what names a person's accounts: e-mail addresses, telephone, card and account numbers. Pure text.

Card and account numbers have check digits, so that what is masked is hardly ever anything else: Luhn's sum (ISO/IEC
7812-1), and the remainder modulo 97 of an IBAN (ISO 13616-1), whose length its country fixes. Telephone numbers have
none: those are taken that are written as one, with ``+``, a leading 0 or in the North American groups. Every pattern
is bounded, so that no text takes more than linear time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection
from typing import Literal

Kind = Literal["email", "account", "card", "phone"]
KINDS: tuple[Kind, ...] = ("email", "account", "card", "phone")
"""In the order in which they are looked for: an IBAN is not to be found half as a telephone number."""

_EMAIL = re.compile(
    r"(?<![\w.%+-])[\w%+-](?:[\w.%+-]{0,62}[\w%+-])?@[^\W_](?:[\w-]{0,61}\w)?(?:\.[^\W_](?:[\w-]{0,61}\w)?){1,8}"
)
_IBAN = re.compile(r"(?<![^\W_])([A-Z]{2})[0-9]{2}")
_CARD = re.compile(r"(?<![\d+.,-])[2-6][0-9](?:[ -]?[0-9]){11,17}(?![0-9]|[.,-][0-9])")
_PHONE = re.compile(
    r"(?<![\w+.,/-])(?<![0-9] )(?:"
    r"(?:\+|00)[1-9][0-9]{0,2}(?:[ ./-]?\(?[0-9]{1,5}\)?){2,6}"  # +44 20 7946 0958
    r"|\(?0[1-9][0-9]{0,4}\)?(?:[ /-][0-9]{2,8}){1,5}"  # 020 7946 0958, (089) 123456
    r"|0[1-9][0-9]{7,10}"  # 02079460958
    r"|(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}"  # (212) 555-0123
    r")(?![\w]|[.,/-][0-9])"
)
_DATE = re.compile(r"[0-9]{1,2}[ ./-][0-9]{1,2}[ ./-](?:[0-9]{2}|[0-9]{4})$")
_PHONE_DIGITS = range(7, 16)  # E.164 allows fifteen

# Length of an IBAN by country (the registry of ISO 13616).
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO", 16: "BE", 18: "DK FI FO GL NL SD", 19: "MK SI", 20: "AT BA EE KZ LT LU XK", 21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA", 23: "AE GI IL IQ OM SO TL", 24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST", 26: "IS TR", 27: "BI DJ FR GR IT MC MR SM", 28: "AL AZ BY CY DO GT HU LB NI PL SV",
        29: "BR EG PS QA UA", 30: "JO KW MU YE", 31: "MT SC", 32: "LC", 33: "RU",
    }.items()
    for country in countries.split()
}  # fmt: skip


def mask(text: str, kinds: Collection[str] = KINDS) -> tuple[str, Counter[str]]:
    """Replace what is private by ``<email>``, ``<account>``, ``<card>``, ``<phone>``.

    Args:
        text: Any text.
        kinds: Which of ``KINDS``.
    Returns:
        The text, and how often each kind was found.
    """
    found: Counter[str] = Counter()
    for kind in KINDS:
        if kind in kinds:
            text, count = _MASKS[kind](text)
            if count:
                found[kind] = count
    return text, found


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (Luhn 1960)."""
    total = 0
    for i, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + i % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def passes_iban(account: str) -> bool:
    """Whether an IBAN without spaces has its country's length and the remainder 1 modulo 97."""
    if _LENGTHS.get(account[:2]) != len(account):
        return False
    return int("".join(str(int(c, 36)) for c in account[4:] + account[:4])) % 97 == 1


def _mask_emails(text: str) -> tuple[str, int]:
    return _EMAIL.subn("<email>", text) if "@" in text else (text, 0)


def _mask_accounts(text: str) -> tuple[str, int]:
    parts: list[str] = []
    done = count = 0
    for match in _IBAN.finditer(text):
        if match.start() < done:
            continue
        end = _end_of_iban(text, match.start(), _LENGTHS.get(match[1], 0))
        if end:
            parts += [text[done : match.start()], "<account>"]
            done, count = end, count + 1
    return "".join([*parts, text[done:]]) if count else text, count


def _end_of_iban(text: str, start: int, length: int) -> int:
    """Where the IBAN that starts here ends, single spaces and hyphens within it passed over; 0 if it is none."""
    letters, i = "", start
    while len(letters) < length and i < len(text):
        c = text[i]
        if c.isascii() and c.isalnum():
            letters += c.upper()
        elif c not in " -" or text[i - 1] in " -":
            return 0
        i += 1
    if i < len(text) and text[i].isalnum():
        return 0
    return i if length and passes_iban(letters) else 0


def _mask_cards(text: str) -> tuple[str, int]:
    return _replace(_CARD, text, "<card>", lambda found: passes_luhn(re.sub("[ -]", "", found)))


def _mask_phones(text: str) -> tuple[str, int]:
    def is_phone(found: str) -> bool:
        return sum(map(str.isdigit, found)) in _PHONE_DIGITS and not _DATE.match(found)

    return _replace(_PHONE, text, "<phone>", is_phone)


def _replace(pattern: re.Pattern[str], text: str, by: str, holds: Callable[[str], bool]) -> tuple[str, int]:
    count = 0

    def one(match: re.Match[str]) -> str:
        nonlocal count
        if not holds(match[0]):
            return match[0]
        count += 1
        return by

    return pattern.sub(one, text), count


_MASKS: dict[str, Callable[[str], tuple[str, int]]] = {
    "email": _mask_emails,
    "account": _mask_accounts,
    "card": _mask_cards,
    "phone": _mask_phones,
}
