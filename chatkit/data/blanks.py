"""Blanks in dialogues that were written by a model or a template: ``Hi, I'm [user 2's name].``

A language model that learns them says them. Blanks for the name of one of the two speakers are filled, each speaker
with one name in the whole dialogue, drawn by a hash of its content; a stage direction in brackets, ``[A week later]``,
is taken out; a dialogue in which any other blank is left (``[country]``) is left out.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

_SPACED = (
    "Alex Anna Ben Carol Chris Clara Dan David Diana Emily Emma Eric Frank Grace Hannah Helen Henry Jack James Jane "
    "Jenny Jim Joe John Julia Karen Kate Kim Laura Leo Linda Lisa Lucy Maria Mark Mary Max Mia Mike Nick Nina "
    "Olivia Paul Peter Rachel Rob Rose Sam Sarah Sophie Steve Susan Tim Tom Tony Victor Zoe"
)
NAMES = tuple(_SPACED.split())
_NUMBERED = re.compile(
    r"[\[(]\s*(?:user|person|speaker)[ _]?([12])(?:[’']?s)?[ _]*(?:full |first )?(?:name)?\s*[\])]", re.I
)
_BARE = re.compile(r"\b(?:User|Person|Speaker) ?([12])\b(?:[’']s name\b)?|\buser([12])\b")
_UNNUMBERED = re.compile(
    r"[\[(]\s*(?:user|(?:my|your|his|her|their|other|first|full|insert|(?:user|person)[’']?s)?[ _]*name)\s*[\])]",
    re.I,
)
_OF_ONESELF = re.compile(r"(?:\bI[’' ]?a?m|\bname(?: is|[’']s)|\bcall me|\bthis is|\bit[’']s)\s*$", re.I)
_BRACKETS = re.compile(r"\s*\[([^\]]*)\]|\s*\(([^)]*\b[Uu]ser ?[12]\b[^)]*)\)")
_LEFT = re.compile(r"\[[^\]]*[A-Za-z][^\]]*\]|\{[A-Za-z _]+\}|<[A-Za-z][A-Za-z _]*>|\([^)]*\b[Uu]ser ?[12]\b")
_FEWEST_WORDS = 2  # of a stage direction; "[country]" is a blank
_OF = re.compile(r"[’']s\b|[_/]|\b(?:name|insert|your|my)\b", re.I)  # "[user 1's hometown]" is a blank too


def fill_blanks(record: Mapping[str, Any]) -> dict[str, Any] | None:
    """A dialogue without blanks, the same record where it has none, or None where one cannot be filled.

    Args:
        record: ``{"turns": [{"speaker", "text"}, ...]}``; a record of another kind is given back as it is.
    """
    turns = record.get("turns")
    if not turns:
        return dict(record)
    speakers = list(dict.fromkeys(turn["speaker"] for turn in turns))
    names = dict(zip(speakers, _names(repr(turns)), strict=False))
    said = []
    for turn in turns:
        text = _without_directions(_named(turn["text"], turn["speaker"], speakers, names))
        if _LEFT.search(text):
            return None
        if text:
            said.append({**turn, "text": text})
    return {**record, "turns": said} if said else None


def _names(content: str) -> list[str]:
    """All names in an order that hangs on the content alone."""
    return sorted(
        NAMES, key=lambda name: hashlib.blake2b(f"{name}:{content}".encode("utf-8", "surrogatepass")).digest()
    )


def _named(text: str, speaker: str, speakers: list[str], names: Mapping[str, str]) -> str:
    """A turn with the blanks for names filled: numbers count speakers, a blank without one is oneself or the other."""
    others = [other for other in speakers if other != speaker]

    def numbered(match: re.Match[str]) -> str:
        number = int(next(group for group in match.groups() if group)) - 1
        return names[speakers[number]] if number < len(speakers) else names[speakers[0]]

    def unnumbered(match: re.Match[str]) -> str:
        own = _OF_ONESELF.search(match.string[: match.start()])
        return names[speaker if own or not others else others[0]]

    out = text
    for pattern, name in ((_NUMBERED, numbered), (_UNNUMBERED, unnumbered)):
        out = pattern.sub(name, out)
    return _BARE.sub(numbered, out) if not re.search(r"[\[(][^\])]*\b[Uu]ser ?[12]\b", out) else out


def _without_directions(text: str) -> str:
    """A turn without what stands in brackets and says what happens; a blank stays."""

    def drop(match: re.Match[str]) -> str:
        inside = match[1] if match[1] is not None else match[2]
        return "" if len(inside.split()) >= _FEWEST_WORDS and not _OF.search(inside) else match[0]

    return _BRACKETS.sub(drop, text).strip()
