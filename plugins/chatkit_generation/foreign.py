"""Wishes for a translation: "how do you say 'where is the pharmacy' in Spanish?", and into which language. English."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

SPOKEN: Final = {"french": "fr", "german": "de", "spanish": "es"}  # those of the translation head
_OTHERS = """
afrikaans albanian amharic arabic aramaic armenian azerbaijani azeri basque belarusian bengali bosnian breton bulgarian
burmese cantonese catalan cebuano chinese cornish corsican croatian czech danish dutch esperanto estonian farsi fijian
filipino finnish flemish frisian gaelic galician georgian greek greenlandic gujarati hausa hawaiian hebrew hindi hmong
hungarian icelandic igbo indonesian inuit irish italian japanese javanese kannada kazakh khmer klingon korean kurdish
kyrgyz lao latin latvian lithuanian luxembourgish macedonian malagasy malay malayalam maltese mandarin manx maori
marathi mongolian navajo nepali norwegian occitan pashto persian polish portuguese punjabi quechua romanian romansh
russian samoan sanskrit scots serbian shona sicilian sinhala sinhalese slovak slovene slovenian somali sotho swahili
swedish tagalog tahitian tajik tamil tatar telugu thai tibetan tigrinya tongan turkish turkmen twi ukrainian urdu uyghur
uzbek vietnamese welsh wolof xhosa yiddish yoruba zulu"""
_LANGUAGE = "|".join((*SPOKEN, *sorted(_OTHERS.split(), key=len, reverse=True)))
_QUOTES = "\"'\u2018\u2019\u201c\u201d\u00ab\u00bb"
# What may stand behind the language: nothing, a mark and whatever is said then, or a word of courtesy.
_BEHIND = (
    r"(?=\s*(?:$|[?.!,;:)\-\u2013]|\b(?:please|pls|for me|then|if you|by the way|btw|though|again|now|cos|because|i "
    r"(?:want|need|would|have|keep|always|forgot|forget|can't))\b))"
)
_TO = rf"(?:in|into|to) (?P<language>{_LANGUAGE})\b{_BEHIND}"
_SAY = r"(?:say|write|translate|put|spell out)"
_YOU = r"(?: you| i| one| we| they| people)?"
_CAN = r"\b(?:(?:can|could|would|will|do) (?:you|u)(?: please| also| maybe)?|please|now|also|just) "
_FORMS: Final = tuple(
    re.compile(form, re.IGNORECASE | re.DOTALL)
    for form in (
        rf"\b(?:translate|say|write|put)(?: this| the following| that)? (?:into|to|in) (?P<language>{_LANGUAGE})"
        r"(?: please)?\s*[:,]\s*(?P<text>.+)$",
        rf"\b(?:translate|say|write|put)(?: this| the following)? (?:into|to|in) (?P<language>{_LANGUAGE})"
        rf"(?: please)?\s*[:,]?\s*(?P<text>[{_QUOTES}].+[{_QUOTES}]).{{0,3}}$",
        rf"{_CAN}(?:tell me how (?:to|do you) )?{_SAY} (?:into|to"
        rf"|in) (?P<language>{_LANGUAGE}) (?P<text>(?!please\b).+)$",
        rf"\bhow (?:do|would|can|could|to|should|does){_YOU} {_SAY} (?:into|to"
        rf"|in) (?P<language>{_LANGUAGE})[:,]? (?P<text>.+)$",
        rf"\bhow (?:do|would|can|could|to|should|does){_YOU} {_SAY}:?\s+(?P<text>.+?),?\s+{_TO}",
        rf"\b(?:translate|(?:can|could|would|will) (?:you|u)(?: please)? (?:say|write"
        rf"|put)):?\s+(?P<text>.+?),?\s+{_TO}",
        rf"^(?:please |now |ok |so )?(?:say|write):?\s+(?P<text>.+?),?\s+{_TO}",
        r"\bwhat(?:'s|\u2019s|s| is| are| would be)(?: the)? (?:words?|phrase|term|expression|translation) (?:for|of) "
        rf"(?P<text>.+?),?\s+{_TO}",
        rf"\bwhat(?:'s|\u2019s|s| is| are| would be) (?:the )?(?P<language>{_LANGUAGE})(?: words?| phrase| term"
        rf"| expression"
        r"| translation)? (?:for|of) (?P<text>.+?)(?=[?!.]|$)",
        rf"\bwhat(?:'s|\u2019s|s| is| are) (?P<named>[{_QUOTES}].+?[{_QUOTES}]|\S+(?: \S+){{0,4}}?),?\s+{_TO}",
        rf"^(?P<named>[{_QUOTES}][^{_QUOTES}]+[{_QUOTES}]),?\s+{_TO}",
    )
)
_UNKNOWN = re.compile(
    rf"\b(?:[Hh]ow (?:do|would|can|could|to|should){_YOU} {_SAY}|[Tt]ranslate)\s+.+?\s(?:in"
    rf"|into) (?P<language>[A-Z][a-z]{{3,}})"
    r"(?=[?.!, ]*$)",
    re.DOTALL,
)
_QUOTED = re.compile(
    r"[\"\u201c\u00ab](?P<text>[^\"\u201c\u201d\u00ab\u00bb]+)[\"\u201d\u00bb]"
    r"|(?<!\w)['\u2018](?P<single>.+)['\u2019](?!\w)"
)
_ABOUT_IT = re.compile(
    r"(?:that|this|it|them|something|anything|everything|a word|words|things|the (?:word|name|weather|capital)\b.*"
    r"|(?:my|a|the|some|few|any|short) (?:\w+ )*(?:sentences?|texts?|messages?|phrases?|words?|letters?)"
    rf"|(?:from )?(?:english|{_LANGUAGE})\b.*|(?:and|or)\b.*)",
    re.IGNORECASE | re.DOTALL,
)
_NOT_NAMED = re.compile(
    r"(?:the|your|my|his|her|their|it|this|that|there|so|new|going|happening|wrong|different|better|up|best|on"
    r"|being|not)\b",
    re.IGNORECASE,
)
_LONGEST: Final = 200  # characters of what is translated
_NO_LANGUAGES = """
English Morse Braille Code Public Private Person Other Short Sign Reverse Real"""
_NO_LANGUAGE = frozenset(_NO_LANGUAGES.split())


def translation(text: str, translated: Callable[[str, str], str]) -> str:
    """The reply to a wish for a translation; "" to any other message.

    Args:
        text: The message.
        translated: A text in a language by its code, "fr"; "" where that cannot be had.
    """
    for form in _FORMS:
        if not (found := form.search(text)):
            continue
        named = "named" in form.groupindex
        source = _source(found["named" if named else "text"])
        if not source or len(source) > _LONGEST or _ABOUT_IT.fullmatch(source) or (named and _NOT_NAMED.match(source)):
            return ""
        language = found["language"].capitalize()
        if language.lower() not in SPOKEN:
            return _none_of(language)
        target = translated(source, SPOKEN[language.lower()]).strip()
        return f"\u201c{target}\u201d, as far as my small {language} goes." if target else ""
    found = _UNKNOWN.search(text)
    return _none_of(found["language"]) if found and found["language"] not in _NO_LANGUAGE else ""


def _source(text: str) -> str:
    """What is to be translated: what stands in quotation marks, if anything does."""
    if quoted := _QUOTED.search(text):
        return (quoted["text"] or quoted["single"]).strip(f" {_QUOTES},")
    return text.strip(f" {_QUOTES},:")


def _none_of(language: str) -> str:
    return f"I have no {language}, only French, German and Spanish."
