"""Text on its way to the screen: what a terminal cannot show is replaced, what is too long is cut."""

from __future__ import annotations

import os
import re
from pathlib import Path

_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
CUT_CHARACTERS = 4000
CUT_LINES = 60


def shown(text: str) -> str:
    """The text with control characters and lone surrogates replaced: none of them may reach the terminal."""
    return _UNSHOWABLE.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n")).expandtabs(4)


def one_line(text: str) -> str:
    """The text on a single line."""
    return " ".join(shown(text[:CUT_CHARACTERS]).split())


def cut(text: str) -> tuple[str, int]:
    """The start of a long text, and how many characters were left out."""
    short = text[:CUT_CHARACTERS]
    lines = short.split("\n")
    if len(lines) > CUT_LINES:
        short = "\n".join(lines[:CUT_LINES])
    return short, len(text) - len(short)


def below_home(path: str | Path) -> str:
    """A path as it is shown: below the home folder from there, with ``~``."""
    text, home = str(path), str(Path.home())
    return text.replace(home, "~", 1) if text.startswith(home + os.sep) else text
