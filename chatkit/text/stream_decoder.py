"""Ids one by one to text, as a reply is shown while it is made."""

from __future__ import annotations

import itertools

from chatkit.text.tokenizer import Tokenizer


class StreamDecoder:
    """Decodes ids one by one; holds back bytes that do not make a character yet.

    Args:
        tokenizer: The tokenizer.
        start: Whether the first piece starts a text (its leading space is dropped).
    """

    def __init__(self, tokenizer: Tokenizer, *, start: bool = True) -> None:
        self._tokenizer = tokenizer
        self._context = tokenizer.encode("\n")  # stands before what goes on, so that no leading space is dropped
        self._ids: list[int] = [] if start else [*self._context]
        self._shown = len(tokenizer.decode(self._ids))

    def push(self, index: int) -> str:
        """The text that this id adds; empty while a character is incomplete."""
        self._ids.append(index)
        return self._emit(final=False)

    def flush(self) -> str:
        """What was held back."""
        return self._emit(final=True)

    def _emit(self, *, final: bool) -> str:
        text = self._tokenizer.decode(self._ids)
        if not final and self._ids and self._tokenizer.is_byte(self._ids[-1]) and text.endswith("\ufffd"):
            return ""
        new = text[self._shown :]
        self._shown = len(text)
        if len(self._ids) > 64 and not self._tokenizer.is_byte(self._ids[-1]):
            # Keep the window short, so that a long reply costs the same per piece.
            kept = itertools.dropwhile(self._tokenizer.is_byte, self._ids[-8:])
            self._ids = [*self._context, *kept]
            self._shown = len(self._tokenizer.decode(self._ids))
        return new
