"""The normalisation that every text goes through before it is cut into pieces.

1. A lone surrogate, NUL, or a code point that SentencePiece treats as its own (U+2581, its space mark, and U+2585, its
   padding mark) becomes U+FFFD, the replacement character.
2. CR LF and CR become LF.
3. Unicode canonical composition (NFC).

Nothing else changes: case, runs of spaces, leading and trailing spaces, and other control characters stay, so
``decode(encode(text)) == normalise(text)`` for every string.
"""

from __future__ import annotations

import re
import unicodedata

_FOREIGN = re.compile("[\x00\ud800-\udfff\u2581\u2585]")
_LINE_END = re.compile("\r\n?")


def normalise(text: str) -> str:
    """Normalise a text; idempotent.

    Args:
        text: Any str, lone surrogates included.
    """
    if text.isascii() and "\r" not in text and "\x00" not in text:
        return text
    return unicodedata.normalize("NFC", _LINE_END.sub("\n", _FOREIGN.sub("\ufffd", text)))
