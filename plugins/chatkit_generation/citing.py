"""When a question is about the indexed documents, the reply is what they say, with the place, not an invention.

A small language model knows no facts. A message that is asked as a question, and most of whose rare words stand in one
passage together, is answered by the sentences of that passage that hold the most of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from chatkit.plugin_api import Hit, is_question

COVERAGE = 0.6  # chosen on dev by tests/benchmarks/behaviour.py
LEAST_WORDS = 2
MOST_CHARACTERS = 320
_SENTENCE = re.compile(r"(?<=[.!?:])\s+|\n\s*\n")
_NO_SENTENCE = re.compile(r"```.*?(```|\Z)|^[ \t]*\|[^\n]*", re.DOTALL | re.MULTILINE)  # code, rows of a table
_WORD = re.compile(r"\w+")


def citable(text: str, hits: Sequence[Hit], coverage: float = COVERAGE) -> Hit | None:
    """The passage that answers a message, if it is a question about the documents.

    Args:
        text: The message.
        hits: Passages found for it, best first.
        coverage: Least share of the message's words, by rarity, that must stand in the passage; above 1 none will do.
    """
    if not is_question(text):
        return None
    found = [hit for hit in hits if hit.coverage >= coverage and hit.matched >= LEAST_WORDS]
    asked = _stems(text)

    def nearest(hit: Hit) -> tuple[float, float]:
        """A heading that asks the same comes first: "how do I index" is not answered by how to remove from it."""
        heading = _stems(hit.heading)
        return len(asked & heading) / max(len(asked | heading), 1), hit.coverage

    return max(found, key=nearest, default=None)


def quotation(text: str, hit: Hit) -> str:
    """The sentences of a passage that say most about a message, with where they stand."""
    asked = _stems(text)
    sentences = [" ".join(part.split()) for part in _SENTENCE.split(_NO_SENTENCE.sub("\n\n", hit.text))]
    sentences = [sentence for sentence in sentences if _WORD.search(sentence)] or [" ".join(hit.text.split())]

    held = [len(asked & _stems(sentence)) for sentence in sentences]
    answers_heading = len(asked & _stems(hit.heading)) >= max(held)  # a heading that asks the same
    first = 0 if answers_heading else held.index(max(held))
    said = sentences[first][:MOST_CHARACTERS]
    for sentence in sentences[first + 1 :]:
        if len(said) + len(sentence) >= MOST_CHARACTERS:
            break
        said = f"{said} {sentence}"
    return f"{said} ({hit.source})"


def _stems(text: str) -> set[str]:
    return {word[:5].lower() for word in _WORD.findall(text) if len(word) > 2}  # house, houses, housing
