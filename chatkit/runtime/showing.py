"""Which parts of an answer are worth showing, in the app, the line mode and ``chatkit ask``."""

from __future__ import annotations

from collections.abc import Sequence

from chatkit.head.answer import Block, Ranking
from chatkit.search.everyday_words import has_subject
from chatkit.text.questions import is_question


def worth_showing(blocks: Sequence[Block], text: str, *, by_name: bool) -> list[Block]:
    """Without rankings that hold nothing, where nobody looked for passages: small talk needs no word of them.

    Args:
        blocks: Of one head's answer.
        text: The message.
        by_name: Whether the user named the heads that were to answer.
    """
    looked_for = by_name or (is_question(text) and has_subject(text))
    return [block for block in blocks if looked_for or not (isinstance(block, Ranking) and not block.items)]
