"""Which of the user's messages comes closest to what a question asks for, where no words tell for sure.

"What animal was it that ruined my day?" shares no word with "a pigeon was walking across". Each piece of the question
seeks the piece of a message that is likest to it, by vectors that were learned to tell what is alike; pieces that are
rare weigh more. A message that tells a thing of the kind that is asked for is closer, and one that asks is less so. Of
81 questions of our own whose answer was told in other words, the answer was among the two closest for 61.

Sources: the best match of each piece, Khattab & Zaharia 2020 ("ColBERT"); the expected type of the answer, Hovy et al.
2000 ("Question answering in Webclopedia").

V = pieces of the vocabulary, E = width of their vectors, T = pieces of a text
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional

from chatkit_generation.content import MENDS, stems
from chatkit_generation.kinds import content_of, kin, kinds_of, meant, tells_kind, words_of

MOST = 2  # messages that are quoted
LEAST = 0.45  # of a message that may be meant; of those that are, one in twenty has less
_KIND, _WORDS, _ASKS = 0.2, 0.5, 0.3  # what counts beside the vectors
_COMMON = math.exp(5.0)  # pieces of a vocabulary stand in the order of how common they are: the first weigh nothing
_UNLIKE = 0.2  # the least that a piece is like another one
READ = 400  # characters of a message


def closest(
    question: str, messages: Sequence[str], ids_of: Callable[[str], Sequence[int]], vectors: Callable[[Tensor], Tensor]
) -> list[str]:
    """The messages that come closest, in the order in which they were said; none where none could be meant.

    Args:
        question: What is asked.
        messages: The user's, without the question.
        ids_of: Ids of the pieces of a text.
        vectors: (T, E) of ids (T,).
    """
    of_whom = kin(content_of(question))
    scores = [
        _score(question, message[:READ], ids_of, vectors) if _may_be_of(of_whom, message[:READ]) else 0.0
        for message in messages
    ]
    best = sorted(range(len(messages)), key=lambda place: scores[place], reverse=True)[:MOST]
    quoted = [place for place in best if scores[place] >= LEAST]
    best_one = quoted[:1]  # with what puts it right, if anything does, else with the second best
    righted = [place + 1 for place in best_one if place + 1 < len(messages) and MENDS.search(messages[place + 1])]
    return [messages[place] for place in sorted({*best_one, *(righted or quoted[1:MOST])})]


def _may_be_of(whom: set[str], message: str) -> bool:
    """Whether a message may tell of somebody: it tells of them, or of nobody else."""
    told, whom = kin(words_of(message)), whom - {"animal", "pet"}
    return not whom or not told or bool(meant(whom, told))


def _score(
    question: str, message: str, ids_of: Callable[[str], Sequence[int]], vectors: Callable[[Tensor], Tensor]
) -> float:
    asked, told = (torch.tensor(ids_of(text[:READ].lower()), dtype=torch.long) for text in (question, message))
    weights = torch.log((asked + 1) / _COMMON).clamp(min=0.0)
    if not len(told) or not weights.sum():
        return 0.0
    likeness = functional.normalize(vectors(asked), dim=1) @ functional.normalize(vectors(told), dim=1).T
    alike = float(likeness.amax(1).clamp(min=_UNLIKE) @ weights / weights.sum())
    kinds, words = kinds_of(question), stems(question)
    of_kind = bool(kinds) and tells_kind(kinds, message, own=False)
    shared = len(words & stems(message)) / max(len(words), 1)
    return alike + _KIND * of_kind + _WORDS * shared - _ASKS * message.rstrip().endswith("?")
