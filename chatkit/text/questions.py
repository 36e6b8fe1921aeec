"""What kind of message a text is, by its English words: a question, and without the greeting before it."""

from __future__ import annotations

import re

_QUESTION = re.compile(
    r"\?\s*$|^\W*(how|what(?! an?\b)|where|which|who|whom|whose|when|why|can|could|does|do|did|is|are|will|may|should"
    r"|must|explain|describe|find|(tell|show) me (about|how|what|where|which|who|when|why))\b",
    re.IGNORECASE,
)
_ABOUT_YOU = re.compile(r"\b(you|your|yours|yourself|u)\b", re.IGNORECASE)
_OF_ONESELF = re.compile(
    r"^\W*(what|who)('?s| is| are| was| were) my\b"
    r"|\b(what|where|which \w+) (am|do|did) I (live|like|love|work|eat|order|called)\b",
    re.IGNORECASE,
)
_OF_SOMEBODY = re.compile(r"\b(he|she|him|her|his|hers)\b", re.IGNORECASE)
_GREETING = re.compile(
    r"^(\W*((hello|hi+|hey+)( there)?|good (morning|evening|afternoon|night)|thank you|thanks?|ok(ay)?|yes|yeah|no|nope"
    r"|(good)?bye|well|oh|wow|cool|nice|great|please|a?(ha){2,}h?|(he){2,}|lol|lmao|h+m+|u+m+|btw|by the way|sorry(?=,)"
    r"|anyway)\b)+\W*",
    re.IGNORECASE,
)


def is_question(text: str) -> bool:
    """Whether a message is asked as a question that documents might answer; not so "do you like music?".

    And not so "what is my dog called?" or "when should I call her?", of what the conversation is about; nor "what a
    lovely morning", unless it ends with a question mark.
    """
    talk = _ABOUT_YOU.search(text) or _OF_ONESELF.search(text) or _OF_SOMEBODY.search(text)
    return bool(_QUESTION.search(text)) and not talk


def without_greeting(text: str) -> str:
    """The rest of a message after what people say before they say something: "hi, the opening hours" has two words."""
    return _GREETING.sub("", text)
