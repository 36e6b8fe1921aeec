"""Which of the passages found are worth showing: small talk is better answered by none than by any three.

In a conversation a passage has to hold more of a statement than of a question, one word of several is chance, and of
everyday words ("another", "any", "thanks") the coverage counts half, and nothing where there are no others. The
shares were chosen on dev: of 400 queries each, 45 of them about chatkit's own pages, the right passage is still among
those shown for 0.489 of those about these, which use other words (0.556 with every passage that holds a word), 0.468 of
notes_handbook's (0.487) and 0.838 of faq_dstc9's (0.845); with these pages indexed passages appear beside 4, 19 and
3 % of the turns of dialogues (68, 87 and 73 %; 9, 34 and 8 % where everyday words count like any other):
``python tests/benchmarks/behaviour.py SETS --only passages``.
"""

from __future__ import annotations

import re

from chatkit.plugin_api import Hit, is_question, without_greeting

_ALIKE = 0.3  # score of a passage by the vectors alone, without a word of the message: none on dev was the right one
_QUESTION, _STATEMENT, _WHOLE = 0.2, 0.4, 0.9  # least coverage
_SEVERAL = 2
_FEW = 2  # words of a message that is a key word: "refunds", not "that is all"
_SHORTENED = re.compile(r"['\u2019](s|t|d|m|re|ve|ll)\b", re.IGNORECASE)


def looked_for(text: str) -> str:
    """What of a message is searched for beside a conversation: no greeting, and of "what's" only "what".

    Every page that says "chatkit's" holds the "s", and would be found for "what's the weather like?" by that alone.
    """
    return _SHORTENED.sub("", without_greeting(text))


def is_shown(hit: Hit, text: str, *, asked: bool) -> bool:
    """Whether a passage is shown for a message.

    Args:
        hit: The passage.
        text: The message.
        asked: Whether passages were asked for; then any that holds a word or is alike will do.
    """
    if asked or not hit.matched:
        return bool(hit.matched) or ((asked or is_question(text)) and hit.score >= _ALIKE)
    words = len(without_greeting(text).split())
    if (hit.coverage >= _WHOLE and words <= _FEW) or (is_question(text) and hit.coverage >= _QUESTION):
        return True
    return hit.matched >= _SEVERAL and hit.coverage >= _STATEMENT
