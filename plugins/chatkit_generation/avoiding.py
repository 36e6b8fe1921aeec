"""What no reply may hold: single characters, and phrases such as blanks that a training text left to be filled in."""

from __future__ import annotations

import re
from collections.abc import Sequence

from torch import Tensor

from chatkit.plugin_api import Vocabulary

_SPACES = re.compile(r"\s+")


class Avoided:
    """Characters and phrases that are kept out of replies.

    Args:
        items: Each a character, whose pieces are never said, or a phrase, whose last piece is not; a string is taken as
            its characters. Case and the width of spaces do not matter in phrases.
        vocabulary: Of the pieces. V = its size
    """

    def __init__(self, items: str | Sequence[str], vocabulary: Vocabulary) -> None:
        characters, texts = {item for item in items if len(item) == 1}, []
        if items:
            texts = [vocabulary.decode([index]) for index in range(len(vocabulary))]
        self.phrases = tuple(_plain(item).strip() for item in items if len(item) > 1)
        self._vocabulary = vocabulary
        self._reach = max(map(len, self.phrases), default=0)
        self.pieces = [i for i, text in enumerate(texts) if characters & set(text)]
        last = {phrase[-1] for phrase in self.phrases}  # a piece without one of these completes nothing
        self._enders = bytes(
            bool(last & set(text.lower())) for text in texts
        )  # of each piece; a set takes 70 times as much

    def completes(self, said: Sequence[int], index: int) -> bool:
        """Whether a piece after what was said ends, or goes beyond, a phrase that is avoided."""
        if not self._enders or not self._enders[index]:
            return False
        before = _plain(self._vocabulary.decode(said[-self._reach :]))
        after = _plain(self._vocabulary.decode([*said[-self._reach :], index]))
        return any(after.count(phrase) > before.count(phrase) for phrase in self.phrases)

    def without(self, banned: Tensor, index: int) -> Tensor:
        """A mask (V,) of pieces in which one more is banned."""
        out = banned.clone()
        out[index] = True
        return out


def _plain(text: str) -> str:
    return _SPACES.sub(" ", text).lower()
